"""How far the relay has published: a record of a compacted topic, in the transaction of what it published."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from kafka import TopicPartition

from infra.errors import IntegrityFault
from infra.kafka import admin, consumer, faults, last_records
from infra.topics import position_topic, require


class Position(msgspec.Struct, frozen=True):
    """The last event that was published: its position in the log (0: none), its id, when it was recorded.

    `topics` are the ids of the event topics by name: one that is deleted and made anew gets another id. `shards` is
    among how many relays the work was divided.
    """

    position: int
    event_id: UUID | None
    recorded_at: datetime | None
    topics: dict[str, UUID]
    shards: int = 1


NOTHING = Position(position=0, event_id=None, recorded_at=None, topics={})
Positions = dict[int, Position]
"""By the shards' numbers."""


def key_of(shard: int) -> bytes:
    """The key of a shard's records: compaction keeps the last one of each."""
    return b"%d" % shard


def read_positions(client: Any, prefix: str, partitions: int) -> Positions:
    """The last committed position of every shard that has one. Call it inside `infra.kafka.faults`.

    `partitions` is how many the topic has. Raises IntegrityFault: a record is not one of the relay's.
    """
    topic = position_topic(prefix)
    last = last_records(client, [TopicPartition(topic, shard) for shard in range(partitions)])
    return {place.partition: _decoded(last[place].value, topic, place.partition) for place in sorted(last)}


def all_positions(bootstrap: str, prefix: str) -> Positions:
    """The same, those of shards of an earlier division among them, of a Kafka that is not connected to yet.

    Raises:
        KafkaFault: Kafka cannot be reached, or the topic is missing.
    """
    topic = position_topic(prefix)
    with faults(bootstrap):
        with closing(admin(bootstrap)) as asked:
            partitions = require(asked, [topic])[topic].partitions
        with closing(consumer(bootstrap)) as client:
            return read_positions(client, prefix, partitions)


def shard_positions(bootstrap: str, prefix: str) -> list[Position]:
    """How far each shard that there is now has published, in order; empty if no relay ever ran. Raises KafkaFault."""
    found = all_positions(bootstrap, prefix)
    shards = next((position.shards for position in found.values()), 0)
    return [found.get(shard, NOTHING) for shard in range(shards)]


def relay_position(bootstrap: str, prefix: str) -> Position | None:
    """Up to where all of the log is published: the position of the shard that is furthest behind; None if no relay
    ever ran. Raises KafkaFault."""
    return min(shard_positions(bootstrap, prefix), key=lambda one: one.position, default=None)


def _decoded(value: bytes, topic: str, shard: int) -> Position:
    try:
        return msgspec.json.decode(value, type=Position)
    except msgspec.MsgspecError as error:
        raise IntegrityFault(
            f"The last record of {topic}, partition {shard}, is not a position: {error}.",
            hint="Nobody but the relay may write to this topic.",
        ) from error
