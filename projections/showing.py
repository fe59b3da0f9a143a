"""The views in `read`: what people read is the live build, under names that stay."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg.errors import InvalidTableDefinition
from psycopg.sql import SQL, Composable, Identifier

from infra.postgres import Connection
from projections.stored import Stored

READERS = "read"


def show(connection: Connection, tables: Iterable[Stored]) -> None:
    """Let the views show these tables. It waits for who reads one of them, and lets others wait meanwhile."""
    for table in sorted(tables, key=lambda one: one.table):
        view = Identifier(READERS, table.table)
        statement = SQL("create or replace view {} as {}").format(view, _rows(table))
        try:
            with connection.transaction():
                connection.execute(statement)
        except InvalidTableDefinition:
            # Its columns are others now. Otherwise views that somebody has built upon it stay as they are.
            hide(connection, [table.table])
            connection.execute(statement)


def hide(connection: Connection, names: Iterable[str]) -> None:
    """Drop the views of these tables."""
    for name in names:
        connection.execute(SQL("drop view if exists {}").format(Identifier(READERS, name)))


def _rows(table: Stored) -> Composable:
    """Of a row that stands once for each slot, that of the lowest slot."""
    columns, key = (SQL(", ").join(map(Identifier, names)) for names in (table.columns, table.key))
    if not table.copied:
        return SQL("select {} from {}").format(columns, table.name)
    return SQL("select distinct on ({}) {} from {} order by {}, slot").format(key, columns, table.name, key)
