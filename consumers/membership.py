"""A member of a Kafka group, for its share of the partitions alone: where to read on stands in our own log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

from kafka import ConsumerRebalanceListener, TopicPartition
from kafka.errors import IllegalStateError, LogTruncationError, OffsetOutOfRangeError, RetriableError

from infra.errors import CarnetError, IntegrityFault, KafkaFault
from infra.kafka import admin, consumer, faults
from infra.topics import require

POLL_MS = 100
# Kafka's own thread may take a partition away at any moment; `shares` tells of it.
NOT_HELD = (IllegalStateError, KeyError, ValueError)

Partition = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Record:
    """One record as Kafka has it; None stands for a null key or a null value."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None


class Membership:
    """Reads `topics` as a member of `group`. Used by one thread.

    Raises:
        KafkaFault: the brokers cannot be reached, or a topic is missing.
    """

    def __init__(self, bootstrap: str, group: str, topics: Iterable[str]) -> None:
        self._topics = sorted(topics)
        self._shares = _Shares()
        self._bootstrap = bootstrap
        self._group = group
        self._admin = admin(bootstrap)
        try:
            self.cluster = self._cluster_id()
            self.ids = self.topic_ids()
            self._consumer = consumer(bootstrap, group=group)
        except CarnetError:
            self._admin.close()
            raise
        self._shares.consumer = self._consumer
        self._consumer.subscribe(self._topics, listener=self._shares)
        # Without this it joins before it has heard of the partitions, and then at once again.
        with faults(bootstrap):
            self._consumer.topics()

    def topic_ids(self) -> dict[str, UUID]:
        """The id of each topic, which a topic deleted and made anew does not share.

        Raises:
            KafkaFault: a topic is missing, or Kafka does not answer.
        """
        with faults(self._bootstrap):
            return {name: topic.id for name, topic in require(self._admin, self._topics).items()}

    def poll(self) -> dict[Partition, list[Record]]:
        """What came in on the partitions that were begun, within 100 ms.

        Raises:
            KafkaFault: Kafka failed in a way that its client does not mend.
            IntegrityFault: a partition lost records that were not read yet.
        """
        with reading(self._bootstrap):
            batches: Mapping[TopicPartition, list[Any]] = self._consumer.poll(timeout_ms=POLL_MS)
        return {
            (place.topic, place.partition): [
                Record((place.topic, place.partition), record.offset, record.key, record.value)
                for record in records
            ]
            for place, records in batches.items()
        }

    def shares(self) -> tuple[set[Partition], set[Partition]]:
        """Which partitions the group took away, and which it gave, since the last call. A given one brings
        nothing until `begin`."""
        return self._shares.changes()

    def is_known(self) -> bool:
        """Whether Kafka counts us among the members of the group. Raises KafkaFault."""
        us = self._consumer.group_metadata().member_id
        with faults(self._bootstrap):
            try:
                (group,) = self._admin.describe_groups([self._group]).values()
            except RetriableError:  # its coordinator is about to move or to start
                return False
        return any(member["member_id"] == us for member in group["members"])

    def bounds(self, partition: Partition) -> tuple[int, int]:
        """The first offset that is still there, and the one after the last."""
        place = TopicPartition(*partition)
        with faults(self._bootstrap):
            first = self._consumer.beginning_offsets([place])[place]
            end = self._consumer.end_offsets([place])[place]
        return int(first), int(end)

    def begin(self, partition: Partition, offset: int) -> None:
        """Bring the records of a partition from an offset on."""
        place = TopicPartition(*partition)
        with suppress(*NOT_HELD):
            self._consumer.seek(place, offset)
            self._consumer.resume(place)

    def pause(self, partition: Partition, *, paused: bool) -> None:
        place = TopicPartition(*partition)
        with suppress(*NOT_HELD):
            if paused:
                self._consumer.pause(place)
            else:
                self._consumer.resume(place)

    def position(self, partition: Partition) -> int | None:
        """The offset that is read next; marks of transactions that were passed over count. None if the
        partition is not ours any more."""
        with reading(self._bootstrap), suppress(*NOT_HELD):
            position = self._consumer.position(TopicPartition(*partition), timeout_ms=0)
            return None if position is None else int(position)
        return None

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        self._consumer.close(autocommit=False, timeout_ms=5000)
        self._admin.close()

    def _cluster_id(self) -> str:
        with faults(self._bootstrap):
            return str(self._admin.describe_cluster()["cluster_id"])


class _Shares(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Told by Kafka's own thread, which must not wait: so it only notes what changed, and holds new
    partitions still."""

    def __init__(self) -> None:
        self.consumer: Any = None
        self._lock = Lock()
        self._lost: set[Partition] = set()
        self._given: set[Partition] = set()

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        with self._lock:
            places = {(place.topic, place.partition) for place in revoked}
            self._lost |= places
            self._given -= places

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        with self._lock:
            for place in assigned:
                self.consumer.seek(place, 0)
                self.consumer.pause(place)
                self._given.add((place.topic, place.partition))

    def changes(self) -> tuple[set[Partition], set[Partition]]:
        with self._lock:
            lost, given = self._lost, self._given
            self._lost, self._given = set(), set()
            return lost, given


@contextmanager
def reading(bootstrap: str) -> Iterator[None]:
    """Turn what kafka-python raises inside into our own faults."""
    try:
        with faults(bootstrap):
            yield
    except KafkaFault as fault:
        if isinstance(fault.__cause__, OffsetOutOfRangeError | LogTruncationError):
            raise IntegrityFault(
                f"Records that were to be read next are gone: {fault.__cause__}.",
                hint="Find out who shortened or remade the topic, then `carnet topics accept` it.",
            ) from fault
        raise
