"""The only producer of the event topics: a batch is one Kafka transaction, and the position is in it.

So each event is published exactly once and in order, whatever dies. On any error the producer is closed
without an abort, because nothing is known about a transaction that failed; the next one to start ends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from threading import Thread
from typing import Any

import msgspec
from kafka import TopicPartition
from kafka.errors import KafkaError

from domain.kernel import Recorded
from infra import kafka
from infra.avro import Codec
from infra.cloudevents import headers_of
from infra.errors import IntegrityFault, KafkaFault
from infra.position import Position, key_of, read_position
from infra.topics import FAMILIES, Described, event_topic, event_topics, position_topic, require

PATIENCE_SECONDS = 60.0
NOTHING = Position(position=0, event_id=None, recorded_at=None, topics={})


class Publisher:
    """Publishes batches of the log. Made by the one process that may; a newer one fences it off.

    Raises:
        KafkaFault: Kafka cannot be reached, a topic is missing, a record was not acknowledged.
        AlreadyRunning: a newer publisher has taken over.
        IntegrityFault: the topics are not those that were published to before.
    """

    def __init__(
        self,
        bootstrap: str,
        prefix: str,
        source: str,
        codec: Codec,
        *,
        shard: int = 0,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._source = source.encode()
        self._codec = codec
        self._shard = shard
        self._patience_seconds = patience_seconds
        self._topics = {family: event_topic(family, prefix) for family in FAMILIES}
        self._ends: dict[TopicPartition, int] = {}
        found = self._required()
        self._producer = kafka.producer(bootstrap, f"{prefix}carnet.relay.{shard}")
        try:
            with kafka.faults(bootstrap):
                self._producer.init_transactions()
                self.position = self._start(found)
        except BaseException:
            self.close()
            raise

    def publish(self, batch: Sequence[Recorded]) -> None:
        """Publish the next events of the log, all of them or none."""
        last = batch[-1]
        position = Position(last.position, last.event_id, last.recorded_at, self.position.topics)
        with kafka.faults(self._bootstrap):
            self._transact(batch, position)
        self.position = position

    def close(self) -> None:
        """Let go. A transaction that has not been committed never will be."""
        try:
            self._producer.close(timeout=0)
        except KafkaError:
            # It refuses to close while batches are on their way; these have no future.
            self._producer._sender.force_close()

    def _transact(self, batch: Sequence[Recorded], position: Position) -> None:
        producer = self._producer
        producer.begin_transaction()
        futures = [
            producer.send(
                self._topics[recorded.event.family],
                key=str(recorded.stream_id).encode(),
                value=self._codec.encode(recorded.event),
                headers=headers_of(recorded, self._source),
                timestamp_ms=int(recorded.recorded_at.timestamp() * 1000),
            )
            for recorded in batch
        ]
        told = producer.send(
            position_topic(self._prefix),
            key=key_of(self._shard),
            value=msgspec.json.encode(position),
            partition=self._shard,
        )
        producer.flush(timeout=self._patience_seconds)
        # A flush that returns is no success, and a fenced producer shows here alone.
        told.get(timeout=self._patience_seconds)
        for future in futures:
            self._advance(future.get(timeout=self._patience_seconds))
        self._commit()

    def _advance(self, sent: Any) -> None:
        """Offsets only grow; a topic that was deleted and made anew under our feet begins again at 0."""
        if sent.offset < self._ends.get(sent.topic_partition, 0):
            raise _made_anew(sent.topic)
        self._ends[sent.topic_partition] = sent.offset + 1

    def _commit(self) -> None:
        """Commit, in a thread of its own: kafka-python waits for the answer without end."""
        outcome: Future[None] = Future()

        def commit() -> None:
            try:
                self._producer.commit_transaction()
            except BaseException as error:
                outcome.set_exception(error)
            else:
                outcome.set_result(None)

        Thread(target=commit, name="commit", daemon=True).start()
        try:
            outcome.result(timeout=self._patience_seconds)
        except TimeoutError as error:
            raise KafkaFault(
                f"Kafka at {self._bootstrap} has not answered a commit for {self._patience_seconds:.0f} seconds.",
                hint="Start the relay again: it finds out what was committed.",
            ) from error

    def _required(self) -> Mapping[str, Described]:
        with kafka.faults(self._bootstrap), closing(kafka.admin(self._bootstrap)) as client:
            return require(client, [*event_topics(self._prefix), position_topic(self._prefix)])

    def _start(self, found: Mapping[str, Described]) -> Position:
        """Read where the last one stopped, and hold the topics against what it remembered."""
        ids = {name: found[name].id for name in self._topics.values()}
        partitions = [
            TopicPartition(name, number) for name in ids for number in range(found[name].partitions)
        ]
        with closing(kafka.consumer(self._bootstrap)) as client:
            stored = read_position(client, self._prefix, self._shard)
            self._ends = client.end_offsets(partitions)
        position = stored or NOTHING
        for name, topic_id in ids.items():
            remembered = position.topics.get(name)
            if remembered not in (None, topic_id):
                raise _made_anew(name)
            if remembered is None and any(self._ends[one] for one in partitions if one.topic == name):
                raise IntegrityFault(
                    f"Topic {name} is not empty, but {position_topic(self._prefix)} knows nothing of it: "
                    "to publish would be to publish twice.",
                    hint="Name another CARNET_TOPIC_PREFIX, or delete all topics of this one.",
                )
        if position.topics != ids:
            position = msgspec.structs.replace(position, topics=ids)
            # Before the first event, so that a crash in the middle of the first batch finds its way back.
            self._transact((), position)
        return position


def _made_anew(topic: str) -> IntegrityFault:
    return IntegrityFault(
        f"Topic {topic} is not the one that was published to: it was deleted and made anew, or cut short.",
        hint="Name another CARNET_TOPIC_PREFIX and run `carnet topics apply`: the whole log is published there.",
    )
