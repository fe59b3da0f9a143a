"""Builds: each filling of a projection, in a schema of its own, and which of them readers see.

One build is *live*: the views in `read` show it. The next one is *building*, then *ready*; when it goes live, the one
before is *kept* for a rollback. A *scratch* build ends at a position of the past and never goes live.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from psycopg.sql import SQL, Identifier

from infra.errors import Contended, IntegrityFault
from infra.postgres import Connection
from projections.columns import fingerprint
from projections.kernel import Projection
from projections.showing import hide, show
from projections.slots import ALL
from projections.stored import stored
from projections.tables import tables

State = Literal["building", "ready", "live", "kept", "scratch"]


@dataclass(frozen=True, slots=True)
class Build:
    """One filling of a projection. `until` is the position at which a scratch build ends."""

    projection: Projection
    number: int
    state: State
    until: int | None = None

    @property
    def schema(self) -> str:
        return schema_of(self.projection.name, self.number)

    @property
    def name(self) -> str:
        return f"build {self.number} of {self.projection.name}"


def schema_of(projection: str, number: int) -> str:
    return f"read_{projection}_{number}"


def live(connection: Connection, projection: Projection) -> Build | None:
    """The build that readers see, None before the first.

    Raises:
        IntegrityFault: its rows have another meaning or another shape than this version of Carnet gives them, or a
            table is gone.
    """
    build = find(connection, projection, "live")
    if build is not None:
        check_meaning(connection, build)
        check_tables(connection, build)
    return build


def find(connection: Connection, projection: Projection, *states: State) -> Build | None:
    """The build of a projection that is in one of these states, whatever its rows mean; of several the last."""
    found = every(connection, projection, *states)
    return found[-1] if found else None


def every(connection: Connection, projection: Projection, *states: State) -> list[Build]:
    """The builds of a projection that are in one of these states, in the order in which they were made."""
    rows = connection.execute(
        """select build, state, until from read.builds where projection = %s and state = any(%s)
        order by build""",
        [projection.name, list(states)],
    )
    return [Build(projection, *row) for row in rows]


def check_meaning(connection: Connection, build: Build) -> None:
    """Raises IntegrityFault: this version of Carnet cannot go on with the rows of a build."""
    name, ours = build.projection.name, build.projection.version
    row = connection.execute(
        "select version, shape from read.builds where projection = %s and build = %s", [name, build.number]
    ).fetchone()
    if row is None:
        raise _gone(build)
    version, shape = row
    if version > ours:
        raise IntegrityFault(
            f"The rows of projection {name} are of v{version}; this version of Carnet is older and writes v{ours}.",
            hint=f"Run the newer version of Carnet, or `carnet project rebuild {name}` to go back to v{ours}.",
        )
    if (version, shape) != (ours, fingerprint(build.projection.rows, build.projection.edition)):
        what = "are of another shape" if version == ours else f"are of v{version}"
        raise IntegrityFault(
            f"The rows of projection {name} {what}; this version of Carnet writes v{ours}.",
            hint=f"Run `carnet project rebuild {name}`.",
        )


def check_tables(connection: Connection, build: Build) -> None:
    """Raises IntegrityFault: a table of a build is gone; it is named."""
    row = connection.execute(
        """select name from read.builds cross join unnest(tables) as name
        where projection = %s and build = %s and to_regclass(format('%%I.%%I', %s::text, name)) is null""",
        [build.projection.name, build.number, build.schema],
    ).fetchone()
    if row is not None:
        raise IntegrityFault(
            f"Table {build.schema}.{row[0]} of projection {build.projection.name} is gone.",
            hint=f"Run `carnet project rebuild {build.projection.name}`.",
        )


def make(
    connection: Connection,
    projection: Projection,
    now: datetime,
    *,
    state: State = "building",
    until: int | None = None,
) -> Build:
    """An empty build: its schema, its tables without the indexes of readers, each slot at position 0."""
    with connection.transaction():
        build = Build(projection, _number(connection, projection), state, until)
        connection.execute(
            """insert into read.builds (projection, build, version, shape, tables, state, until, made_at, changed_at)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                projection.name,
                build.number,
                projection.version,
                fingerprint(projection.rows, projection.edition),
                [row.table for row in projection.rows],
                state,
                until,
                now,
                now,
            ],
        )
        connection.execute("select read.create_schema(%s, %s)", [projection.name, build.number])
        for table in tables(projection, build.schema).values():
            table.create(connection)
        connection.execute(
            SQL("grant select on all tables in schema {} to carnet_reader").format(Identifier(build.schema))
        )
        connection.execute(
            """insert into read.checkpoints (projection, build, slot, position, updated_at)
            select %s, %s, slot, 0, %s from unnest(%s::int[]) as slot""",
            [projection.name, build.number, now, list(ALL)],
        )
    return build


