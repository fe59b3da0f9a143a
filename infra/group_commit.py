"""Group commit: everything that waits is sent as one append. Who comes alone and waits for it writes for itself.

After a lost connection the same group is sent again: what was committed comes back as a duplicate of itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from signal import SIGINT, default_int_handler, getsignal
from threading import Condition, Event, Thread, current_thread, main_thread
from time import monotonic, sleep

import psycopg
import structlog
from psycopg.errors import QueryCanceled

from infra.append import Appender
from infra.clock import Clock
from infra.errors import PostgresFault
from infra.item import Appended, Busy, Duplicate, Item, Outcome, OutcomeUnknown
from infra.postgres import fault
from infra.waiting import Waiting, take_independent

QUEUE_MAX = 10_000
LEARN_WITHIN_S = 30.0
RECONNECT_EVERY_S = 0.1

logger = structlog.get_logger()


class GroupCommit:
    """Takes items from any thread and writes them in groups.

    `connect` opens a connection with the writer's rights. `learn_within_s` bounds how long a lost connection
    is made again to learn whether its group was committed; after that its items fail with `OutcomeUnknown`.
    `reached` is told the last position of each group, by one thread at a time, before the group's callers are.
    """

    def __init__(
        self,
        connect: Callable[[], Appender],
        clock: Clock,
        *,
        reached: Callable[[int], None],
        queue_max: int = QUEUE_MAX,
        learn_within_s: float = LEARN_WITHIN_S,
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._reached = reached
        self._queue_max = queue_max
        self._learn_within_s = learn_within_s
        self._appender: Appender | None = None
        self._queue: deque[Waiting] = deque()
        self._is_writing = False
        self._changed = Condition()
        self._closing = False
        self._thread = Thread(target=self._run, name="carnet-writer", daemon=True)
        self._thread.start()

    def submit(self, waiting: Waiting) -> None:
        """Queue it, without waiting. It is told its end: the outcome when that is durable, or the fault.

        Raises:
            Busy: the queue is full, or the log is closed.
        """
        with self._changed:
            self._enqueue(waiting)

    def write(self, waiting: Waiting) -> None:
        """The same for a thread that will wait for it anyway: where nothing else is on its way, it writes for
        itself, and saves two changes of threads. A thread that Ctrl-C may interrupt never does: it would leave a
        statement half sent.

        Raises:
            Busy: the queue is full, or the log is closed.
        """
        with self._changed:
            if self._queue or self._is_writing or self._closing or _may_be_interrupted():
                self._enqueue(waiting)
                return
            self._is_writing = True
        self._write_group([waiting])

    def close(self) -> None:
        """Write what was taken, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if self._appender:
            self._appender.connection.close()

    def _enqueue(self, waiting: Waiting) -> None:
        if self._closing:
            raise Busy("The log is closed and takes nothing more.")
        if len(self._queue) >= self._queue_max:
            raise Busy(f"{self._queue_max} items wait to be written.", hint="Ask again in a moment.")
        self._queue.append(waiting)
        if not self._is_writing:
            self._changed.notify()

    def _run(self) -> None:
        while group := self._next_group():
            self._write_group(group)
            # Whoever was told comes back with what he asks next: one group of all costs less than two of half.
            sleep(0)

    def _next_group(self) -> list[Waiting]:
        """Wait until it is our turn, and something is there; empty when the log is closed and all is written."""
        with self._changed:
            while self._is_writing or not (self._queue or self._closing):
                self._changed.wait()
            self._is_writing = bool(self._queue)
            return take_independent(self._queue)

    def _write_group(self, group: list[Waiting]) -> None:
        """Decide what it comes to, write it, and tell the ends. Whoever does this has set `_is_writing`."""
        try:
            for waiting in group:
                if waiting.item is None and waiting.end is None:
                    waiting.prepare(group)
            self._see_through(_open(group))
            for waiting in group:
                _tell(waiting)
        finally:
            with self._changed:
                self._is_writing = False
                if self._queue or self._closing:
                    self._changed.notify_all()

    def _see_through(self, group: list[Waiting]) -> None:
        """See to it that every item of the group has its outcome or its fault."""
        try:
            self._write(group)
        except PostgresFault as error:
            _fail(group, error)
        except Exception as error:
            # Something is wrong with one of them: alone, it fails alone.
            if len(left := _open(group)) > 1:
                for waiting in left:
                    self._see_through([waiting])
            else:
                _fail(left, fault(error) if isinstance(error, psycopg.Error) else error)

    def _write(self, group: list[Waiting]) -> None:
        """Write the group. Who loses is told; the others are sent again without them."""
        give_up: float | None = None
        while group:
            try:
                outcomes = self._send(group, again=give_up is not None)
            except _Lost as lost:
                give_up = give_up or monotonic() + self._learn_within_s
                if monotonic() >= give_up:
                    for waiting in group:
                        assert waiting.item
                        waiting.end = OutcomeUnknown(waiting.item.command_id, str(lost))
                    return
                Event().wait(RECONNECT_EVERY_S)
            else:
                for waiting, outcome in zip(group, outcomes, strict=True):
                    waiting.end = outcome
                if isinstance(last := outcomes[-1], Appended):
                    self._reached(last.position)
                group = _open(group)

    def _send(self, group: list[Waiting], *, again: bool) -> Sequence[Outcome | None]:
        try:
            appender = self._appender or self._connect()
        except PostgresFault as error:
            if again:
                raise _Lost(error.message) from error
            raise
        self._appender = appender
        items = [waiting.item for waiting in group if waiting.item]
        try:
            outcomes = appender.append(items, self._clock.now())
            if again:
                return [_own(appender, item, got) for item, got in zip(items, outcomes, strict=True)]
        except psycopg.Error as error:
            if appender.connection.closed:
                self._appender = None
                raise _Lost(fault(error).message) from error
            if isinstance(error, QueryCanceled):  # no fault of any one item
                raise fault(error) from error
            raise
        return outcomes


class _Lost(Exception):
    """The connection went away after something was sent: it may have been committed."""


def _own(appender: Appender, item: Item, outcome: Outcome | None) -> Outcome | None:
    """A duplicate of the same content whose last event is our own was written by the try that was lost."""
    if not isinstance(outcome, Duplicate):
        return outcome
    if (outcome.events, outcome.digest) != (len(item.events), item.digest):
        return outcome
    if item.events:
        row = appender.connection.execute(
            "select event_id from carnet.events where position = %s", [outcome.position]
        ).fetchone()
        if row is None or row[0] != item.events[-1].event_id:
            return outcome
    return Appended(outcome.position)


def _tell(waiting: Waiting) -> None:
    try:
        waiting.tell()
    except Exception:  # one who cannot be told is no reason for the others to wait for ever
        logger.exception("end_not_told", command_id=str(waiting.item and waiting.item.command_id))


def _open(group: list[Waiting]) -> list[Waiting]:
    return [waiting for waiting in group if waiting.end is None]


def _fail(group: list[Waiting], error: Exception) -> None:
    for waiting in _open(group):
        waiting.end = error


def _may_be_interrupted() -> bool:
    """Python raises KeyboardInterrupt in its main thread alone, where nobody handles the signal otherwise."""
    return current_thread() is main_thread() and getsignal(SIGINT) is default_int_handler
