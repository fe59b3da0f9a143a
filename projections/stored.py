"""The tables of a build as the database knows them: a build may be of another version than this code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from psycopg.sql import Identifier

from infra.postgres import Connection

SLOT: Final = "slot"
"""The further column of a table that is copied."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One table: `columns` are those of its rows, `key` those of their key with their types. Rows of a `copied` table
    stand once for each slot that reads them."""

    schema: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    key_types: tuple[str, ...]
    copied: bool

    @property
    def name(self) -> Identifier:
        """Its name in SQL."""
        return Identifier(self.schema, self.table)

    def has_key_of(self, other: Stored) -> bool:
        """Whether rows of both tables can be told by the same key."""
        ours, theirs = (self.key, self.key_types, self.copied), (other.key, other.key_types, other.copied)
        return ours == theirs


def stored(connection: Connection, schema: str) -> dict[str, Stored]:
    """Every table of a schema, by its name."""
    rows = connection.execute(
        """select c.relname,
            array_agg(a.attname::text order by a.attnum) filter (where a.attname <> %(slot)s),
            array_agg(a.attname::text order by place) filter (where place is not null and a.attname <> %(slot)s),
            array_agg(format_type(a.atttypid, a.atttypmod) order by place) filter (where place is not null),
            bool_or(a.attname = %(slot)s and place is not null)
        from pg_class c join pg_index i on i.indrelid = c.oid and i.indisprimary
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        cross join lateral array_position(i.indkey::int[], a.attnum::int) as place
        where c.relnamespace = to_regnamespace(%(schema)s) and c.relkind = 'r'
        group by c.relname order by c.relname""",
        {"schema": f'"{schema}"', "slot": SLOT},
    ).fetchall()
    return {
        table: Stored(schema, table, tuple(columns), tuple(key), tuple(types), copied)
        for table, columns, key, types, copied in rows
    }
