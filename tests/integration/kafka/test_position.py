"""Where a relay stopped is found at the end of its topic, however long that is, and whatever was aborted there."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from kafka import TopicPartition
from msgspec import structs

from infra import kafka as clients
from infra.position import Positions, read_positions
from infra.publisher import Publisher
from infra.shard import Shard
from infra.topics import position_topic
from tests.integration.kafka.conftest import PARTITIONS

MANY = 100


class Counting:
    """A consumer that counts the records it was handed out, and the offsets it had to pass."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.records = 0
        self.offsets = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def poll(self, timeout_ms: int) -> Any:
        found = self._client.poll(timeout_ms=timeout_ms)
        self.records += sum(map(len, found.values()))
        return found

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.offsets += self._client.end_offsets([partition])[partition] - offset
        self._client.seek(partition, offset)


@pytest.fixture
def reader(kafka: str) -> Iterator[Counting]:
    with closing(clients.consumer(kafka)) as client:
        yield Counting(client)


def move_on(kafka: str, prefix: str, shard: Shard, transactions: int) -> None:
    """Publish transactions without an event: each leaves a position. The first one is that of the start."""
    with closing(Publisher(kafka, prefix, shard=shard)) as publisher:
        for _ in range(transactions - 1):
            publisher.publish(())


def give_up(kafka: str, prefix: str, partition: int, transactions: int) -> None:
    """Transactions that write to the topic of the positions, and are aborted."""
    with closing(clients.producer(kafka, f"{prefix}gives up")) as producer:
        producer.init_transactions()
        for _ in range(transactions):
            producer.begin_transaction()
            told = producer.send(position_topic(prefix), key=b"0", value=b"never was", partition=partition)
            producer.flush()
            assert told.succeeded()
            producer.abort_transaction()


def found(reader: Counting, prefix: str) -> Positions:
    return read_positions(reader, prefix, PARTITIONS)


def test_of_many_transactions_the_last_few_are_read(kafka: str, prefix: str, reader: Counting) -> None:
    for number in range(2):
        move_on(kafka, prefix, Shard(number, 2), MANY)
    assert list(found(reader, prefix)) == [0, 1]
    assert reader.records <= 2 * clients.LOOK_BACK
    assert reader.offsets <= 2 * clients.LOOK_BACK


def test_the_last_one_is_told(kafka: str, prefix: str, reader: Counting) -> None:
    move_on(kafka, prefix, Shard(0, 1), MANY)
    with closing(Publisher(kafka, prefix)) as publisher:
        publisher.position = last = structs.replace(publisher.position, position=7)
        publisher.publish(())
    assert found(reader, prefix) == {0: last}


def test_what_was_aborted_at_the_end_is_passed_over(kafka: str, prefix: str, reader: Counting) -> None:
    move_on(kafka, prefix, Shard(0, 1), MANY)
    aborted = clients.LOOK_BACK
    give_up(kafka, prefix, 0, aborted)
    assert list(found(reader, prefix)) == [0]
    assert 2 * aborted < reader.offsets < 8 * aborted
    assert reader.records <= clients.LOOK_BACK * 4


def test_a_partition_where_all_was_aborted_has_no_position(kafka: str, prefix: str, reader: Counting) -> None:
    give_up(kafka, prefix, 1, clients.LOOK_BACK)
    move_on(kafka, prefix, Shard(2, 3), 1)
    assert list(found(reader, prefix)) == [2]


def test_an_empty_topic_has_no_position(prefix: str, reader: Counting) -> None:
    assert found(reader, prefix) == {}
    assert (reader.records, reader.offsets) == (0, 0)
