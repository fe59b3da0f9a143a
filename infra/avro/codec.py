"""Events as bytes: the Confluent prefix `0x00 | schema id, 4 bytes big-endian | Avro`.

They are encoded from the JSON of the log and decoded into the classes of the domain.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from typing import Any, NamedTuple

import fastavro
import msgspec

from domain.kernel import Event
from infra.avro.catalogue import Catalogue, Published, guid_of
from infra.avro.schema import Schema, hints_of, is_record, item, optional, record_name, schema_of, text_of
from infra.avro.stored import decoder, writable
from infra.codec import unknown_event
from infra.errors import IntegrityFault

PREFIX = struct.Struct(">bI")
MAGIC = 0

# From a value as fastavro gives it to one as the domain has it.
Convert = Callable[[Any], Any]


class Codec:
    """Encodes and decodes the events of a catalogue. Its methods may be called from several threads."""

    def __init__(self, catalogue: Catalogue, events: Mapping[str, type[Event]] = Event.named) -> None:
        self.catalogue = catalogue
        self._events = events
        self._writers: dict[str, _Writer] = {}
        self._readers: dict[int, _Reader] = {}

    def encode(self, name: str, body: str | bytes) -> bytes:
        """The value of the Kafka record of an event that the log holds under this name with this body.

        Raises:
            IntegrityFault: no event has this name, the body is not one of it, or its class is not as the lock
                has it.
        """
        prefix, stored, schema = self._writers.get(name) or self._writer(name)
        value = BytesIO()
        value.write(prefix)
        try:
            fastavro.schemaless_writer(value, schema, stored.decode(body))
        except (msgspec.MsgspecError, ArithmeticError, TypeError, ValueError) as error:
            raise IntegrityFault(f"A stored {name} cannot be read: {error}.") from error
        return value.getvalue()

    def decode(self, value: bytes) -> Event:
        """The event in the value of a Kafka record, of any version, as today's class.

        Raises:
            IntegrityFault: no prefix, a schema id that is not in the lock, or bytes that do not match.
        """
        published = self.published(value)
        schema_id, record = published.row.id, published.row.record
        reader = self._readers.get(schema_id) or self._reader(published)
        body = BytesIO(value)
        body.seek(PREFIX.size)
        try:
            event = reader.event(fastavro.schemaless_reader(body, reader.writer, reader.reader))
        except Exception as error:  # fastavro raises whatever the bytes lead it to
            raise IntegrityFault(
                f"The bytes do not match the Avro schema {schema_id} ({record}).",
                hint="Somebody else writes to this topic, or the record is damaged.",
            ) from error
        if left := len(value) - body.tell():
            raise IntegrityFault(
                f"{left} bytes are left over after a record of schema {schema_id} ({record})."
            )
        assert isinstance(event, Event)
        return event

    def published(self, value: bytes) -> Published:
        """The schema that a value was written with.

        Raises:
            IntegrityFault: no prefix, or a schema id that is not in the lock.
        """
        if len(value) < PREFIX.size or value[0] != MAGIC:
            raise IntegrityFault("The value does not start with the byte 0 and a schema id of four bytes.")
        schema_id = PREFIX.unpack_from(value)[1]
        published = self.catalogue.by_id.get(schema_id)
        if published is None:
            raise IntegrityFault(
                f"There is no schema {schema_id} in schemas/lock.json.",
                hint="Run the version of Carnet that wrote the record, or a newer one.",
            )
        return published

    def _writer(self, name: str) -> _Writer:
        event = self._events.get(name)
        if event is None:
            raise unknown_event(name)
        published = self.catalogue.latest.get(record_name(event))
        if published is None or published.row.guid != guid_of(text_of(schema_of(event))):
            raise IntegrityFault(
                f"{event.__name__} is not as schemas/lock.json has it.", hint="Run `carnet schemas write`."
            )
        prefix = PREFIX.pack(MAGIC, published.row.id)
        schema = fastavro.parse_schema(writable(published.schema))
        return self._writers.setdefault(name, _Writer(prefix, decoder(event), schema))

    def _reader(self, published: Published) -> _Reader:
        event = self._events.get(published.row.record.rpartition(".")[2])
        if event is None:
            raise IntegrityFault(
                f"This version of Carnet has no event {published.row.record} (schema {published.row.id})."
            )
        latest = self.catalogue.latest[published.row.record]
        reader = None if latest is published else latest.parsed
        return self._readers.setdefault(published.row.id, _Reader(published.parsed, reader, _read(event)))


@cache
def codec() -> Codec:
    """The codec of the schemas that come with Carnet."""
    import domain.everything  # noqa: F401 -- being imported is what registers the events

    return Codec(Catalogue.load())


class _Writer(NamedTuple):
    prefix: bytes
    stored: msgspec.json.Decoder[dict[str, Any]]
    schema: Any


class _Reader(NamedTuple):
    writer: Schema
    reader: Schema | None
    event: Convert


@cache
def _read(kind: type) -> Convert:
    """From the dict that fastavro reads to the object."""
    converts = _converts(kind)

    def read(fields: dict[str, Any]) -> object:
        for name, convert in converts:
            fields[name] = convert(fields[name])
        return kind(**fields)

    return read


def _converts(kind: type) -> tuple[tuple[str, Convert], ...]:
    """The fields that are not as the domain has them, with what converts them."""
    found = ((name, _convert(hint)) for name, hint in hints_of(kind).items())
    return tuple((name, convert) for name, convert in found if convert is not None)


def _convert(hint: object) -> Convert | None:
    if (inner := optional(hint)) is not None:
        some = _convert(inner)
        return None if some is None else lambda value: None if value is None else some(value)
    if (inner := item(hint)) is not None:
        each = _convert(inner)
        return tuple if each is None else lambda values: tuple(map(each, values))
    if is_record(hint):
        assert isinstance(hint, type)
        return _read(hint)
    return None
