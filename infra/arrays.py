"""Columns of values as PostgreSQL array literals.

psycopg can pass lists, but looks at every value to find the type, and a list of small integers has another
type than one of large ones, so the statement would be prepared again and again. A literal has none of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID


def uuids(values: Iterable[UUID | None]) -> str:
    return _array("NULL" if value is None else value.hex for value in values)


def integers(values: Iterable[int]) -> str:
    return _array(map(str, values))


def texts(values: Iterable[str | None]) -> str:
    return _array("NULL" if value is None else _quoted(value) for value in values)


def blobs(values: Iterable[bytes | None]) -> str:
    return _array("NULL" if value is None else f'"\\\\x{value.hex()}"' for value in values)


def times(values: Iterable[datetime]) -> str:
    return _array(f'"{value.isoformat()}"' for value in values)


def _array(elements: Iterable[str]) -> str:
    return "{" + ",".join(elements) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
