"""How far each slot of a build has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from infra.errors import IntegrityFault
from infra.postgres import Connection
from projections.builds import Build
from projections.slots import ALL


def positions(connection: Connection, build: Build) -> dict[int, int]:
    """The position of the last event whose rows are written, by slot, of every slot of a build."""
    return dict(
        connection.execute(
            "select slot, position from read.checkpoints where projection = %s and build = %s order by slot",
            [build.projection.name, build.number],
        ).fetchall()
    )


def reached(connection: Connection, build: Build) -> int:
    """The position at which every slot of a build has arrived. Raises as `read`."""
    return min(read(connection, build, ALL).values())


def read(connection: Connection, build: Build, slots: Sequence[int]) -> dict[int, int]:
    """The same of some slots.

    Raises:
        IntegrityFault: a slot has none.
    """
    found: dict[int, int] = dict(
        connection.execute(
            "select slot, position from read.checkpoints where projection = %s and build = %s and slot = any(%s)",
            [build.projection.name, build.number, list(slots)],
        ).fetchall()
    )
    if missing := set(slots) - found.keys():
        raise IntegrityFault(
            f"Build {build.number} of projection {build.projection.name} has no checkpoint for slot {min(missing)}.",
            hint=f"Run `carnet project rebuild {build.projection.name}`.",
        )
    return found


def advance(
    connection: Connection, build: Build, moves: Mapping[int, tuple[int, int]], now: datetime
) -> None:
    """Move slots on, each from where it was to where it is, in one statement.

    Raises:
        IntegrityFault: one is not where this process left it.
    """
    if not moves:
        return
    old, new = zip(*moves.values(), strict=True)
    moved = connection.execute(
        """update read.checkpoints c set position = moved.new, updated_at = %(now)s
        from unnest(%(slots)s::smallint[], %(old)s::bigint[], %(new)s::bigint[]) as moved (slot, old, new)
        where projection = %(projection)s and build = %(build)s and c.slot = moved.slot and position = moved.old""",
        {
            "projection": build.projection.name,
            "build": build.number,
            "slots": list(moves),
            "old": list(old),
            "new": list(new),
            "now": now,
        },
    )
    if moved.rowcount != len(moves):
        raise IntegrityFault(
            f"A checkpoint of build {build.number} of projection {build.projection.name} is no longer where this "
            "process left it: somebody else moved it.",
            hint=f"Run `carnet project rebuild {build.projection.name}`.",
        )
