"""Columns of values as PostgreSQL arrays in binary, as `append` takes them; None for a column without values.

Texts of arrays would be parsed by the server, for a tenth of the time of an append; and psycopg's own dumpers look at
every value to find its type, which is known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from uuid import UUID

from psycopg import postgres

# Dimensions, whether nulls are among them, type of an element, how many, index of the first.
HEADER = Struct("!iiIii")
LENGTH = Struct("!i")
INT4 = Struct("!ii")
INT8 = Struct("!iq")
TIME = Struct("!q")
UUID_BYTES = LENGTH.pack(16)
NULL = LENGTH.pack(-1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
UUID_OID, INT4_OID, INT8_OID, TEXT_OID, BYTEA_OID, TIME_OID = (
    postgres.types[name].oid for name in ("uuid", "int4", "int8", "text", "bytea", "timestamptz")
)


def uuids(values: Iterable[UUID | None]) -> bytes | None:
    # `UUID.bytes` says the same in twice the time.
    return _array(
        UUID_OID, [NULL if value is None else UUID_BYTES + value.int.to_bytes(16) for value in values]
    )


def int4s(values: Iterable[int]) -> bytes | None:
    return _array(INT4_OID, [INT4.pack(4, value) for value in values])


def int8s(values: Iterable[int]) -> bytes | None:
    return _array(INT8_OID, [INT8.pack(8, value) for value in values])


def texts(values: Iterable[str | None]) -> bytes | None:
    return _array(TEXT_OID, [NULL if value is None else _text(value) for value in values])


def utf8s(values: Iterable[bytes | None]) -> bytes | None:
    """Texts that are encoded already."""
    return _array(TEXT_OID, _sized(values))


def blobs(values: Iterable[bytes | None]) -> bytes | None:
    return _array(BYTEA_OID, _sized(values))


def times(values: Iterable[datetime]) -> bytes | None:
    return _array(TIME_OID, [INT8.pack(8, _microseconds(value)) for value in values])


def time(value: datetime) -> bytes:
    """One time, and no array."""
    return TIME.pack(_microseconds(value))


def _microseconds(value: datetime) -> int:
    return (value - EPOCH) // MICROSECOND


@lru_cache  # a group says the same few names of events, markets and actors over and over
def _text(value: str) -> bytes:
    return LENGTH.pack(len(utf8 := value.encode())) + utf8


def _sized(values: Iterable[bytes | None]) -> list[bytes]:
    return [NULL if value is None else LENGTH.pack(len(value)) + value for value in values]


def _array(element_oid: int, elements: Sequence[bytes]) -> bytes | None:
    if not elements:
        return None
    return b"".join((HEADER.pack(1, 1, element_oid, len(elements), 1), *elements))
