"""Reading the log, by position or by stream, in short transactions.

Positions have no gaps and their order is commit order, so a reader that has seen position n has seen all before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, LiteralString, Self
from uuid import UUID

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.kernel import Recorded
from infra import paging
from infra.codec import decode
from infra.item import Duplicate
from infra.migrate import check_version
from infra.paging import WHOLE_LOG, Page, Share
from infra.postgres import Connection, Pool, Role, connect

COLUMNS: LiteralString = """position, stream_id, version, event_id, name, schema_version, market, occurred_at,
    recorded_at, actor, command_id, correlation_id, causation_id, body"""

NAME = 4

READ: LiteralString = f"""
select {COLUMNS} from carnet.events where position > %s order by position limit %s"""  # noqa: S608 -- constants

# The bounds of the stream leave out the partitions that hold nothing of it.
HISTORY: LiteralString = f"""
select {COLUMNS} from carnet.events
where stream_id = %s and version > %s and position between %s and %s
order by version"""  # noqa: S608 -- constants

# `offset 0` keeps these look-ups from being planned as joins: planned while the tables were empty and known to be, a
# join would read all of them for ever after.
HISTORIES: LiteralString = f"""
select e.* from unnest(%s::uuid[], %s::int[]) wanted (id, after)
cross join lateral (
    select first_position, last_position from carnet.streams where stream_id = wanted.id offset 0
) s
cross join lateral (
    select {COLUMNS} from carnet.events
    where stream_id = wanted.id and version > wanted.after
        and position between s.first_position and s.last_position
    offset 0
) e
order by position"""  # noqa: S608 -- constants

# An order's stream may begin with a refusal, so its first event need not be the one that opened it.
ORDERS: LiteralString = """
select stream_id from carnet.events join carnet.streams s using (stream_id)
where name = 'ReservationPlaced' and market = any(%s) and s.last_position >= %s
order by position"""

NOTHING_KNOWN: Mapping[UUID, int] = {}

# Planned anew each time, a page would cost more with every partition. A plan made while the tables were empty would
# scan them for ever after.
PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off"


@dataclass(frozen=True, slots=True)
class Head:
    """The last position (0 of an empty log) and when it was recorded (None of an empty log)."""

    position: int
    recorded_at: datetime | None


class LogReader:
    """Reads the log of one database, from any thread, with the rights of `role`.

    Raises:
        PostgresFault: the server cannot be reached.
        IntegrityFault: the database is of another schema version.
    """

    def __init__(self, conninfo: str, role: Role = "carnet_reader") -> None:
        with connect(conninfo, role) as connection:
            check_version(connection)
        self._pool = Pool(_planned_once(conninfo), role)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, after: int, limit: int) -> list[Recorded]:
        """The next events after a position, in order, at most `limit`."""
        return [_recorded(row) for row in self._rows(READ, [after, limit])]

    def page(
        self,
        after: int,
        *,
        limit: int,
        size_max: int,
        until: int | None = None,
        share: Share = WHOLE_LOG,
    ) -> Page:
        """The events of the next `limit` positions, at most up to `until`: those of a share, all if none is given.
        The page ends earlier, after some hundred events at most, once their bodies are `size_max` bytes."""
        found, page = self._pool.run(
            lambda connection: paging.rows(
                connection, COLUMNS, after, limit=limit, size_max=size_max, until=until, share=share
            )
        )
        return replace(page, events=[_recorded(row) for row in found])

    def history(
        self, stream_id: UUID, *, after_version: int = 0, until_position: int | None = None
    ) -> list[Recorded]:
        """The events of one stream in order, as of a position if one is given."""
        bounds = self._rows(
            "select first_position, last_position from carnet.streams where stream_id = %s", [stream_id]
        )
        if not bounds:
            return []
        ((first, last),) = bounds
        until = last if until_position is None else min(last, until_position)
        return [_recorded(row) for row in self._rows(HISTORY, [stream_id, after_version, first, until])]

    def histories(
        self, stream_ids: Iterable[UUID], *, after: Mapping[UUID, int] = NOTHING_KNOWN
    ) -> dict[UUID, list[Recorded]]:
        """The events of several streams, those after a version where one is given; a stream without such events is
        left out."""
        found: dict[UUID, list[Recorded]] = {}
        ids = list(stream_ids)
        for row in self._rows(HISTORIES, [ids, [after.get(one, 0) for one in ids]]):
            found.setdefault(row[1], []).append(_recorded(row))
        return found

    def versions(self, stream_ids: Iterable[UUID]) -> dict[UUID, int]:
        """How many events these streams have; one without events is left out."""
        rows = self._rows(
            "select stream_id, version from carnet.streams where stream_id = any(%s)", [list(stream_ids)]
        )
        return dict(rows)

    def orders(self, markets: Iterable[str], since: int) -> list[UUID]:
        """The orders of these markets of which anything was recorded at or after a position, as they were opened."""
        return [stream_id for (stream_id,) in self._rows(ORDERS, [list(markets), since])]

    def head(self) -> Head:
        """Where the log ends."""
        ((position, recorded_at),) = self._rows(
            "select position, case when position > 0 then recorded_at end from carnet.head"
        )
        return Head(position, recorded_at)

    def position_at(self, moment: datetime) -> int:
        """The last position recorded at or before a moment; 0 if none was."""
        ((position,),) = self._rows("select carnet.position_at(%s)", [moment])
        return int(position)

    def command(self, command_id: UUID) -> Duplicate | None:
        """What a command came to, if it has taken effect."""
        rows = self._rows(
            "select position, events, digest, answer from carnet.commands where command_id = %s", [command_id]
        )
        return Duplicate(*rows[0]) if rows else None

    def taken(self, source: str) -> int | None:
        """The first offset of a source that has not been taken; None if nothing of it has."""
        rows = self._rows("select next from carnet.tracking where source = %s", [source])
        return rows[0][0] if rows else None

    # Rows of psycopg have no static type; each caller names what its statement selects.
    def _rows(self, statement: LiteralString, values: Any = ()) -> Sequence[Any]:
        return self._pool.run(lambda connection: _fetch(connection, statement, values))


def _planned_once(conninfo: str) -> str:
    """The same connection string, whose sessions plan a prepared statement once."""
    options = conninfo_to_dict(conninfo).get("options") or ""
    return make_conninfo(conninfo, options=f"{options} {PLANNED_ONCE}".strip())


def _fetch(connection: Connection, statement: LiteralString, values: Any) -> Sequence[Any]:
    return connection.execute(statement, values, prepare=True, binary=True).fetchall()


# `COLUMNS` are the fields in their order, but for the event that the body is decoded to.
def _recorded(row: tuple[Any, ...]) -> Recorded:
    *envelope, body = row
    return Recorded._make((*envelope, body.encode(), decode(row[NAME], body)))
