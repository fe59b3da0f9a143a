"""How far the relay has published: a record of a compacted topic, in the transaction of what it published."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from kafka import TopicPartition

from infra.errors import IntegrityFault
from infra.kafka import admin, consumer, faults, read_to_end
from infra.topics import position_topic, require


class Position(msgspec.Struct, frozen=True):
    """The last event that was published: its position in the log (0: none), its id, when it was recorded.

    `topics` are the ids of the event topics by name: one that is deleted and made anew gets another id.
    """

    position: int
    event_id: UUID | None
    recorded_at: datetime | None
    topics: dict[str, UUID]


def key_of(shard: int) -> bytes:
    return b"%d" % shard


def read_position(client: Any, prefix: str, shard: int = 0) -> Position | None:
    """The last committed position of a shard; None if there is none. Call it inside `infra.kafka.faults`.

    Raises:
        IntegrityFault: the record is not one of the relay's.
    """
    topic = position_topic(prefix)
    last = None
    for record in read_to_end(client, [TopicPartition(topic, shard)]):
        last = record.value
    if last is None:
        return None
    try:
        return msgspec.json.decode(last, type=Position)
    except msgspec.MsgspecError as error:
        raise IntegrityFault(
            f"The last record of {topic}, partition {shard}, is not a position: {error}.",
            hint="Nobody but the relay may write to this topic.",
        ) from error


def relay_position(bootstrap: str, prefix: str) -> Position | None:
    """What has been published so far, for `carnet status`; None if the relay never ran.

    Raises:
        KafkaFault: Kafka cannot be reached, or the topic is missing.
    """
    with faults(bootstrap):
        with closing(admin(bootstrap)) as asked:
            require(asked, [position_topic(prefix)])
        client = consumer(bootstrap)
        try:
            return read_position(client, prefix)
        finally:
            client.close()
