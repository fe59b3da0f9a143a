"""A person accepts that a topic is not what it was: made anew, or shortened."""

from __future__ import annotations

from uuid import uuid4

from kafka import TopicPartition

from consumers.intake import source_name
from consumers.workshop import Workshop
from infra.item import AlreadyTaken, Tracking
from infra.kafka import admin, consumer, faults
from infra.topics import require


def accept(topic: str, workshop: Workshop, bootstrap: str) -> list[str]:
    """Take a topic (its whole name) from the first message that is there, whatever was taken of it before.

    Only partitions that were never taken, or whose next message is gone, are moved; returns their sources.

    Raises:
        KafkaFault: Kafka cannot be reached, or has no such topic.
    """
    admin_client, reader = admin(bootstrap), consumer(bootstrap)
    try:
        with faults(bootstrap):
            cluster = str(admin_client.describe_cluster()["cluster_id"])
            described = require(admin_client, [topic])[topic]
            places = [TopicPartition(topic, number) for number in range(described.partitions)]
            first = reader.beginning_offsets(places)
    finally:
        admin_client.close()
        reader.close()
    moved = []
    for place in places:
        source = source_name(cluster, topic, described.id, place.partition)
        taken = workshop.log.taken(source)
        if taken is None or taken < first[place]:
            try:
                workshop.carry_out(None, uuid4(), Tracking(source, int(first[place])))
            except AlreadyTaken:
                continue
            moved.append(source)
    return moved
