"""Looks at the order book while it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from time import monotonic

import psycopg

import projections
from infra.errors import CarnetError
from infra.postgres import connect
from projections.digest import digest

LOOK_EVERY_S = 0.5
AHEAD = """
select format('%s, build %s, slot %s', projection, build, slot), position, (select position from carnet.head)
from read.checkpoints where position > (select position from carnet.head)"""


@dataclass(frozen=True)
class Snapshot:
    """At one moment: the checkpoint of each projection, and the digest of its rows."""

    found: Mapping[str, tuple[int, str]]


@dataclass
class Watch:
    """Looks again and again until it is told to stop, whatever state PostgreSQL is in. A snapshot is taken every
    `snapshot_every_s`."""

    conninfo: str
    snapshot_every_s: float
    snapshots: list[Snapshot] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def run(self, stop: Event) -> None:
        due = monotonic() + self.snapshot_every_s
        while not stop.wait(LOOK_EVERY_S):
            try:
                self._look()
                if monotonic() > due:
                    self.snapshots.append(snapshot(self.conninfo))
                    due = monotonic() + self.snapshot_every_s
            except (psycopg.Error, CarnetError):
                continue  # PostgreSQL is away, or nothing was projected yet

    def _look(self) -> None:
        with connect(self.conninfo, "carnet_reader") as connection:
            for name, position, head in connection.execute(AHEAD).fetchall():
                self.wrong.append(f"the checkpoint of {name} is at {position}, the log ends at {head}")


def snapshot(conninfo: str) -> Snapshot:
    """Checkpoints and rows as one transaction sees them."""
    with connect(conninfo, "carnet_reader") as connection, connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        found = {}
        for projection in projections.ALL:
            positions = connection.execute(
                """select distinct position from read.checkpoints join read.builds using (projection, build)
                where projection = %s and state = 'live'""",
                [projection.name],
            ).fetchall()
            # Where its slots stand at different positions, no position tells what its rows should be.
            if len(positions) == 1:
                found[projection.name] = (positions[0][0], digest(connection, projection))
    return Snapshot(found)
