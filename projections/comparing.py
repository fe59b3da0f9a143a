"""Compares the build that is to go live with the one that is, both at the same position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import IsolationLevel

from infra.errors import Contended
from infra.postgres import Connection, connect
from projections import builds, checkpoints
from projections.builds import Build
from projections.diffing import Compared, compared
from projections.kernel import Projection
from projections.run import Runner
from projections.switching import Site, alone, next_build

LOOK_AGAIN_S = 0.1
LOOKS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the tables of two builds differ, each slot of both at the same position; `position` is the lowest of them."""

    old: Build
    new: Build
    position: int
    tables: tuple[Compared, ...]

    @property
    def alike(self) -> bool:
        return all(table.alike for table in self.tables)


def compare(site: Site, projection: Projection, *, limit: int) -> Comparison | None:
    """Bring the build that is ready to where the live one stands, and compare their rows as of that moment; `limit`
    bounds the rows that are shown of each table. None if it was stopped before.

    Followers of the live build wait while the last events are taken, and not while rows are compared.

    Raises:
        NotFound: there is no live build, or none that is ready.
        Contended: the ready build has come further than the live one, which nobody brings there.
        AlreadyRunning: another process works on the builds of the projection.
    """
    with (
        alone(site, "diff", [projection]) as connection,
        connect(site.conninfo, "carnet_reader") as reading,
    ):
        reading.isolation_level = IsolationLevel.REPEATABLE_READ
        new, old = next_build(connection, projection), builds.live_to_read(connection, projection)
        builds.check_tables(connection, old)
        for _ in range(LOOKS_MAX):
            with reading.transaction():
                position = _level(connection, reading, site, old, new)
                if site.stop.is_set():
                    return None
                if position is not None:
                    tables = tuple(compared(reading, old.schema, new.schema, limit=limit))
                    return Comparison(old=old, new=new, position=position, tables=tables)
            site.stop.wait(LOOK_AGAIN_S)
        raise _ahead(connection, old, new)


def _level(connection: Connection, reading: Connection, site: Site, old: Build, new: Build) -> int | None:
    """Let `reading` see both builds with each slot at the same position, the lowest of which is returned; None if
    the new one has come further in one of them."""
    with connection.transaction():
        builds.hold_live(connection, old.projection)
        wanted = checkpoints.positions(connection, old)
        _bring(connection, site, new, wanted)
        if checkpoints.positions(connection, new) != wanted:
            return None
        reading.execute("select from read.builds")  # from here on it sees the rows as they stand now
        return min(wanted.values())


def _bring(connection: Connection, site: Site, build: Build, wanted: Mapping[int, int]) -> None:
    """Bring each slot of a build to a position, as far as it is not there yet."""
    behind: dict[int, list[int]] = {}
    for slot, position in checkpoints.positions(connection, build).items():
        if position < wanted[slot]:
            behind.setdefault(wanted[slot], []).append(slot)
    for position, slots in behind.items():
        with Runner(site.conninfo, site.log, [build], site.clock, slots=slots) as runner:
            runner.catch_up(site.stop, until=position)


def _ahead(connection: Connection, old: Build, new: Build) -> Contended:
    name = old.projection.name
    ours, theirs = (checkpoints.reached(connection, build) for build in (old, new))
    return Contended(
        f"The live build of {name} stands at position {ours:,}, the new one at {theirs:,}: they cannot be compared.",
        hint=f"Start `carnet project {name}`, which brings the live one there, and ask again.",
    )