def go_live_first(connection: Connection, projection: Projection, now: datetime) -> Build:
    """The very first build: readers see it from the start, while it fills."""
    with connection.transaction():
        _in_turn(connection, projection)
        build = live(connection, projection)
        if build is None:
            build = make(connection, projection, now, state="live")
            _index(connection, build)
            _show(connection, build, None)
    return build


def still(connection: Connection, build: Build) -> bool:
    """Whether a build is what it was when it was opened; it stays so until the transaction ends."""
    row = connection.execute(
        "select state from read.builds where projection = %s and build = %s for share",
        [build.projection.name, build.number],
    ).fetchone()
    return row == (build.state,)


def finish(connection: Connection, build: Build, now: datetime) -> Build:
    """Make the indexes of readers; a build that was building is ready then. Nothing may write it meanwhile.

    Raises as `switch`.
    """
    state: State = "ready" if build.state == "building" else build.state
    with connection.transaction():
        _hold(connection, build)
        check_tables(connection, build)
        _index(connection, build)
        return _turned(connection, build, state, now)


def positions(connection: Connection, build: Build) -> dict[int, int]:
    """The position of the last event whose rows are written, by slot."""
    return dict(
        connection.execute(
            "select slot, position from read.checkpoints where projection = %s and build = %s order by slot",
            [build.projection.name, build.number],
        ).fetchall()
    )


def switch(connection: Connection, build: Build, now: datetime) -> Build:
    """Show readers a ready build instead of the live one, which is kept in place of the one kept before.

    Raises:
        Contended: the build is behind the live one, or is no longer ready.
        IntegrityFault: one of its tables is gone.
    """
    with connection.transaction():
        before = hold_live(connection, build.projection)
        _hold(connection, build)
        if before is not None:
            _check_ahead(positions(connection, build), positions(connection, before), build)
        kept = find(connection, build.projection, "kept")
        return _exchange(connection, before, build, kept, now)


def rollback(connection: Connection, build: Build, now: datetime) -> Build:
    """Show readers the kept build again; the live one is kept. Raises as `switch`, but it may be behind."""
    with connection.transaction():
        before = hold_live(connection, build.projection)
        _hold(connection, build)
        return _exchange(connection, before, build, None, now)


def discard(connection: Connection, build: Build) -> None:
    """Drop a build that is not live, with its rows. Raises Contended if it is live by now, or gone."""
    with connection.transaction():
        _hold(connection, build)
        connection.execute("select read.drop_schema(%s, %s)", [build.projection.name, build.number])
        connection.execute(
            "delete from read.builds where projection = %s and build = %s",
            [build.projection.name, build.number],
        )


def _number(connection: Connection, projection: Projection) -> int:
    """A number that no build of the projection has had."""
    _in_turn(connection, projection)
    row = connection.execute(
        "update read.build_numbers set last = last + 1 where projection = %s returning last",
        [projection.name],
    ).fetchone()
    assert row is not None
    return int(row[0])


def _in_turn(connection: Connection, projection: Projection) -> None:
    """Of two that make a build of a projection, one waits here until the transaction of the other ends."""
    connection.execute(
        """insert into read.build_numbers as n (projection, last) values (%s, 0)
        on conflict (projection) do update set last = n.last""",
        [projection.name],
    )


def hold_live(connection: Connection, projection: Projection) -> Build | None:
    """The live build, which nobody writes until the transaction ends."""
    build = find(connection, projection, "live")
    if build is not None:
        _hold(connection, build)
    return build


def _hold(connection: Connection, build: Build) -> None:
    """Let nobody write a build, nor change its state, until the transaction ends."""
    row = connection.execute(
        "select state from read.builds where projection = %s and build = %s for no key update",
        [build.projection.name, build.number],
    ).fetchone()
    if row is None:
        raise _gone(build)
    if row[0] != build.state:
        raise Contended(
            f"{build.name.capitalize()} is {row[0]} by now, no longer {build.state}.",
            hint="Look at `carnet project builds`.",
        )


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
    # Whoever reads a view while it acts on its rows has ended by now: what he caused stands before this position.
    connection.execute(
        "update read.builds set gate = (select position from carnet.head) where projection = %s and build = %s",
        [after.projection.name, after.number],
    )
    if before is not None:
        _turned(connection, before, "kept", now)
    return _turned(connection, after, "live", now)


def _show(connection: Connection, after: Build, before: Build | None) -> None:
    new, old = stored(connection, after.schema), stored(connection, before.schema) if before else {}
    hide(connection, old.keys() - new.keys())
    show(connection, new.values())


def _turned(connection: Connection, build: Build, state: State, now: datetime) -> Build:
    connection.execute(
        "update read.builds set state = %s, changed_at = %s where projection = %s and build = %s",
        [state, now, build.projection.name, build.number],
    )
    return replace(build, state=state)


def _index(connection: Connection, build: Build) -> None:
    for table in tables(build.projection, build.schema).values():
        table.index(connection)
        connection.execute(SQL("analyze {}").format(table.name))


def _gone(build: Build) -> Contended:
    return Contended(f"{build.name.capitalize()} is gone.", hint="Look at `carnet project builds`.")
