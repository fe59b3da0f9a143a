"""Reading the published events back: what a subscriber in Python does, and what `carnet demo` proves with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kafka import TopicPartition

from domain.kernel import Event, Family
from infra import avro, kafka
from infra.cloudevents import Envelope, envelope_of
from infra.errors import IntegrityFault
from infra.topics import FAMILIES, event_topic, require


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One record of an event topic. `stream_id` is its key; `partition` and `offset` say where it stands."""

    family: Family
    topic: str
    partition: int
    offset: int
    stream_id: UUID
    envelope: Envelope
    event: Event


def read_all(
    bootstrap: str,
    prefix: str = "",
    *,
    codec: avro.Codec | None = None,
    families: tuple[Family, ...] = FAMILIES,
) -> Iterator[Published]:
    """Every committed event, from the first record to the last that there is now.

    The events of one stream come in order; streams and topics come interleaved. Duplicates and gaps are the
    caller's to find: `envelope.version` counts the events of a stream from 1.

    Raises:
        KafkaFault: Kafka cannot be reached, or a topic is missing.
        IntegrityFault: a record cannot be read, or does not belong to its topic; it is named.
    """
    codec = codec or avro.codec()
    topics = {event_topic(family, prefix): family for family in families}
    with kafka.faults(bootstrap), closing(kafka.admin(bootstrap)) as admin:
        found = require(admin, topics)
    partitions = [TopicPartition(name, number) for name in topics for number in range(found[name].partitions)]
    with closing(kafka.consumer(bootstrap)) as client, kafka.faults(bootstrap):
        for record in kafka.read_to_end(client, partitions):
            yield _published(record, topics[record.topic], codec)


def _published(record: Any, family: Family, codec: avro.Codec) -> Published:
    try:
        return _read(record, family, codec)
    except IntegrityFault as fault:
        where = f"{record.topic}, partition {record.partition}, offset {record.offset}"
        raise IntegrityFault(f"{fault.message} The record is at {where}.", hint=fault.hint) from fault


def _read(record: Any, family: Family, codec: avro.Codec) -> Published:
    envelope = envelope_of(record.headers)
    value = record.value or b""
    schema = codec.published(value).row
    if (schema.topic, schema.record) != (event_topic(family), envelope.type):
        raise IntegrityFault(
            f"Its schema {schema.id} is {schema.record} of {schema.topic}, its ce_type {envelope.type}."
        )
    try:
        stream_id = UUID((record.key or b"").decode())
    except ValueError as error:
        raise IntegrityFault("Its key is not the id of a stream.") from error
    return Published(
        family=family,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        stream_id=stream_id,
        envelope=envelope,
        event=codec.decode(value),
    )
