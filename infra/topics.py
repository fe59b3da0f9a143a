"""The topics: their names, their settings, and `carnet topics apply`, which makes them.

An event topic is kept for ever, and its number of partitions never changes: a partition more would put
later events of an order elsewhere than its earlier ones, and their order would be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args
from uuid import UUID

from kafka.admin import ConfigResource, ConfigResourceType

from domain.kernel import Family
from infra.errors import IntegrityFault, KafkaFault
from infra.kafka import faults

FAMILIES: tuple[Family, ...] = get_args(Family)
PAYMENTS = "payments.v1"
FACTORY = "factory.v1"
LONG_MAX = 2**63 - 1
HOUR_MS = 3_600_000
YEAR_MS = 365 * 24 * HOUR_MS

FOR_EVER = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    # The timestamp of a record is when its event was recorded, which a simulated season puts anywhere.
    "message.timestamp.type": "CreateTime",
    "message.timestamp.before.max.ms": str(LONG_MAX),
    "message.timestamp.after.max.ms": str(LONG_MAX),
    "segment.ms": str(YEAR_MS),
}
LATEST = {"cleanup.policy": "compact", "segment.ms": str(HOUR_MS), "min.cleanable.dirty.ratio": "0.1"}


def event_topic(family: Family, prefix: str = "") -> str:
    """Where the events of a family are published: `orders.events.v1`."""
    return f"{prefix}{family}.events.v1"


def event_topics(prefix: str = "") -> tuple[str, ...]:
    """Where all events are published, a topic a family."""
    return tuple(event_topic(family, prefix) for family in FAMILIES)


def position_topic(prefix: str = "") -> str:
    """Where the relay keeps how far it has published; a partition a shard."""
    return f"{prefix}relay.position.v1"


@dataclass(frozen=True)
class Topic:
    """A topic as it must be."""

    name: str
    partitions: int
    config: Mapping[str, str] = field(default_factory=dict)
    grows: bool = False  # whether partitions can be added: nobody looks for a key in it


def wanted(prefix: str, partitions: int) -> tuple[Topic, ...]:
    """Every topic of an installation."""
    inbound = (Topic(prefix + name, partitions, FOR_EVER) for name in (PAYMENTS, FACTORY))
    events = (Topic(name, partitions, FOR_EVER) for name in event_topics(prefix))
    # A shard publishes to one partition of each topic at least, so there are never more shards than partitions.
    return *events, Topic(position_topic(prefix), partitions, LATEST, grows=True), *inbound


def apply(admin: Any, bootstrap: str, topics: Iterable[Topic]) -> list[str]:
    """Make the topics that are missing; returns their names. One that exists is never changed, but for the position
    topic, which gets the partitions that it lacks.

    Raises:
        IntegrityFault: a topic exists with other partitions or settings; all such topics are named, and
            none is made.
        KafkaFault: Kafka cannot be reached, or refuses.
    """
    topics = list(topics)
    with faults(bootstrap):
        found = described(admin, [topic.name for topic in topics])
        missing = [topic for topic in topics if topic.name not in found]
        existing = [topic for topic in topics if topic.name in found]
        if differing := _differing(admin, existing, found):
            raise IntegrityFault(
                " ".join(differing),
                hint="Set CARNET_PARTITIONS to what is there, change the setting with Kafka's own tools, "
                "or name another CARNET_TOPIC_PREFIX.",
            )
        if missing:
            admin.create_topics(
                {
                    topic.name: {"num_partitions": topic.partitions, "configs": dict(topic.config)}
                    for topic in missing
                },
                wait_for_metadata=True,
            )
        if growing := {one.name: one.partitions for one in existing if one.grows and _lacks(one, found)}:
            admin.create_partitions(growing)
    return [topic.name for topic in missing]


@dataclass(frozen=True, slots=True)
class Described:
    """A topic as it is. `id` changes when a topic is deleted and made anew."""

    id: UUID
    partitions: int


def described(admin: Any, names: Iterable[str]) -> dict[str, Described]:
    """The named topics that exist. Call it inside `infra.kafka.faults`."""
    return {
        topic["name"]: Described(UUID(str(topic["topic_id"])), len(topic["partitions"]))
        for topic in admin.describe_topics(list(names))
        if topic["error_code"] == 0
    }


def require(admin: Any, names: Iterable[str]) -> dict[str, Described]:
    """The named topics, all of which must exist. Call it inside `infra.kafka.faults`.

    Raises:
        KafkaFault: naming those that are missing.
    """
    names = list(names)
    found = described(admin, names)
    if missing := [name for name in names if name not in found]:
        raise KafkaFault(f"Kafka has no topic {', '.join(missing)}.", hint="Run `carnet topics apply`.")
    return found


def _lacks(topic: Topic, found: Mapping[str, Described]) -> bool:
    return found[topic.name].partitions < topic.partitions


def _differing(admin: Any, topics: list[Topic], found: Mapping[str, Described]) -> list[str]:
    told = []
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    configs = admin.describe_configs(resources, config_filter="all")["topic"] if resources else {}
    for topic in topics:
        there = found[topic.name].partitions
        if there != topic.partitions and not topic.grows:
            told.append(
                f"Topic {topic.name} has {there} partitions, not {topic.partitions}; they never change."
            )
        for name, value in topic.config.items():
            is_now = configs[topic.name][name]["value"]
            if is_now != value:
                told.append(f"Topic {topic.name} has {name}={is_now}, not {value}.")
    return told
