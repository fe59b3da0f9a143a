"""How the fields of a row become columns, and columns the fields again."""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import cache, reduce
from operator import attrgetter, or_
from typing import Any, Generic, Literal, LiteralString, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from psycopg.sql import SQL, Composed, Identifier

from domain.money import Money
from projections.kernel import Key, Row, derived

R = TypeVar("R", bound=Row)
Convert = Callable[[Any], Any]

_PLAIN: dict[object, LiteralString] = {
    UUID: "uuid",
    bool: "boolean",
    int: "bigint",
    datetime: "timestamptz",
    date: "date",
    str: "text",
}
# Sets and dicts have an order in memory that differs from run to run; two rebuilds must give the same bytes.
_JSON = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `sent` is the type under which COPY sends it in binary; `stored` turns the field's value
    into the column's, and is None where they are the same."""

    name: str
    type: LiteralString
    nullable: bool
    field: str
    sent: str
    stored: Convert | None = None

    @property
    def definition(self) -> Composed:
        # Text sorts by its bytes, on every server the same.
        collation = SQL(' collate "C"') if self.type == "text" else SQL("")
        null = SQL("") if self.nullable else SQL(" not null")
        return Identifier(self.name) + SQL(" ") + SQL(self.type) + collation + null


@dataclass(frozen=True, slots=True)
class _Field:
    """From how many columns a field comes back, and how."""

    name: str
    width: int
    load: Convert | None


class Shape(Generic[R]):
    """The columns of a row class: `kept` are those that a row is read back from, derived ones follow. `name` tells
    rows apart as their key does, in numbers for ids."""

    def __init__(self, row: type[R]) -> None:
        hints = get_type_hints(row)
        self._row = row
        self.kept: list[Column] = []
        self._fields: list[_Field] = []
        for field in fields(row):
            columns, load = _columns(field.name, hints[field.name])
            self.kept += columns
            self._fields.append(_Field(field.name, len(columns), load))
        self.columns = [*self.kept, *_derived(row)]
        self.names = [column.name for column in self.columns]
        self.key_of: Callable[[R], Key] = attrgetter(*row.key)
        self.name: Callable[[R], object] = attrgetter(*(_named(one, hints[one]) for one in row.key))
        self._values = attrgetter(*(column.field for column in self.columns))
        self._stored = [(i, column.stored) for i, column in enumerate(self.columns) if column.stored]

    def values(self, row: R) -> Sequence[object]:
        """What each of `columns` holds for this row."""
        values = list(self._values(row))
        for i, stored in self._stored:
            if values[i] is not None:
                values[i] = stored(values[i])
        return values

    def row(self, values: Sequence[Any]) -> R:
        """The row that gave these values of the `kept` columns."""
        arguments, at = {}, 0
        for field in self._fields:
            value = values[at] if field.width == 1 else values[at : at + field.width]
            at += field.width
            arguments[field.name] = field.load(value) if field.load and value is not None else value
        return self._row(**arguments)


@cache
def shape(row: type[R]) -> Shape[R]:
    return Shape(row)


def fingerprint(rows: Sequence[type[Row]], edition: str = "") -> str:
    """SHA-256 (hex) of the columns of these rows, of every class that stands in them, and of an edition: rows
    that were written under another fingerprint cannot be gone on with."""
    told: list[str] = [edition]
    for row in rows:
        told.append(f"{row.table}{row.key}{row.indexes}")
        told += (f"{c.name} {c.type} {c.nullable}" for c in shape(row).columns)
        _tell(row, told, set())
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _tell(kind: Any, told: list[str], seen: set[object]) -> None:
    if kind in seen:
        return
    seen.add(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        told += (f"{kind.__name__}.{field.name}: {hints[field.name]}" for field in fields(kind))
        for field in fields(kind):
            _tell(hints[field.name], told, seen)
    elif get_origin(kind) is not Literal:
        for argument in get_args(kind):
            _tell(argument, told, seen)


# A UUID is hashed and compared in Python; its number is not, which saves a tenth of a rebuild.
def _named(name: str, hint: Any) -> str:
    return f"{name}.int" if hint is UUID else name


def _columns(name: str, hint: Any) -> tuple[list[Column], Convert | None]:
    hint, nullable = _without_none(hint)
    if get_origin(hint) is Literal and all(isinstance(word, str) for word in get_args(hint)):
        hint = str
    if hint is Money:
        minor = Column(f"{name}_minor", "bigint", nullable, name, "bigint", attrgetter("minor"))
        currency = Column(f"{name}_currency", "text", nullable, name, "text", attrgetter("currency"))
        return [minor, currency], _money
    if hint in _PLAIN:
        return [Column(name, _PLAIN[hint], nullable, name, _PLAIN[hint])], None
    # In COPY's binary form bytea and text are the same bytes: sent as bytea, JSON needs no decoding first.
    as_json = Column(name, "text", nullable, name, "bytea", _JSON.encode)
    return [as_json], msgspec.json.Decoder(hint).decode


def _derived(row: type[Row]) -> list[Column]:
    """The derived columns, in the order in which they were written down."""
    columns: list[Column] = []
    for name, member in vars(row).items():
        if isinstance(member, derived):
            hint = get_type_hints(member.compute)["return"]
            columns += _columns(name, hint)[0]
    return columns


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint):
        rest = tuple(word for word in get_args(hint) if word is not type(None))
        return reduce(or_, rest), True
    return hint, False


def _money(values: Sequence[Any]) -> Money | None:
    minor, currency = values
    return None if minor is None else Money(minor, currency)
