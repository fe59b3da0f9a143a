"""The bytes of what others tell us: the Confluent prefix `0x00 | schema id | Avro`.

Their schemas are copied into `schemas/in`; `lock.json` beside them gives each the id that their producers
write, and the SHA-256 of its file, so that nobody edits a copy by accident.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import fastavro
import msgspec

from infra.errors import InputError, IntegrityFault

PREFIX = struct.Struct(">bI")
MAGIC = 0


class Locked(msgspec.Struct, frozen=True):
    """One row of the lock: the id of the schema in their registry, and the hash of our copy."""

    id: int
    sha256: str


class Schema(msgspec.Struct, frozen=True):
    """One of their record types; `parsed` is fastavro's own form of it."""

    record: str
    id: int
    parsed: dict[str, Any]


@cache
def schemas() -> dict[str, Schema]:
    """Every schema of `schemas/in`, by the full name of its record.

    Raises:
        IntegrityFault: a file and the lock do not agree.
    """
    folder = files("schemas") / "in"
    lock = msgspec.json.decode((folder / "lock.json").read_bytes(), type=dict[str, Locked])
    texts = {
        file.name.removesuffix(".avsc"): file.read_bytes()
        for file in folder.iterdir()
        if file.name.endswith(".avsc")
    }
    if different := texts.keys() ^ lock.keys():
        raise IntegrityFault(
            f"schemas/in and its lock.json do not name the same records: {', '.join(sorted(different))}.",
            hint="Copy the missing schema, or give it a row in the lock.",
        )
    return {record: _schema(record, texts[record], locked) for record, locked in lock.items()}


def _schema(record: str, text: bytes, locked: Locked) -> Schema:
    if hashlib.sha256(text).hexdigest() != locked.sha256:
        raise IntegrityFault(
            f"schemas/in/{record}.avsc is not the file that its lock.json names.",
            hint="Copy it again from its owner, or lock the new one.",
        )
    parsed = fastavro.parse_schema(msgspec.json.decode(text))
    assert isinstance(parsed, dict)
    return Schema(record, locked.id, parsed)


@cache
def _by_id() -> dict[int, Schema]:
    return {schema.id: schema for schema in schemas().values()}


def decode(value: bytes) -> tuple[str, dict[str, object]]:
    """The full name of the record, and its fields: UUIDs, aware times, texts, numbers.

    Raises:
        InputError: no prefix, an unknown schema id, or Avro that does not match; no value is quoted.
    """
    if len(value) < PREFIX.size or value[0] != MAGIC:
        raise InputError("The value does not start with the byte 0 and a schema id of four bytes.")
    _, schema_id = PREFIX.unpack_from(value)
    schema = _by_id().get(schema_id)
    if schema is None:
        raise InputError(f"The schema id {schema_id} is none of those in schemas/in/lock.json.")
    body = BytesIO(value)
    body.seek(PREFIX.size)
    try:
        fields = fastavro.schemaless_reader(body, schema.parsed, None)
    except Exception:  # fastavro raises whatever the bytes lead it to
        raise InputError(
            f"The bytes do not match the Avro schema of {schema.record} (id {schema_id})."
        ) from None
    if body.tell() != len(value):
        left = len(value) - body.tell()
        raise InputError(f"{left} bytes are left over after {schema.record} (id {schema_id}).")
    assert isinstance(fields, dict)
    return schema.record, fields


def encode(record: str, fields: Mapping[str, object]) -> bytes:
    """The bytes of one record, as its owner writes them. For tests, and for a season that plays their part."""
    schema = schemas()[record]
    body = BytesIO()
    body.write(PREFIX.pack(MAGIC, schema.id))
    fastavro.schemaless_writer(body, schema.parsed, fields, strict=True)
    return body.getvalue()
