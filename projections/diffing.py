"""How the rows of two builds differ, row by row and column by column.

Both are read as of one moment. The database says which tables and columns there are, for the builds may be of different
versions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from psycopg.sql import SQL, Composable, Identifier
from psycopg.sql import Literal as Quoted

from infra.postgres import Connection
from projections.stored import SLOT, Stored, stored

Kind = Literal["only_old", "only_new", "differs"]
OLD, NEW = Identifier("old"), Identifier("new")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What a column holds in either build, as text; None is null."""

    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row that is not the same: its key, and of a row that stands in both builds the columns that differ."""

    kind: Kind
    key: dict[str, str]
    columns: dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One table: how many rows are the same, differ, or stand in one build only; `shown` are some of those.

    Columns that only one build has do not count. `note` says why rows were not compared one by one: only one build
    has the table, or it has another key there.
    """

    table: str
    same: int
    differing: int
    only_old: int
    only_new: int
    columns_only_old: tuple[str, ...] = ()
    columns_only_new: tuple[str, ...] = ()
    shown: tuple[Difference, ...] = ()
    note: str = ""

    @property
    def alike(self) -> bool:
        return not (self.differing or self.only_old or self.only_new or self.note)


def compared(connection: Connection, old: str, new: str, *, limit: int) -> Iterator[Compared]:
    """Every table of two schemas, in the order of their names; `limit` bounds what is shown of each.

    The transaction of the caller decides as of when.
    """
    before, after = stored(connection, old), stored(connection, new)
    for name in sorted(before.keys() | after.keys()):
        one, other = before.get(name), after.get(name)
        if one and other and one.has_key_of(other):
            yield _compared(connection, one, other, limit)
        else:
            yield Compared(
                table=name,
                same=0,
                differing=0,
                only_old=_count(connection, one) if one else 0,
                only_new=_count(connection, other) if other else 0,
                note="its key is another"
                if one and other
                else f"only in the {'old' if one else 'new'} build",
            )


def _compared(connection: Connection, old: Stored, new: Stored, limit: int) -> Compared:
    both = [name for name in old.columns if name in new.columns and name not in old.key]
    joined = _joined(old, new)
    row = connection.execute(
        SQL(
            """select count(*) filter (where {gone}), count(*) filter (where {come}),
                count(*) filter (where not {gone} and not {come} and {differs}), count(*)
            from {joined}"""
        ).format(joined=joined, differs=_differs(both), gone=_lacks(NEW, new), come=_lacks(OLD, old))
    ).fetchone()
    assert row is not None
    only_old, only_new, differing, rows = row
    return Compared(
        table=old.table,
        same=rows - only_old - only_new - differing,
        differing=differing,
        only_old=only_old,
        only_new=only_new,
        columns_only_old=tuple(name for name in old.columns if name not in new.columns),
        columns_only_new=tuple(name for name in new.columns if name not in old.columns),
        shown=tuple(_shown(connection, old, new, both, limit)) if only_old + only_new + differing else (),
    )


def _shown(
    connection: Connection, old: Stored, new: Stored, both: Sequence[str], limit: int
) -> Iterator[Difference]:
    key = _key(old)
    query = SQL(
        """select case when {gone} then 'only_old' when {come} then 'only_new' else 'differs' end,
            array[{key}], array[{was}]::text[], array[{now}]::text[]
        from {joined} where {gone} or {come} or {differs} order by {order} limit {limit}"""
    ).format(
        gone=_lacks(NEW, new),
        come=_lacks(OLD, old),
        key=SQL(", ").join(SQL("{}::text").format(_either(name)) for name in key),
        was=_texts(OLD, both),
        now=_texts(NEW, both),
        joined=_joined(old, new),
        differs=_differs(both),
        order=SQL(", ").join(map(_either, key)),
        limit=Quoted(limit),
    )
    for kind, values, was, now in connection.execute(query):
        columns = {
            name: Value(old=a, new=b)
            for name, a, b in zip(both, was, now, strict=True)
            if kind == "differs" and a != b
        }
        yield Difference(kind=kind, key=dict(zip(key, values, strict=True)), columns=columns)


def _key(table: Stored) -> tuple[str, ...]:
    """The columns that tell a row of the table from all others."""
    return (*table.key, SLOT) if table.copied else table.key


def _joined(old: Stored, new: Stored) -> Composable:
    same_key = SQL(" and ").join(SQL("{} = {}").format(_of(OLD, name), _of(NEW, name)) for name in _key(old))
    return SQL("{} as old full join {} as new on {}").format(old.name, new.name, same_key)


def _lacks(side: Identifier, table: Stored) -> Composable:
    return SQL("{} is null").format(_of(side, table.key[0]))


def _differs(names: Sequence[str]) -> Composable:
    """As text, for a column may have another type in either."""
    return SQL("array[{}]::text[] is distinct from array[{}]::text[]").format(
        _texts(OLD, names), _texts(NEW, names)
    )


def _texts(side: Identifier, names: Sequence[str]) -> Composable:
    return SQL(", ").join(SQL("{}::text").format(_of(side, name)) for name in names)


def _either(name: str) -> Composable:
    return SQL("coalesce({}, {})").format(_of(OLD, name), _of(NEW, name))


def _of(side: Identifier, name: str) -> Composable:
    return SQL("{}.{}").format(side, Identifier(name))


def _count(connection: Connection, table: Stored) -> int:
    row = connection.execute(SQL("select count(*) from {}").format(table.name)).fetchone()
    assert row is not None
    return int(row[0])
