"""The published schemas: the files of `schemas/out`, each under the id that `schemas/lock.json` gives it.

A row of the lock never changes. `guid` is Confluent's: the MD5 of the schema's text, so it is the same in
every registry that holds it. `sha256` is that of the parsing canonical form, which tells the encoding alone.
Documentation is not locked: it may get better without a new version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import fastavro
import fastavro.schema
import msgspec

from infra.avro.schema import Schema, text_of
from infra.errors import IntegrityFault

SCHEMAS = Path(str(files("schemas")))
HINT = "Restore it from version control; `carnet schemas write` adds what is new."


class Row(msgspec.Struct, frozen=True):
    """One row of the lock: version `version` of `subject` (`<topic>-<full name of the record>`)."""

    id: int
    subject: str
    version: int
    guid: UUID
    sha256: str

    @property
    def topic(self) -> str:
        """The topic of its records, without a prefix."""
        return self.subject.partition("-")[0]

    @property
    def record(self) -> str:
        return self.subject.partition("-")[2]


@dataclass(frozen=True)
class Published:
    """One version of a record's schema, and its row in the lock."""

    row: Row
    schema: Schema

    @cached_property
    def parsed(self) -> Any:
        """The form that fastavro works with, which it leaves untyped."""
        return fastavro.parse_schema(self.schema)


class Catalogue:
    """Every published schema."""

    def __init__(self, published: Iterable[Published]) -> None:
        self.by_id = {one.row.id: one for one in published}
        self.latest: dict[str, Published] = {}
        for one in sorted(self.by_id.values(), key=lambda one: one.row.version):
            self.latest[one.row.record] = one

    @classmethod
    def load(cls, folder: Path = SCHEMAS) -> Catalogue:
        """Read the lock and every file that it names.

        Raises:
            IntegrityFault: a file is missing, or is not the one that was locked.
        """
        file = folder / "lock.json"
        if not file.exists():
            return cls(())
        try:
            rows = msgspec.json.decode(file.read_bytes(), type=list[Row])
        except msgspec.MsgspecError as error:
            raise IntegrityFault(f"{file} cannot be read: {error}.", hint=HINT) from error
        latest = {row.subject: row.version for row in sorted(rows, key=lambda row: row.version)}
        return cls([_published(folder, row, newest=latest[row.subject] == row.version) for row in rows])

    def versions(self, record: str) -> list[Published]:
        """All versions of a record, oldest first."""
        found = [one for one in self.by_id.values() if one.row.record == record]
        return sorted(found, key=lambda one: one.row.version)


def path_of(folder: Path, row: Row, *, newest: bool) -> Path:
    """`out/orders/ContractSigned.avsc`; a version that has been followed by another, `….1.avsc`."""
    _, family, name = row.record.split(".")
    return folder / "out" / family / (f"{name}.avsc" if newest else f"{name}.{row.version}.avsc")


def guid_of(text: str) -> UUID:
    """The id that Confluent registries give a schema without references, metadata and rules."""
    return UUID(bytes=hashlib.md5(text.encode(), usedforsecurity=False).digest())


def canonical_sha256(schema: Schema) -> str:
    """SHA-256 (hex) of the parsing canonical form: no docs, no defaults, no logical types."""
    return hashlib.sha256(fastavro.schema.to_parsing_canonical_form(schema).encode()).hexdigest()


def _published(folder: Path, row: Row, *, newest: bool) -> Published:
    file = path_of(folder, row, newest=newest)
    try:
        schema = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise IntegrityFault(f"{file} (schema id {row.id}) is missing.", hint=HINT) from error
    except msgspec.MsgspecError as error:
        raise IntegrityFault(f"{file} cannot be read: {error}.", hint=HINT) from error
    if guid_of(text_of(schema)) != row.guid:
        raise IntegrityFault(
            f"{file} is not the schema that schemas/lock.json holds under id {row.id}.", hint=HINT
        )
    return Published(row, schema)
