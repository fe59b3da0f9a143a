"""How far each projection has come, and with which meaning of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from infra.errors import IntegrityFault
from infra.postgres import Connection
from projections.columns import fingerprint
from projections.kernel import Projection


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`position` is that of the last event whose rows are written. `shape` is the fingerprint of the row
    classes they were written with."""

    name: str
    version: int
    shape: str
    position: int
    updated_at: datetime


def find(connection: Connection, projection: Projection) -> Checkpoint | None:
    """The checkpoint of a projection, None before its first run.

    Raises:
        IntegrityFault: its rows have another meaning or another shape than this version of Carnet gives them.
    """
    row = connection.execute(
        "select name, version, shape, position, updated_at from read.checkpoints where name = %s",
        [projection.name],
    ).fetchone()
    if row is None:
        return None
    checkpoint = Checkpoint(*row)
    if (checkpoint.version, checkpoint.shape) != (
        projection.version,
        fingerprint(projection.rows, projection.edition),
    ):
        what = (
            "are of another shape"
            if checkpoint.version == projection.version
            else f"are of v{checkpoint.version}"
        )
        raise IntegrityFault(
            f"The rows of projection {projection.name} {what}; this version of Carnet writes v{projection.version}.",
            hint=f"Run `carnet project rebuild {projection.name}`.",
        )
    return checkpoint


def start(connection: Connection, projection: Projection, position: int, now: datetime) -> None:
    """The rows stand as of this position, whatever stood there before."""
    connection.execute(
        """insert into read.checkpoints (name, version, shape, position, updated_at) values (%s, %s, %s, %s, %s)
        on conflict (name) do update set version = excluded.version, shape = excluded.shape,
            position = excluded.position, updated_at = excluded.updated_at""",
        [
            projection.name,
            projection.version,
            fingerprint(projection.rows, projection.edition),
            position,
            now,
        ],
    )


def advance(connection: Connection, projection: Projection, *, old: int, new: int, now: datetime) -> None:
    """Move a checkpoint on.

    Raises:
        IntegrityFault: it is not where this process left it.
    """
    moved = connection.execute(
        "update read.checkpoints set position = %s, updated_at = %s where name = %s and position = %s",
        [new, now, projection.name, old],
    )
    if moved.rowcount != 1:
        raise IntegrityFault(
            f"The checkpoint of projection {projection.name} is no longer at position {old}: somebody else moved it.",
            hint=f"Run `carnet project rebuild {projection.name}`.",
        )
