"""Group commit: what waits is sent as one append. Who comes alone and waits for it writes for itself.

Where much waits, one half is decided while PostgreSQL writes the other. Who is in the first half is told when the
second is decided and sent.
"""

from __future__ import annotations

from collections import deque
from signal import SIGINT, default_int_handler, getsignal
from threading import Condition, Lock, Thread, current_thread, main_thread
from time import sleep

import structlog

from infra.group_writer import GroupWriter, open_ones
from infra.item import Busy
from infra.waiting import GROUP_MAX, Waiting, take_independent

QUEUE_MAX = 10_000
HALF_MIN = 16  # smaller groups gain less by deciding them meanwhile than a round trip of their own costs

logger = structlog.get_logger()


class GroupCommit:
    """Takes items from any thread and has them written in groups, by a `writer` that nobody else uses."""

    def __init__(self, writer: GroupWriter, *, queue_max: int = QUEUE_MAX) -> None:
        self._writer = writer
        self._queue_max = queue_max
        self._queue: deque[Waiting] = deque()
        self._is_writing = False
        self._guard = Lock()  # that which `_changed` has, asked without its detour through Python
        self._changed = Condition(self._guard)
        self._closing = False
        self._thread = Thread(target=self._run, name="carnet-writer", daemon=True)
        self._thread.start()

    def submit(self, waiting: Waiting) -> None:
        """Queue it, without waiting. It is told its end: the outcome when that is durable, or the fault.

        Raises:
            Busy: the queue is full, or the log is closed.
        """
        with self._guard:
            self._enqueue(waiting)

    def write(self, waiting: Waiting) -> None:
        """The same for a thread that will wait for it anyway: where nothing else is on its way, it writes for
        itself, and saves two changes of threads. A thread that Ctrl-C may interrupt never does: it would leave a
        statement half sent.

        Raises:
            Busy: the queue is full, or the log is closed.
        """
        with self._guard:
            if self._queue or self._is_writing or self._closing or _may_be_interrupted():
                self._enqueue(waiting)
                return
            self._is_writing = True
        try:
            _decide(group := [waiting])
            self._writer.see_through(open_ones(group), sent=False)
            _tell(waiting)
        finally:
            self._leave()

    def close(self) -> None:
        """Write what was taken, then stop."""
        with self._guard:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._writer.close()

    def _enqueue(self, waiting: Waiting) -> None:
        if self._closing:
            raise Busy("The log is closed and takes nothing more.")
        if len(self._queue) >= self._queue_max:
            raise Busy(f"{self._queue_max} items wait to be written.", hint="Ask again in a moment.")
        self._queue.append(waiting)
        if not self._is_writing:
            self._changed.notify()

    def _run(self) -> None:
        before: list[Waiting] = []
        was_sent = False
        while before or self._turn_comes():
            group = self._next_group(before)
            _decide(group)
            self._writer.see_through(open_ones(before), sent=was_sent)
            was_sent = self._writer.begin(open_ones(group))
            for waiting in before:
                _tell(waiting)
            if before:
                # Whoever was told comes back with what he asks next: that makes groups larger, and fewer.
                sleep(0)
            before = group
            if not before:
                self._leave()

    def _turn_comes(self) -> bool:
        """Wait until it is ours, and something is there; False when the log is closed and all is written."""
        with self._guard:
            while self._is_writing or not (self._queue or self._closing):
                self._changed.wait()
            self._is_writing = bool(self._queue)
            return self._is_writing

    def _leave(self) -> None:
        """Let others have the turn."""
        with self._guard:
            self._is_writing = False
            if self._queue or self._closing:
                self._changed.notify_all()

    def _next_group(self, before: list[Waiting]) -> list[Waiting]:
        """Half of all there is, so that the other half can be decided meanwhile. Of little it is all, and nothing
        while something is on its way."""
        with self._guard:
            if before and len(self._queue) < HALF_MIN:
                return []
            half = (len(self._queue) + len(before)) // 2
            most = min(half, GROUP_MAX) if half >= HALF_MIN else GROUP_MAX
            return take_independent(self._queue, most, before)


def _decide(group: list[Waiting]) -> None:
    for waiting in group:
        if waiting.item is None and waiting.end is None:
            waiting.prepare(group)


def _tell(waiting: Waiting) -> None:
    try:
        waiting.tell()
    except Exception:  # one who cannot be told is no reason for the others to wait for ever
        logger.exception("append.end_not_told", command_id=str(waiting.item and waiting.item.command_id))


def _may_be_interrupted() -> bool:
    """Python raises KeyboardInterrupt in its main thread alone, where nobody handles the signal otherwise."""
    return current_thread() is main_thread() and getsignal(SIGINT) is default_int_handler
