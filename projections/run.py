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
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol
from uuid import UUID

import psycopg
from psycopg.errors import UndefinedColumn, UndefinedTable

from infra.clock import Clock
from infra.errors import IntegrityFault
from infra.only_one import hold, introduce
from infra.paging import Page, Share
from infra.postgres import Connection, connect, fault
from projections import parked_events
from projections.builds import Build
from projections.slots import ALL, SLOTS, lock_names, share
from projections.tables import Unwritable
from projections.view import Batch, View

READ_EVENTS = 2_000
READ_BYTES = 4 << 20
WRITE_ROWS = 20_000
WRITE_BYTES = 16 << 20
WRITE_EVENTS = 200_000
KEPT_BYTES = 32 << 20
WRITES_A_COLLECTION = 50
POLL_MIN_S = 0.05
POLL_MAX_S = 1.0

Progress = Callable[[int], None]


class Reader(Protocol):
    """The log, as far as a projection needs it."""

    def page(
        self, after: int, *, limit: int, size_max: int, until: int | None = None, share: Share | None = None
    ) -> Page:
        """The events of the next `limit` positions, fewer if they are large."""


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
        self._writer = ThreadPoolExecutor(1, "projection-writer")
        self._writing: tuple[Future[None], int] | None = None
        self._waiting_bytes = 0
        self._kept_bytes = 0
        self._writes = 0
        self._taken = self._careful_until = 0

    def __enter__(self) -> Runner:
        self._connection = connect(self._conninfo, "carnet_writer")
        self._reading = connect(self._conninfo, "carnet_writer")
        with self._closed_on_failure():
            _prepare(self._connection, "carnet project")
            _prepare(self._reading, "carnet project reads")
            names = sorted(name for build in self._builds for name in lock_names(build.name, self._slots))
            hold(self._connection, *names)
            self._open_views()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def position(self) -> int:
        """The position at which every slot of every build has arrived."""
        return min(view.position for view in self._views)

    def catch_up(
        self,
        stop: threading.Event | None = None,
        progress: Progress | None = None,
        *,
        until: int | None = None,
    ) -> int:
        """Take every event there is, up to a position if one is given; returns how many positions that were.

        Once `stop` is set it ends with the page it is in. `progress` is told the position after each write.
        """
        start = self.position
        with self._closed_on_failure(), _collector_at_rest():
            while True:
                try:
                    return self._take_all(stop, progress, until) - start
                except Unwritable:
                    # Nothing of that batch is written: it is folded again, and the event that it fails on is parked.
                    self._careful_until = self._taken
                    self._open_views()

    def _take_all(self, stop: threading.Event | None, progress: Progress | None, until: int | None) -> int:
        written = position = self.position
        self._retry_parked()
        while True:
            page = self._page(position, until)
            for view in self._views:
                view.take(page.events, page.last, carefully=position < self._careful_until)
            self._taken = position = page.last
            self._waiting_bytes += page.size
            ends = not page.more or is_set(stop)
            if position > written and (ends or self._is_full(position - written)):
                self._wait_for_write(progress)
                self._begin_write(position)
                written = position
                if ends or any(view.is_blocked for view in self._views):
                    self._wait_for_write(progress)
                    self._retry_parked()
            if ends:
                return position

    def follow(self, stop: threading.Event) -> None:
        """Stay up to date until `stop` is set. An idle reader asks after 50 ms at first, in the end every second."""
        wait = POLL_MIN_S
        while not stop.is_set():
            if self.catch_up(stop):
                wait = POLL_MIN_S
            else:
                self._notice_a_change()
                stop.wait(wait)
                wait = min(2 * wait, POLL_MAX_S)

    def _open_views(self) -> None:
        """Go on from the checkpoints, with nothing in memory."""
        self._waiting_bytes = 0
        self._views = [View(build, self._connection, self._reading, self._slots) for build in self._builds]

    def _page(self, after: int, until: int | None) -> Page:
        limit = READ_EVENTS * SLOTS // len(self._slots)
        return self._log.page(after, limit=limit, size_max=READ_BYTES, until=until, share=self._share)

    def _is_full(self, events: int) -> bool:
        return (
            sum(view.changes for view in self._views) >= WRITE_ROWS
            or self._waiting_bytes >= WRITE_BYTES
            or events >= WRITE_EVENTS
        )

    def _begin_write(self, position: int) -> None:
        """Write what was taken up to here, while this goes on. Nothing may be on its way."""
        batches = [(view, view.hand_over()) for view in self._views]
        self._writing = self._writer.submit(self._write, batches), position
        self._kept_bytes += self._waiting_bytes
        self._waiting_bytes = 0

    def _write(self, batches: Sequence[tuple[View, Batch]]) -> None:
        with self._connection.transaction():
            now = self._clock.now()
            for view, batch in batches:
                view.write(batch, now)

    def _wait_for_write(self, progress: Progress | None) -> None:
        """Until what was handed over is committed."""
        if self._writing is None:
            return
        (written, position), self._writing = self._writing, None
        written.result()
        crowded = self._kept_bytes >= KEPT_BYTES
        for view in self._views:
            view.written(crowded=crowded)
        if crowded:
            self._kept_bytes = 0
        if progress:
            progress(position)
        self._writes += 1
        if self._writes % WRITES_A_COLLECTION == 0:
            gc.collect()

    def _retry_parked(self) -> None:
        """Go through the queues that somebody wants tried again, each up to the first event that fails."""
        for view in self._views:
            for key in view.waits():
                while self._retry_first(view, key):
                    pass

    def _retry_first(self, view: View, key: UUID) -> bool:
        """Whether the first event of a queue was taken, and the next one is to be tried."""
        with self._connection.transaction():
            waiting = parked_events.first(self._connection, view.build, key)
            if waiting is None:
                view.unblock(key)
                return False
            now = self._clock.now()
            (recorded,) = self._log.page(waiting.position - 1, limit=1, size_max=1).events
            taken = view.retry(waiting, recorded, now)
            view.write(view.hand_over(), now)
        view.written(crowded=False)
        return taken

    def _notice_a_change(self) -> None:
        """An idle reader would not notice that its build is no longer read, nor that the server has crashed, with
        what was written last, and wait for events that it has taken already."""
        with self._closed_on_failure():
            for view in self._views:
                view.check()

    def _close(self) -> None:
        # What is on its way is whole, and a connection is not closed under the thread that uses it.
        self._writer.shutdown()
        self._connection.close()
        self._reading.close()

    # What a failed batch left in memory must never be written, so nothing can be after a failure.
    @contextmanager
    def _closed_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._close()
            if isinstance(error, UndefinedTable | UndefinedColumn):
                raise _gone(error) from error
            if isinstance(error, psycopg.Error):
                raise fault(error) from error
            raise


def is_set(stop: threading.Event | None) -> bool:
    return stop is not None and stop.is_set()


# Rows form no cycles, and looking for some in all that memory holds took a third of a rebuild. It is done now and
# then for what else there may be.
@contextmanager
def _collector_at_rest() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _prepare(connection: Connection, what: str) -> None:
    """The session's settings, and its name."""
    connection.execute("set timezone to 'UTC'")
    # What a crash of the server takes, rows and checkpoint together, is projected again.
    connection.execute("set synchronous_commit to off")
    # A lock must not outlive its process because the server waits for something.
    connection.execute("set client_connection_check_interval to '1s'")
    # Rows are found by key. A plan made while a table was empty would keep reading all of it as it grows.
    for plan in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
        connection.execute("select set_config(%s, 'off', false)", [plan])
    introduce(connection, what)


def _gone(error: psycopg.Error) -> IntegrityFault:
    return IntegrityFault(
        f"A table that Carnet wrote has been dropped or altered: {error.diag.message_primary}.",
        hint="Run `carnet project rebuild` for its projection.",
    )
