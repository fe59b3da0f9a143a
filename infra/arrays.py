"""Columns of values as PostgreSQL arrays in binary, as `append` takes them; None for a column without values.

psycopg can pass lists, but looks at every value to find the type, and a list of small integers has another
type than one of large ones, so the statement would be prepared again and again. Texts would be parsed again by
the server, for a tenth of the time of an append.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import ClassVar
from uuid import UUID

import psycopg
from psycopg import postgres
from psycopg.adapt import Dumper
from psycopg.pq import Format

# Dimensions, whether nulls are among them, type of an element, how many, index of the first.
HEADER = Struct("!iiIii")
LENGTH = Struct("!i")
INT4 = Struct("!ii")
INT8 = Struct("!iq")
UUID_BYTES = LENGTH.pack(16)
NULL = LENGTH.pack(-1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Column:
    """A PostgreSQL array, encoded; the subclass is its type."""

    __slots__ = ("encoded",)
    element_oid: ClassVar[int]

    def __init__(self, elements: Sequence[bytes]) -> None:
        header = HEADER.pack(1, 1, self.element_oid, len(elements), 1)
        self.encoded = b"".join((header, *elements))


def _column(type_name: str) -> type[Column]:
    """The class of columns of a type, known to psycopg."""
    info = postgres.types[type_name]
    column = type(f"Column of {type_name}", (Column,), {"__slots__": (), "element_oid": info.oid})
    dumper = type(f"Dumper of {type_name}", (_Dumper,), {"oid": info.array_oid})
    psycopg.adapters.register_dumper(column, dumper)
    return column


class _Dumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Column) -> bytes:
        return obj.encoded


_UUIDS, _INT4S, _INT8S, _TEXTS, _BLOBS, _TIMES = map(
    _column, ("uuid", "int4", "int8", "text", "bytea", "timestamptz")
)


def uuids(values: Iterable[UUID | None]) -> Column | None:
    elements = [NULL if value is None else UUID_BYTES + value.bytes for value in values]
    return _UUIDS(elements) if elements else None


def int4s(values: Iterable[int]) -> Column | None:
    elements = [INT4.pack(4, value) for value in values]
    return _INT4S(elements) if elements else None


def int8s(values: Iterable[int]) -> Column | None:
    elements = [INT8.pack(8, value) for value in values]
    return _INT8S(elements) if elements else None


def texts(values: Iterable[str | None]) -> Column | None:
    encoded = [None if value is None else value.encode() for value in values]
    return _TEXTS(_sized(encoded)) if encoded else None


def utf8s(values: Iterable[bytes]) -> Column | None:
    """Texts that are encoded already."""
    elements = _sized(values)
    return _TEXTS(elements) if elements else None


def blobs(values: Iterable[bytes | None]) -> Column | None:
    elements = _sized(values)
    return _BLOBS(elements) if elements else None


def times(values: Iterable[datetime]) -> Column | None:
    elements = [INT8.pack(8, (value - EPOCH) // MICROSECOND) for value in values]
    return _TIMES(elements) if elements else None


def _sized(values: Iterable[bytes | None]) -> list[bytes]:
    return [NULL if value is None else LENGTH.pack(len(value)) + value for value in values]
