"""What the tests of the engine have in common: catch up, build anew, look at rows and checkpoints."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from psycopg.sql import SQL, Identifier

from infra.clock import SystemClock
from infra.log import Log
from infra.postgres import Connection, connect
from projections import following
from projections.builds import Build
from projections.digest import digest, digest_of
from projections.following import live_builds
from projections.kernel import Projection
from projections.making import discard, finish, make
from projections.run import Runner
from projections.slots import ALL

CLOCK = SystemClock()


def runner(database: str, log: Log, *projections: Projection, slots: Sequence[int] = ALL) -> Runner:
    """The writer of what readers see of these projections."""
    return Runner(database, log, live_builds(database, projections, CLOCK), CLOCK, slots=slots)


def catch_up(database: str, log: Log, *projections: Projection, slots: Sequence[int] = ALL) -> int:
    return following.catch_up(database, log, projections, CLOCK, slots=slots)


def digests(connection: Connection, *projections: Projection) -> list[str]:
    """The digest of what readers see of each."""
    return [digest(connection, projection) for projection in projections]


def rebuilt(database: str, log: Log, *projections: Projection) -> list[str]:
    """The digest that each has when one process builds it from the first event on."""
    with connect(database, "carnet_writer") as connection:
        scratch = [
            make(connection, projection, CLOCK.now(), state="scratch", until=log.head().position)
            for projection in projections
        ]
        fill(database, log, scratch)
        finished = [finish(connection, build, CLOCK.now()) for build in scratch]
        found = [digest_of(connection, build) for build in finished]
        for build in finished:
            discard(connection, build)
    return found


def fill(database: str, log: Log, builds: Sequence[Build], *, slots: Sequence[int] = ALL) -> int:
    with Runner(database, log, builds, CLOCK, slots=slots) as running:
        return running.catch_up()


def rows_of(connection: Connection, table: str) -> list[tuple[object, ...]]:
    """All rows that readers see of a table."""
    return connection.execute(
        SQL("select * from {} order by 1, 2").format(Identifier("read", table))
    ).fetchall()


def positions(connection: Connection, projection: Projection) -> dict[int, int]:
    """How far each slot has come of what readers see."""
    rows = connection.execute(
        """select slot, position from read.builds join read.checkpoints using (projection, build)
        where projection = %s and state = 'live'""",
        [projection.name],
    )
    return dict(rows.fetchall())


def position(connection: Connection, projection: Projection) -> int:
    """How far the slowest slot has come, 0 before there is one."""
    return min(positions(connection, projection).values(), default=0)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, twenty seconds at most."""
    pause, end = threading.Event(), time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        pause.wait(0.01)
