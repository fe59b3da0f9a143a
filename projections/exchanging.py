"""Lets two builds change places, in one transaction: which of them readers see."""

from __future__ import annotations

from datetime import datetime

from infra.errors import Contended
from infra.postgres import Connection
from projections.builds import Build, check_tables, close_gate, find, hold, hold_live, turn
from projections.checkpoints import positions
from projections.making import discard
from projections.showing import hide, show
from projections.stored import stored


def switch(connection: Connection, build: Build, now: datetime) -> Build:
    """Show readers a ready build instead of the live one, which is kept in place of the one kept before.

    Raises:
        Contended: the build is behind the live one, or is no longer ready.
        IntegrityFault: one of its tables is gone.
    """
    with connection.transaction():
        before = hold_live(connection, build.projection)
        hold(connection, build)
        if before is not None:
            _check_ahead(positions(connection, build), positions(connection, before), build)
        kept = find(connection, build.projection, "kept")
        return _exchange(connection, before, build, kept, now)


def rollback(connection: Connection, build: Build, now: datetime) -> Build:
    """Show readers the kept build again; the live one is kept. Raises as `switch`, but it may be behind."""
    with connection.transaction():
        before = hold_live(connection, build.projection)
        hold(connection, build)
        return _exchange(connection, before, build, None, now)


def _check_ahead(new: dict[int, int], old: dict[int, int], build: Build) -> None:
    behind = [slot for slot, position in old.items() if new.get(slot, 0) < position]
    if behind:
        raise Contended(
            f"{build.name.capitalize()} stands at position {new.get(behind[0], 0)}, the live one at "
            f"{old[behind[0]]}: readers would go back in time.",
            hint=f"`carnet project switch {build.projection.name}` brings it there first.",
        )


def _exchange(
    connection: Connection, before: Build | None, after: Build, dropped: Build | None, now: datetime
) -> Build:
    check_tables(connection, after)
    if dropped is not None:
        discard(connection, dropped)
    _show(connection, after, before)
    # Whoever reads a view while it acts on its rows has ended by now: what he caused stands in the log.
    close_gate(connection, after)
    if before is not None:
        turn(connection, before, "kept", now)
    return turn(connection, after, "live", now)


def _show(connection: Connection, after: Build, before: Build | None) -> None:
    new, old = stored(connection, after.schema), stored(connection, before.schema) if before else {}
    hide(connection, old.keys() - new.keys())
    show(connection, new.values())
