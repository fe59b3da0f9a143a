"""The tables of a build as the database knows them: a build may be of another version than this code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from psycopg.sql import Identifier

from infra.postgres import Connection

SLOT: Final = "slot"


@dataclass(frozen=True, slots=True)
class Stored:
    """One table: `columns` are those of its rows, `key` those of their key. Rows of a `copied` table stand once for
    each slot that reads them."""

    schema: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    copied: bool

    @property
    def name(self) -> Identifier:
        return Identifier(self.schema, self.table)


def stored(connection: Connection, schema: str) -> dict[str, Stored]:
    """Every table of a schema, by its name."""
    rows = connection.execute(
        """select c.relname,
            array_agg(a.attname::text order by a.attnum),
            array_agg(a.attname::text order by array_position(i.indkey::int[], a.attnum::int))
                filter (where a.attnum = any(i.indkey))
        from pg_class c join pg_index i on i.indrelid = c.oid and i.indisprimary
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = to_regnamespace(%s) and c.relkind = 'r'
        group by c.relname order by c.relname""",
        [f'"{schema}"'],
    ).fetchall()
    return {
        table: Stored(schema, table, _without_slot(columns), _without_slot(key), SLOT in key)
        for table, columns, key in rows
    }


def _without_slot(names: list[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name != SLOT)
