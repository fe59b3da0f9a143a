"""Keeps builds up to date with the log: catch up, and follow.

One reader feeds every build it is given. Events are folded in memory; the changed rows, the events that were
parked and the checkpoints are written in one transaction, so a process may be killed or paused at any point and
another goes on. While PostgreSQL takes one batch the next is folded. Memory is bounded by rows and by bytes, however
long the log is.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from time import monotonic
from types import TracebackType

from infra.clock import Clock
from infra.collecting import at_rest
from infra.only_one import hold
from infra.paging import Page, Reader
from projections.builds import Build
from projections.retrying import retry_parked
from projections.session import explained, opened, renew_temporary
from projections.slots import ALL, SLOTS, lock_names, share
from projections.tables import Unwritable
from projections.view import View
from projections.writing import Writer

READ_EVENTS = 2_000
READ_BYTES = 4 << 20
WRITE_ROWS = 20_000
WRITE_BYTES = 16 << 20
WRITE_EVENTS = 200_000
WRITES_A_COLLECTION = 50
RENEW_EVERY_S = 3_600.0
POLL_S_MIN = 0.05
POLL_S_MAX = 1.0

Reached = Callable[[int], None]
"""Told the position up to which all is written."""


class Runner:
    """Writes these slots of these builds, and is the only one that does. Use it in a `with`.

    Raises:
        AlreadyRunning: another process writes one of the slots.
        Changed: a build has changed its state; nothing of the batch was written.
        IntegrityFault: a table is gone or of another shape, an event cannot be read, a projection failed on an
            event that every slot reads, or on too many.
        PostgresFault: the server cannot be reached or refuses.
    """

    def __init__(
        self, conninfo: str, log: Reader, builds: Sequence[Build], clock: Clock, *, slots: Sequence[int] = ALL
    ) -> None:
        self._conninfo = conninfo
        self._log = log
        self._builds = builds
        self._clock = clock
        self._slots = slots
        self._share = share([build.projection for build in builds], slots)
        self._open = ExitStack()
        self._taken_bytes = 0
        self._writes = 0
        self._renewed = monotonic()
        self._taken = self._careful_until = 0

    def __enter__(self) -> Runner:
        with self._closed_on_failure():
            self._connection = self._open.enter_context(closing(opened(self._conninfo, "carnet project")))
            self._reading = self._open.enter_context(closing(opened(self._conninfo, "carnet project reads")))
            self._writer = self._open.enter_context(closing(Writer(self._connection, self._clock)))
            names = sorted(name for build in self._builds for name in lock_names(build.name, self._slots))
            hold(self._connection, *names)
            self._open_views()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def position(self) -> int:
        """The position at which every slot of every build has arrived."""
        return min(view.position for view in self._views)

    def catch_up(
        self,
        stop: threading.Event | None = None,
        tell: Reached | None = None,
        *,
        until: int | None = None,
    ) -> int:
        """Take every event there is, up to a position if one is given; returns how many positions that were.

        Once `stop` is set it ends with the page it is in. It tells the position that it has reached after each write.
        """
        start, stop = self.position, stop or threading.Event()
        with self._closed_on_failure(), at_rest():
            self._renew()
            while True:
                try:
                    return self._take_all(stop, tell, until) - start
                except Unwritable:
                    # Nothing of that batch is written: it is folded again, and the event that it fails on is parked.
                    self._careful_until = self._taken
                    self._open_views()

    def _take_all(self, stop: threading.Event, tell: Reached | None, until: int | None) -> int:
        written = position = self.position
        retry_parked(self._connection, self._log, self._views, self._clock)
        while True:
            page = self._page(position, until)
            for view in self._views:
                view.take(page.events, page.last, carefully=position < self._careful_until)
            self._taken = position = page.last
            self._taken_bytes += page.size
            ends = not page.more or stop.is_set()
            if position > written and (ends or self._is_full(position - written)):
                self._wait_for_write(tell)
                self._writer.begin(self._views, position, self._taken_bytes)
                self._taken_bytes, written = 0, position
                if ends or any(view.is_blocked for view in self._views):
                    self._wait_for_write(tell)
                    retry_parked(self._connection, self._log, self._views, self._clock)
            if ends:
                return position

    def follow(self, stop: threading.Event) -> None:
        """Stay up to date until `stop` is set. An idle reader asks after 50 ms at first, in the end every second."""
        wait = POLL_S_MIN
        while not stop.is_set():
            if self.catch_up(stop):
                wait = POLL_S_MIN
            else:
                self._notice_a_change()
                stop.wait(wait)
                wait = min(2 * wait, POLL_S_MAX)

    def _open_views(self) -> None:
        """Go on from the checkpoints, with nothing in memory."""
        self._taken_bytes = 0
        self._views = [View(build, self._connection, self._reading, self._slots) for build in self._builds]

    def _page(self, after: int, until: int | None) -> Page:
        limit = READ_EVENTS * SLOTS // len(self._slots)
        return self._log.page(after, limit=limit, size_max=READ_BYTES, until=until, share=self._share)

    def _is_full(self, events: int) -> bool:
        return (
            sum(view.changes for view in self._views) >= WRITE_ROWS
            or self._taken_bytes >= WRITE_BYTES
            or events >= WRITE_EVENTS
        )

    def _wait_for_write(self, tell: Reached | None) -> None:
        position = self._writer.wait()
        if position is None:
            return
        if tell:
            tell(position)
        self._writes += 1
        if self._writes % WRITES_A_COLLECTION == 0:
            # For what else there may be in memory but rows.
            gc.collect()

    def _renew(self) -> None:
        if monotonic() - self._renewed >= RENEW_EVERY_S:
            renew_temporary(self._connection)
            self._renewed = monotonic()

    def _notice_a_change(self) -> None:
        """An idle reader would not notice that its build is no longer read, nor that the server has crashed, with
        what was written last, and wait for events that it has taken already."""
        with self._closed_on_failure():
            for view in self._views:
                view.check()

    # What a failed batch left in memory must never be written, so nothing can be after a failure.
    @contextmanager
    def _closed_on_failure(self) -> Iterator[None]:
        try:
            with explained():
                yield
        except BaseException:
            self._open.close()
            raise
