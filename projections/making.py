"""Makes builds, finishes and drops them."""

from __future__ import annotations

from datetime import datetime

from psycopg.sql import SQL, Identifier

from infra.postgres import Connection
from projections.builds import Build, State, check_tables, close_gate, hold, live_to_write, turn
from projections.columns import fingerprint
from projections.kernel import Projection
from projections.showing import show
from projections.slots import ALL
from projections.stored import stored
from projections.tables import tables


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
        build = live_to_write(connection, projection)
        if build is None:
            build = make(connection, projection, now, state="live")
            close_gate(connection, build)
            _index(connection, build)
            show(connection, stored(connection, build.schema).values())
    return build


def finish(connection: Connection, build: Build, now: datetime) -> Build:
    """Make the indexes of readers; a build that was building is ready then. Nothing may write it meanwhile.

    Raises:
        Contended: it is no longer what it was.
        IntegrityFault: one of its tables is gone.
    """
    state: State = "ready" if build.state == "building" else build.state
    with connection.transaction():
        hold(connection, build)
        check_tables(connection, build)
        _index(connection, build)
        return turn(connection, build, state, now)


def discard(connection: Connection, build: Build) -> None:
    """Drop a build that is not live, with its rows. Raises Contended if it is live by now, or gone."""
    with connection.transaction():
        hold(connection, build)
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


def _index(connection: Connection, build: Build) -> None:
    for table in tables(build.projection, build.schema).values():
        table.index(connection)
        connection.execute(SQL("analyze {}").format(table.name))
