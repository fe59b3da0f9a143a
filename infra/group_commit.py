"""Group commit: what waits is sent as one append. Who comes alone and waits for it writes for itself.

Where much waits, one half is decided while PostgreSQL writes the other. Who is in the first half is told when the
second is decided and sent.
After a lost connection the same group is sent again: what was committed comes back as a duplicate of itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from signal import SIGINT, default_int_handler, getsignal
from threading import Condition, Thread, current_thread, main_thread
from time import monotonic, sleep

import psycopg
import structlog
from psycopg.errors import QueryCanceled

from infra.append import Appender
from infra.clock import Clock
from infra.errors import PostgresFault
from infra.item import Appended, Busy, Duplicate, Item, Outcome, OutcomeUnknown
from infra.postgres import fault
from infra.waiting import GROUP_MAX, Waiting, take_independent

QUEUE_MAX = 10_000
HALF_MIN = 16  # smaller groups gain less by deciding them meanwhile than a round trip of their own costs
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
        try:
            _decide(group := [waiting])
            self._see_through(_open(group), sent=False)
            _tell(waiting)
        finally:
            self._leave()

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
        before: list[Waiting] = []
        was_sent = False
        while before or self._turn_comes():
            group = self._next_group(before)
            _decide(group)
            self._see_through(_open(before), sent=was_sent)
            was_sent = self._begin(_open(group))
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
        with self._changed:
            while self._is_writing or not (self._queue or self._closing):
                self._changed.wait()
            self._is_writing = bool(self._queue)
            return self._is_writing

    def _leave(self) -> None:
        """Let others have the turn."""
        with self._changed:
            self._is_writing = False
            if self._queue or self._closing:
                self._changed.notify_all()

    def _next_group(self, before: list[Waiting]) -> list[Waiting]:
        """Half of all there is, so that the other half can be decided meanwhile. Of little it is all, and nothing
        while something is on its way."""
        with self._changed:
            if before and len(self._queue) < HALF_MIN:
                return []
            half = (len(self._queue) + len(before)) // 2
            most = min(half, GROUP_MAX) if half >= HALF_MIN else GROUP_MAX
            return take_independent(self._queue, most, before)

    def _begin(self, group: list[Waiting]) -> bool:
        """Send it, without waiting. False if nothing was sent: why, comes up again when its outcome is asked."""
        if not group:
            return False
        try:
            self._appender = self._appender or self._connect()
            self._appender.send(_items(group), self._clock.now())
        except psycopg.Error:
            return self._appender is not None and self._appender.connection.closed  # some may have been sent
        except Exception:
            return False
        return True

    def _see_through(self, group: list[Waiting], *, sent: bool) -> None:
        """See to it that every item of the group has its outcome or its fault."""
        try:
            self._until_written(group, sent=sent)
        except PostgresFault as error:
            _fail(group, error)
        except Exception as error:
            # Something is wrong with one of them: alone, it fails alone.
            if len(left := _open(group)) > 1:
                for waiting in left:
                    self._see_through([waiting], sent=False)
            else:
                _fail(left, fault(error) if isinstance(error, psycopg.Error) else error)

    def _until_written(self, group: list[Waiting], *, sent: bool) -> None:
        """Write the group, or hear of it if it was sent. Who loses is told; the others are sent again without them."""
        give_up: float | None = None
        while group:
            try:
                outcomes = self._write_or_hear(group, sent=sent, again=give_up is not None)
            except _Lost as lost:
                give_up = give_up or monotonic() + self._learn_within_s
                if monotonic() >= give_up:
                    for waiting in group:
                        assert waiting.item
                        waiting.end = OutcomeUnknown(waiting.item.command_id, str(lost))
                    return
                sleep(RECONNECT_EVERY_S)
            else:
                for waiting, outcome in zip(group, outcomes, strict=True):
                    waiting.end = outcome
                if isinstance(last := outcomes[-1], Appended):
                    self._reached(last.position)
                group = _open(group)
            sent = False

    def _write_or_hear(self, group: list[Waiting], *, sent: bool, again: bool) -> Sequence[Outcome | None]:
        try:
            appender = self._appender = self._appender or self._connect()
        except PostgresFault as error:
            if again:
                raise _Lost(error.message) from error
            raise
        items = _items(group)
        try:
            outcomes = appender.outcomes(items) if sent else appender.append(items, self._clock.now())
            if again:
                return [_own(appender, item, got) for item, got in zip(items, outcomes, strict=True)]
        except psycopg.Error as error:
            if appender.connection.closed or (again and _says_nothing_of_items(error)):
                appender.connection.close()
                self._appender = None
                raise _Lost(fault(error).message) from error
            if isinstance(error, QueryCanceled):  # no fault of any one item
                raise fault(error) from error
            raise
        return outcomes


class _Lost(Exception):
    """The connection went away after something was sent: it may have been committed."""


def _says_nothing_of_items(error: psycopg.Error) -> bool:
    """It is read-only, short of something or about to stop, so what the try before came to is still not known."""
    return (error.sqlstate or "")[:2] in {"25", "53", "57"}


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


def _decide(group: list[Waiting]) -> None:
    for waiting in group:
        if waiting.item is None and waiting.end is None:
            waiting.prepare(group)


def _items(group: list[Waiting]) -> list[Item]:
    return [waiting.item for waiting in group if waiting.item]


def _tell(waiting: Waiting) -> None:
    try:
        waiting.tell()
    except Exception:  # one who cannot be told is no reason for the others to wait for ever
        logger.exception("append.end_not_told", command_id=str(waiting.item and waiting.item.command_id))


def _open(group: list[Waiting]) -> list[Waiting]:
    return [waiting for waiting in group if waiting.end is None]


def _fail(group: list[Waiting], error: Exception) -> None:
    for waiting in _open(group):
        waiting.end = error


def _may_be_interrupted() -> bool:
    """Python raises KeyboardInterrupt in its main thread alone, where nobody handles the signal otherwise."""
    return current_thread() is main_thread() and getsignal(SIGINT) is default_int_handler
