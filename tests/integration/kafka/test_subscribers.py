"""Subscribers that are not ours read the topics: with the checked-in schemas, and none of our code."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from threading import Event as Flag
from typing import Any, NamedTuple
from uuid import uuid4

import avro.io
import avro.schema
import confluent_kafka
import fastavro
import pytest

from domain.kernel import Recorded
from infra.avro import SCHEMAS
from infra.avro.locking import domain_events
from infra.embedded.jars import class_path
from infra.embedded.java import java
from infra.log import Log
from infra.settings import read
from infra.topics import FAMILIES, event_topic
from tests.integration.kafka.conftest import NewRelay
from tests.integration.kafka.sampling import plain, sample
from tests.integration.kafka.writing import Stream, write


@pytest.fixture
def recorded(order_book: Log, new_relay: NewRelay) -> dict[int, Recorded]:
    """One event of every kind that there is, published; by position."""
    every = [Stream(sample(kind)) for kind in domain_events()]
    new_relay().run(Flag(), until=write(order_book, every, len(every)))
    return {one.position: one for one in order_book.read(0, 10_000)}


class Message(NamedTuple):
    """A record as it came over the wire."""

    key: bytes
    value: bytes
    headers: dict[str, str]

    @property
    def position(self) -> int:
        return int(self.headers["ce_position"])

    @property
    def avro(self) -> bytes:
        return self.value[5:]

    def schema(self) -> str:
        """The text of the schema it was written with: checked in, and found as the reference tells."""
        magic, schema_id = struct.unpack(">bI", self.value[:5])
        assert magic == 0
        (row,) = [row for row in json.loads((SCHEMAS / "lock.json").read_text()) if row["id"] == schema_id]
        _, family, name = row["subject"].partition("-")[2].split(".")
        text: str = (SCHEMAS / "out" / family / f"{name}.avsc").read_text()
        return text


@pytest.fixture
def messages(kafka: str, prefix: str, recorded: dict[int, Recorded]) -> list[Message]:
    """Every record of the event topics, read by librdkafka."""
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": uuid4().hex,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    try:
        consumer.subscribe([event_topic(family, prefix) for family in FAMILIES])
        return list(_until_the_ends(consumer, partitions=3 * len(FAMILIES)))
    finally:
        consumer.close()


# confluent-kafka says of most of what it returns that it may be missing.
def _until_the_ends(consumer: Any, partitions: int) -> Iterator[Message]:
    while partitions:
        message = consumer.poll(30)
        assert message is not None, f"{partitions} partitions have not come to their end"
        if message.error() is None:
            headers = {name: value.decode() for name, value in message.headers()}
            yield Message(message.key(), message.value(), headers)
        else:
            assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF, message.error()
            partitions -= 1


def test_confluent_reads_every_event_once(messages: list[Message], recorded: dict[int, Recorded]) -> None:
    assert sorted(message.position for message in messages) == sorted(recorded)


def test_the_envelope_is_that_of_cloudevents(messages: list[Message], recorded: dict[int, Recorded]) -> None:
    for message in messages:
        event = recorded[message.position]
        assert message.key.decode() == str(event.stream_id)
        assert message.headers == {
            "ce_specversion": "1.0",
            "ce_id": str(event.event_id),
            "ce_source": "carnet",
            "ce_type": f"carnet.{event.event.family}.{event.name}",
            "ce_time": "2026-03-01T22:30:00+00:00",
            "ce_recordedtime": event.recorded_at.isoformat(),
            "ce_position": str(event.position),
            "ce_version": str(event.version),
            "ce_market": "DE",
            "ce_actor": "clerk-1",
        }


def test_fastavro_decodes_every_event_with_the_checked_in_schemas(
    messages: list[Message], recorded: dict[int, Recorded]
) -> None:
    for message in messages:
        fields: Any = fastavro.schemaless_reader(BytesIO(message.avro), json.loads(message.schema()), None)
        assert fields == plain(recorded[message.position].event)


def test_apache_avro_decodes_every_event_with_the_checked_in_schemas(
    messages: list[Message], recorded: dict[int, Recorded]
) -> None:
    for message in messages:
        reader = avro.io.DatumReader(avro.schema.parse(message.schema()))
        fields = reader.read(avro.io.BinaryDecoder(BytesIO(message.avro)))
        assert fields == plain(recorded[message.position].event, ids=str)


def test_kafkas_own_console_consumer_reads_what_is_committed(
    kafka: str, prefix: str, recorded: dict[int, Recorded]
) -> None:
    mine = [one for one in recorded.values() if one.event.family == "vehicles"]
    settings = read()
    done = subprocess.run(
        [
            *(str(java(settings.java)), "-cp", class_path(settings.cache / "kafka")),
            *("org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", kafka),
            *("--topic", event_topic("vehicles", prefix), "--from-beginning"),
            *("--isolation-level", "read_committed", "--max-messages", str(len(mine))),
            *("--timeout-ms", "60000", "--formatter-property", "print.key=true"),
            *("--formatter-property", "print.headers=true", "--formatter-property", "print.value=false"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(line.rpartition("\t")[2] for line in done.stdout.splitlines()) == sorted(
        str(one.stream_id) for one in mine
    )
    assert done.stdout.count("ce_type:carnet.vehicles.") == len(mine)


def test_the_example_of_the_reference_reads_the_orders(
    kafka: str, prefix: str, recorded: dict[int, Recorded]
) -> None:
    page = (SCHEMAS.parent / "docs" / "reference" / "events-on-kafka.md").read_text()
    example = page.partition("```python\n")[2].partition("```")[0]
    for ours, here in (
        ("localhost:9092", kafka),
        ("my-subscriber", uuid4().hex),
        ("orders.events.v1", event_topic("orders", prefix)),
        ("poll(10)", "poll(4)"),
    ):
        assert ours in example
        example = example.replace(ours, here)
    done = subprocess.run(
        [sys.executable, "-c", example], capture_output=True, text=True, cwd=SCHEMAS.parent, check=False
    )
    assert done.returncode == 0, done.stderr
    mine = [str(one.stream_id) for one in recorded.values() if one.event.family == "orders"]
    assert sorted(line.split()[0] for line in done.stdout.splitlines()) == sorted(mine)
