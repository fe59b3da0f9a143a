"""How much waits to be taken: of the topics of others, of our own log, of what is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kafka import TopicPartition

from consumers.following import SLOTS, source_name
from consumers.intake import source_name as topic_source
from consumers.kernel import Consumer
from consumers.policies import ALL as POLICIES
from consumers.timers import count_due
from infra.kafka import admin, consumer, faults
from infra.postgres import Connection
from infra.topics import require


@dataclass(frozen=True, slots=True)
class Lag:
    """`waiting` counts messages of a topic, events that a policy has not looked at, or timers that are due."""

    name: str
    waiting: int


class Offsets:
    """Where the topics of consumers end. Close it after use.

    Raises:
        KafkaFault: Kafka cannot be reached.
    """

    def __init__(self, bootstrap: str, prefix: str, consumers: Iterable[Consumer]) -> None:
        self._bootstrap = bootstrap
        self._topics = {prefix + each.topic: each.name for each in consumers}
        self._admin = admin(bootstrap)
        self._reader = consumer(bootstrap)

    def lags(self, connection: Connection) -> list[Lag]:
        """How many messages of each consumer's topic have not been taken. Raises KafkaFault."""
        with faults(self._bootstrap):
            cluster = str(self._admin.describe_cluster()["cluster_id"])
            topics = require(self._admin, self._topics)
            places = [
                TopicPartition(name, n) for name, topic in topics.items() for n in range(topic.partitions)
            ]
            first, end = self._reader.beginning_offsets(places), self._reader.end_offsets(places)
        waiting = dict.fromkeys(self._topics.values(), 0)
        for place in places:
            source = topic_source(cluster, place.topic, topics[place.topic].id, place.partition)
            row = connection.execute(
                "select next from carnet.tracking where source = %s", [source]
            ).fetchone()
            taken = int(row[0]) if row else int(first[place])
            waiting[self._topics[place.topic]] += max(0, int(end[place]) - taken)
        return [Lag(name, count) for name, count in waiting.items()]

    def close(self) -> None:
        self._admin.close()
        self._reader.close()


def policy_lags(connection: Connection) -> list[Lag]:
    """How many events each policy has not looked at."""
    head = connection.execute("select position from carnet.head").fetchone()
    position = int(head[0]) if head else 0
    lags = []
    for policy in POLICIES:
        sources = [source_name(policy.name, slot) for slot in range(SLOTS)]
        row = connection.execute(
            "select count(*), coalesce(min(next), 1) from carnet.tracking where source = any(%s)", [sources]
        ).fetchone()
        taken = int(row[1]) - 1 if row and row[0] == SLOTS else 0
        lags.append(Lag(f"policy:{policy.name}", max(0, position - taken)))
    return lags


def timer_lag(connection: Connection, now: datetime) -> Lag:
    """How many timers are due and have not fired."""
    return Lag("timers", count_due(connection, now))
