"""What builds there are: where each stands, how large it is, what readers see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from infra.postgres import Connection, faults
from projections.builds import State
from projections.kernel import Projection


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One build. `position` is that up to which all its rows are written, `until` where a scratch build ends, `size`
    its tables and indexes in bytes, `parked` how many events it could not take."""

    projection: str
    build: int
    state: State
    version: int
    schema: str
    position: int
    until: int | None
    size: int
    parked: int
    made_at: datetime
    changed_at: datetime


def inventory(connection: Connection, projections: Sequence[Projection]) -> list[Standing]:
    """Every build of these projections, in the order in which they were made. Raises PostgresFault."""
    with faults(), connection.cursor(row_factory=class_row(Standing)) as cursor:
        return cursor.execute(
            """select b.projection, b.build, b.state, b.version, schema,
                (select min(c.position) from read.checkpoints c
                    where (c.projection, c.build) = (b.projection, b.build)) as position,
                b.until,
                (select coalesce(sum(pg_total_relation_size(t.oid)), 0)::bigint from pg_class t
                    where t.relnamespace = to_regnamespace(quote_ident(schema)) and t.relkind = 'r') as size,
                (select count(*) from read.parked_events p where (p.projection, p.build) = (b.projection, b.build)
                    and p.state in ('waiting', 'retry')) as parked,
                b.made_at, b.changed_at
            from unnest(%s::text[]) with ordinality as asked (name, turn)
            join read.builds b on b.projection = asked.name
            cross join lateral format('read_%%s_%%s', b.projection, b.build) as schema
            order by asked.turn, b.build""",
            [[projection.name for projection in projections]],
        ).fetchall()
