"""The table of one row class: made from its fields, read by key, written in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier

from projections.columns import shape
from projections.kernel import Key, Row

R = TypeVar("R", bound=Row)


class Table(Generic[R]):
    """The rows of one class in a schema. All writing happens in the transaction of the caller."""

    def __init__(self, row: type[R], schema: str) -> None:
        self.row = row
        self.shape = shape(row)
        self.name = Identifier(schema, row.table)
        self._names = _listed(self.shape.names)
        self._kept = _listed(column.name for column in self.shape.kept)
        self._staged = Identifier("pg_temp", f"put_{row.table}")
        self._is_staged = False
        self._sent = [column.sent for column in self.shape.columns]
        types = {column.name: SQL(column.type) for column in self.shape.columns}
        self._key_types = [types[name] for name in row.key]

    def create(self, connection: Connection[Any]) -> None:
        columns = SQL(", ").join(column.definition for column in self.shape.columns)
        key = _listed(self.row.key)
        connection.execute(SQL("create table {} ({}, primary key ({}))").format(self.name, columns, key))
        for column in self.row.indexes:
            connection.execute(SQL("create index on {} ({})").format(self.name, Identifier(column)))

    def drop(self, connection: Connection[Any]) -> None:
        connection.execute(SQL("drop table if exists {}").format(self.name))

    def move(self, connection: Connection[Any], schema: str) -> None:
        """Move the table, with its rows and indexes, to a schema that has none of its name."""
        connection.execute(SQL("alter table {} set schema {}").format(self.name, Identifier(schema)))

    def exists(self, connection: Connection[Any]) -> bool:
        found = connection.execute("select to_regclass(%s)", [self.name.as_string(connection)]).fetchone()
        return found != (None,)

    def load(self, connection: Connection[Any], keys: Sequence[Key]) -> Iterable[R]:
        """The rows of these keys, as far as there are any, in one query."""
        query = SQL("select {} from {} join {} using ({})").format(
            self._kept, self.name, self._wanted(), _listed(self.row.key)
        )
        with connection.cursor(binary=True) as cursor:
            cursor.execute(query, self._columns_of(keys))
            return [self.shape.row(values) for values in cursor.fetchall()]

    def put(self, connection: Connection[Any], rows: Sequence[R]) -> None:
        """Write these rows, new or changed: COPY into a staging table, then one merge.

        Of five ways measured (30,000 rows of 11 columns in batches of 5,000) this was the fastest, twice as
        fast as arrays of JSON and fourteen times as fast as arrays of parameters.
        """
        if not rows:
            return
        self._stage(connection)
        copy_in = SQL("copy {} ({}) from stdin (format binary)").format(self._staged, self._names)
        with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
            copy.set_types(self._sent)
            for row in rows:
                copy.write_row(self.shape.values(row))
        connection.execute(
            SQL("insert into {} ({}) select {} from {} on conflict ({}) do {}").format(
                self.name, self._names, self._names, self._staged, _listed(self.row.key), self._update()
            )
        )

    def remove(self, connection: Connection[Any], keys: Sequence[Key]) -> None:
        if not keys:
            return
        matches = SQL(" and ").join(
            SQL("{}.{} = wanted.{}").format(self.name, Identifier(name), Identifier(name))
            for name in self.row.key
        )
        statement = SQL("delete from {} using {} where {}").format(self.name, self._wanted(), matches)
        connection.execute(statement, self._columns_of(keys))

    def _stage(self, connection: Connection[Any]) -> None:
        if not self._is_staged:
            connection.execute(
                SQL("create temp table if not exists {} (like {}) on commit delete rows").format(
                    self._staged, self.name
                )
            )
            self._is_staged = True

    def _update(self) -> Composable:
        changed = [name for name in self.shape.names if name not in self.row.key]
        if not changed:
            return SQL("nothing")
        return SQL("update set {}").format(
            SQL(", ").join(
                SQL("{} = excluded.{}").format(Identifier(name), Identifier(name)) for name in changed
            )
        )

    # Keys go in as one JSON array a column: adapting an array of uuids element by element is far slower.
    def _wanted(self) -> Composable:
        unpacked = SQL(", ").join(SQL("json_array_elements_text(%s::json)") for _ in self.row.key)
        typed = SQL(", ").join(
            SQL("{}::{}").format(Identifier(name), kind)
            for name, kind in zip(self.row.key, self._key_types, strict=True)
        )
        return SQL("(select {} from rows from ({}) as listed ({})) as wanted ({})").format(
            typed, unpacked, _listed(self.row.key), _listed(self.row.key)
        )

    def _columns_of(self, keys: Sequence[Key]) -> list[str]:
        whole = [key if isinstance(key, tuple) else (key,) for key in keys]
        return [msgspec.json.encode(column).decode() for column in zip(*whole, strict=True)]


def _listed(names: Iterable[str]) -> Composable:
    return SQL(", ").join(Identifier(name) for name in names)
