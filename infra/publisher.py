"""The only producer of the event topics: a batch is one Kafka transaction, and the position is in it.

So each event is published exactly once and in order, whatever dies. On any error the producer is closed
without an abort, because nothing is known about a transaction that failed; the next one to start ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from threading import Thread
from typing import Any

import msgspec
from kafka import TopicPartition
from kafka.errors import KafkaError

from domain.kernel import Family
from infra import kafka
from infra.errors import InputError, IntegrityFault, KafkaFault
from infra.outgoing import Batch, Record
from infra.position import NOTHING, Position, Positions, key_of, read_positions
from infra.shard import WHOLE, Shard
from infra.topics import FAMILIES, Described, event_topic, event_topics, position_topic, require

PATIENCE_S = 60.0


class Publisher:
    """Publishes batches of the log. Made by the one process that may; a newer one fences it off.

    It goes on from the position that Kafka has, or from `start`, which is then written there.

    Raises:
        KafkaFault: Kafka cannot be reached, a topic is missing, a record was not acknowledged.
        AlreadyRunning: a newer publisher has taken over.
        IntegrityFault: the topics are not those that were published to before, or the work is divided among another
            number of shards.
        InputError: there are more shards than partitions.
    """

    def __init__(
        self,
        bootstrap: str,
        prefix: str,
        *,
        shard: Shard = WHOLE,
        start: Position | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._shard = shard
        self._patience_s = patience_s
        self._topics = {family: event_topic(family, prefix) for family in FAMILIES}
        self._ends: dict[TopicPartition, int] = {}
        self.position = NOTHING
        found = self._required()
        self.partitions: Mapping[Family, int] = {
            family: found[name].partitions for family, name in self._topics.items()
        }
        self._producer = kafka.producer(bootstrap, f"{prefix}carnet.relay.{shard.number}")
        try:
            with kafka.faults(bootstrap):
                self._producer.init_transactions()
                self._start(found, start)
        except BaseException:
            self.close()
            raise

    def publish(self, batches: Iterable[Batch]) -> None:
        """Publish the next events of the log, all of them or none. They are sent as they come."""
        with kafka.faults(self._bootstrap):
            self._transact(batches)

    def close(self) -> None:
        """Let go. A transaction that has not been committed never will be."""
        try:
            self._producer.close(timeout=0)
        except KafkaError:
            # It refuses to close while batches are on their way; these have no future.
            self._producer._sender.force_close()

    def _transact(self, batches: Iterable[Batch]) -> None:
        producer = self._producer
        producer.begin_transaction()
        sent: list[Any] = []
        position = self.position
        for batch in batches:
            sent += map(self._send, batch.records)
            position = msgspec.structs.replace(
                position, position=batch.position, event_id=batch.event_id, recorded_at=batch.recorded_at
            )
        told = producer.send(
            position_topic(self._prefix),
            key=key_of(self._shard.number),
            value=msgspec.json.encode(position),
            partition=self._shard.number,
        )
        producer.flush(timeout=self._patience_s)
        # A flush that returns is no success, and a fenced producer shows here alone.
        told.get(timeout=self._patience_s)
        for future in sent:
            self._advance(future.value if future.succeeded() else future.get(timeout=self._patience_s))
        self._commit()
        self.position = position

    def _send(self, record: Record) -> Any:
        return self._producer.send(
            self._topics[record.family],
            key=record.key,
            value=record.value,
            headers=record.headers,
            partition=record.partition,
            timestamp_ms=record.timestamp_ms,
        )

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
            outcome.result(timeout=self._patience_s)
        except TimeoutError as error:
            raise KafkaFault(
                f"Kafka at {self._bootstrap} has not answered a commit for {self._patience_s:.0f} seconds.",
                hint="Start the relay again: it finds out what was committed.",
            ) from error

    def _required(self) -> Mapping[str, Described]:
        with kafka.faults(self._bootstrap), closing(kafka.admin(self._bootstrap)) as client:
            found = require(client, [*event_topics(self._prefix), position_topic(self._prefix)])
        fewest = min(one.partitions for one in found.values())
        if self._shard.of > fewest:
            raise InputError(
                f"CARNET_RELAY_SHARDS is {self._shard.of}, but a topic has {fewest} partitions: "
                "a shard more would have nothing to do.",
                hint="If it is the position topic, `carnet topics apply` adds what it lacks.",
            )
        return found

    def _start(self, found: Mapping[str, Described], start: Position | None) -> None:
        """Read where the last one stopped, and hold the topics against what it remembered."""
        shards = found[position_topic(self._prefix)].partitions
        with closing(kafka.consumer(self._bootstrap)) as client:
            self._ends = client.end_offsets(list(self._mine(found)))
            if start is None:
                positions = read_positions(client, self._prefix, shards)
                self._check_division(positions)
                stopped = positions.get(self._shard.number, NOTHING)
                self.position = self._belonging(stopped, found)
                if self.position == stopped:
                    return
            else:
                self.position = start
            # Before the first event, so that a crash in the middle of the first batch finds its way back.
            self._transact(())
            if start is None:
                # Two that start at once with different divisions had not seen each other yet.
                self._check_division(read_positions(client, self._prefix, shards))

    def _belonging(self, stopped: Position, found: Mapping[str, Described]) -> Position:
        """The position, once it is known that these are the topics of which it tells."""
        for name in self._topics.values():
            remembered = stopped.topics.get(name)
            if remembered not in (None, found[name].id):
                raise _made_anew(name)
            if remembered is None and any(end for place, end in self._ends.items() if place.topic == name):
                raise IntegrityFault(
                    f"Topic {name} is not empty, but {position_topic(self._prefix)} knows nothing of it: "
                    "to publish would be to publish twice.",
                    hint="Name another CARNET_TOPIC_PREFIX, or delete all topics of this one.",
                )
        topics = {name: found[name].id for name in self._topics.values()}
        return msgspec.structs.replace(stopped, topics=topics, shards=self._shard.of)

    def _mine(self, found: Mapping[str, Described]) -> Iterator[TopicPartition]:
        for name in self._topics.values():
            for number in filter(self._shard.owns, range(found[name].partitions)):
                yield TopicPartition(name, number)

    def _check_division(self, positions: Positions) -> None:
        for position in positions.values():
            if position.shards != self._shard.of:
                raise IntegrityFault(
                    f"These topics are published by {position.shards} shards, not by {self._shard.of}.",
                    hint=f"Set CARNET_RELAY_SHARDS={position.shards}; or stop all relays and run "
                    "`carnet relay reshard`.",
                )


def _made_anew(topic: str) -> IntegrityFault:
    return IntegrityFault(
        f"Topic {topic} is not the one that was published to: it was deleted and made anew, or cut short.",
        hint="Name another CARNET_TOPIC_PREFIX and run `carnet topics apply`: the whole log is published there.",
    )
