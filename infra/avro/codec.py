"""Events as bytes: the Confluent prefix `0x00 | schema id, 4 bytes big-endian | Avro`."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from typing import Any, NamedTuple

import fastavro

from domain.kernel import Event
from infra.avro.catalogue import Catalogue, Published, guid_of
from infra.avro.schema import Schema, hints_of, is_record, item, optional, record_name, schema_of, text_of
from infra.errors import IntegrityFault

PREFIX = struct.Struct(">bI")
MAGIC = 0

# A value as fastavro takes and gives it, and as the domain has it.
Convert = Callable[[Any], Any]


class Codec:
    """Encodes and decodes the events of a catalogue. Its methods may be called from several threads."""

    def __init__(self, catalogue: Catalogue, events: Mapping[str, type[Event]] = Event.named) -> None:
        self.catalogue = catalogue
        self._events = events
        self._writers: dict[type[Event], _Writer] = {}
        self._readers: dict[int, _Reader] = {}

    def encode(self, event: Event) -> bytes:
        """The value of the event's Kafka record.

        Raises:
            IntegrityFault: the event's class is not as the lock has it.
        """
        writer = self._writers.get(type(event)) or self._writer(type(event))
        body = BytesIO()
        body.write(writer.prefix)
        fastavro.schemaless_writer(body, writer.schema, writer.fields(event))
        return body.getvalue()

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

    def _writer(self, event: type[Event]) -> _Writer:
        published = self.catalogue.latest.get(record_name(event))
        if published is None or published.row.guid != guid_of(text_of(schema_of(event))):
            raise IntegrityFault(
                f"{event.__name__} is not as schemas/lock.json has it.", hint="Run `carnet schemas write`."
            )
        prefix = PREFIX.pack(MAGIC, published.row.id)
        return self._writers.setdefault(event, _Writer(prefix, published.parsed, _told(event)))

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
    schema: Schema
    fields: Convert


class _Reader(NamedTuple):
    writer: Schema
    reader: Schema | None
    event: Convert


@cache
def _told(kind: type) -> Convert:
    """From an object to the dict that fastavro writes; only the fields that need it are converted."""
    names = tuple(hints_of(kind))
    converts = _converts(kind, _told, list)

    def told(value: object) -> dict[str, object]:
        fields = {name: getattr(value, name) for name in names}
        for name, convert in converts:
            fields[name] = convert(fields[name])
        return fields

    return told


@cache
def _read(kind: type) -> Convert:
    """From the dict that fastavro reads to the object."""
    converts = _converts(kind, _read, tuple)

    def read(fields: dict[str, Any]) -> object:
        for name, convert in converts:
            fields[name] = convert(fields[name])
        return kind(**fields)

    return read


def _converts(
    kind: type, record: Callable[[type], Convert], gather: Convert
) -> tuple[tuple[str, Convert], ...]:
    """The fields that fastavro cannot take as they are, with what converts them."""
    found = ((name, _convert(hint, record, gather)) for name, hint in hints_of(kind).items())
    return tuple((name, convert) for name, convert in found if convert is not None)


def _convert(hint: object, record: Callable[[type], Convert], gather: Convert) -> Convert | None:
    if (inner := optional(hint)) is not None:
        some = _convert(inner, record, gather)
        return None if some is None else lambda value: None if value is None else some(value)
    if (inner := item(hint)) is not None:
        each = _convert(inner, record, gather)
        return gather if each is None else lambda values: gather(map(each, values))
    if is_record(hint):
        assert isinstance(hint, type)
        return record(hint)
    return None
