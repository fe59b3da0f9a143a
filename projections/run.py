"""Keeps projections up to date with the log: catch up, follow, rebuild.

One reader feeds every projection it is given. Events are folded in memory; the changed rows and the
checkpoints are written in one transaction, so a process may be killed at any point and another goes on.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol

import psycopg
from psycopg.errors import UndefinedColumn, UndefinedTable

from domain.kernel import Recorded
from infra.clock import Clock
from infra.errors import IntegrityFault
from infra.only_one import hold, introduce
from infra.postgres import Connection, connect, fault
from projections.kernel import Projection
from projections.view import LIVE, NEXT, View

READ_EVENTS = 2_000
WRITE_ROWS = 20_000
POLL_MIN_S = 0.05
POLL_MAX_S = 1.0

Progress = Callable[[int], None]


class Reader(Protocol):
    """The log, as far as a projection needs it."""

    def read(self, after: int, limit: int) -> list[Recorded]:
        """At most `limit` events whose position is greater than `after`, in order, without a gap."""


class Runner:
    """Writes these projections, and is the only one that does. Use it in a `with`.

    With `anew` the rows go into fresh tables that nobody reads, until `go_live`.

    Raises:
        AlreadyRunning: another process writes one of them.
        IntegrityFault: a table is gone or of another shape, an event cannot be read, a projection failed.
        PostgresFault: the server cannot be reached or refuses.
    """

    def __init__(
        self,
        conninfo: str,
        log: Reader,
        projections: Sequence[Projection],
        clock: Clock,
        *,
        anew: bool = False,
    ) -> None:
        self._conninfo = conninfo
        self._log = log
        self._projections = projections
        self._clock = clock
        self._anew = anew

    def __enter__(self) -> Runner:
        self._connection = connect(self._conninfo, "carnet_writer")
        with self._closed_on_failure():
            _prepare(self._connection, self._projections)
            schema = NEXT if self._anew else LIVE
            self._views = [
                View(projection, self._connection, schema=schema) for projection in self._projections
            ]
            with self._connection.transaction():
                for view in self._views:
                    view.begin() if self._anew else view.open(self._clock.now())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    @property
    def position(self) -> int:
        """The position at which every projection has arrived."""
        return min(view.position for view in self._views)

    def catch_up(self, stop: threading.Event | None = None, progress: Progress | None = None) -> int:
        """Take every event there is; returns how many. Once `stop` is set it ends with the batch it is in.

        `progress` is told the position after each write.
        """
        start = position = self.position
        with self._closed_on_failure(), _collector_at_rest():
            while True:
                batch = self._log.read(position, READ_EVENTS)
                for view in self._views:
                    view.take(batch)
                position = batch[-1].position if batch else position
                last = len(batch) < READ_EVENTS or is_set(stop)
                if (last and position > start) or sum(
                    view.memory.changes for view in self._views
                ) >= WRITE_ROWS:
                    self._write()
                    gc.collect(1)
                    if progress:
                        progress(position)
                if last:
                    return position - start

    def follow(self, stop: threading.Event) -> None:
        """Stay up to date until `stop` is set. An idle reader asks after 50 ms at first, in the end every second."""
        wait = POLL_MIN_S
        while not stop.is_set():
            if self.catch_up(stop):
                wait = POLL_MIN_S
            else:
                self._notice_a_crash()
                stop.wait(wait)
                wait = min(2 * wait, POLL_MAX_S)

    def go_live(self) -> None:
        """Replace the tables that readers see by those made anew, all in one transaction."""
        with self._closed_on_failure(), self._connection.transaction():
            for view in self._views:
                view.go_live(self._clock.now())

    def _notice_a_crash(self) -> None:
        """A server that crashed took this connection with it, and maybe what was written last. An idle reader
        would take no notice, and wait for events that it has taken already."""
        with self._closed_on_failure():
            self._connection.execute("select")

    def _write(self) -> None:
        with self._connection.transaction():
            for view in self._views:
                view.write(self._clock.now())
        for view in self._views:
            view.written()

    # What a failed batch left in memory must never be written, so nothing can be after a failure.
    @contextmanager
    def _closed_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._connection.close()
            if isinstance(error, UndefinedTable | UndefinedColumn):
                raise _gone(error) from error
            if isinstance(error, psycopg.Error):
                raise fault(error) from error
            raise


def rebuild(
    conninfo: str,
    log: Reader,
    projections: Sequence[Projection],
    clock: Clock,
    *,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
) -> int | None:
    """Build these projections again from position 0; readers keep the old rows until the new ones are whole.

    Returns the position they stand at, or None if `stop` was set before: then the old rows stay. Raises as `Runner`.
    """
    with Runner(conninfo, log, projections, clock, anew=True) as runner:
        runner.catch_up(stop, progress)
        if is_set(stop):
            return None
        runner.go_live()
        runner.catch_up(stop, progress)
        return runner.position


def is_set(stop: threading.Event | None) -> bool:
    return stop is not None and stop.is_set()


# Rows form no cycles, and looking for some in all that memory holds took a third of a rebuild.
@contextmanager
def _collector_at_rest() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _prepare(connection: Connection, projections: Sequence[Projection]) -> None:
    """The session's settings and locks."""
    connection.execute("set timezone to 'UTC'")
    # What a crash of the server takes, rows and checkpoint together, is projected again.
    connection.execute("set synchronous_commit to off")
    # A lock must not outlive its process because the server waits for something.
    connection.execute("set client_connection_check_interval to '1s'")
    # Rows are found by key. A plan made while a table was empty would keep reading all of it as it grows.
    for plan in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
        connection.execute("select set_config(%s, 'off', false)", [plan])
    introduce(connection, "carnet project")
    for name in sorted(projection.name for projection in projections):
        hold(connection, f"carnet project {name}")


def _gone(error: psycopg.Error) -> IntegrityFault:
    return IntegrityFault(
        f"A table that Carnet wrote has been dropped or altered: {error.diag.message_primary}.",
        hint="Run `carnet project rebuild` for its projection.",
    )
