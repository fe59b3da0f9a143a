"""What the relay reads ahead: bounded whatever the bodies, and where Kafka's own partitioner would put it."""

from contextlib import closing
from threading import Event as Flag
from uuid import uuid4

from kafka import KafkaProducer

from domain.orders.changing import ChangeRequested
from infra.log import Log
from infra.outgoing import BATCH_BYTES_MAX, ROWS_MAX, Outgoing, partition_of
from infra.shard import Shard
from infra.topics import PAYMENTS
from tests.integration.kafka.conftest import PARTITIONS, NewRelay, reading
from tests.integration.kafka.test_relay import published
from tests.integration.kafka.writing import Stream, streams, told, write

LARGE = ChangeRequested(options_before=(), options_after=tuple(["x" * 1_000] * 60))


def test_a_batch_of_large_events_is_bounded(database: str, order_book: Log) -> None:
    last = write(order_book, [Stream(LARGE)], 100)
    batches = list(Outgoing(reading(database)).batches(0))
    assert len(batches) > 2
    assert all(one.size < BATCH_BYTES_MAX + 64 * 1024 for one in batches)
    assert [one.more for one in batches] == [True] * (len(batches) - 1) + [False]
    assert sum(one.events for one in batches) == batches[-1].position == last


def test_large_events_are_published_whole(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay
) -> None:
    new_relay().run(Flag(), until=write(order_book, [Stream(LARGE), Stream(LARGE)], 120))
    assert published(kafka, prefix) == told(order_book)


def test_a_batch_says_whether_the_log_goes_on(database: str, order_book: Log) -> None:
    write(order_book, streams(), 2 * ROWS_MAX)
    outgoing = Outgoing(reading(database))
    (first,), (second,), none = (list(outgoing.batches(after)) for after in (0, ROWS_MAX, 2 * ROWS_MAX))
    assert (first.position, first.more) == (ROWS_MAX, True)
    assert (second.position, second.more) == (2 * ROWS_MAX, False)
    assert none == []


def test_nothing_is_read_beyond_until(database: str, order_book: Log) -> None:
    write(order_book, streams(), 100)
    (batch,) = Outgoing(reading(database)._replace(until=70, rows_max=70)).batches(0)
    assert (batch.events, batch.position, batch.more) == (70, 70, False)


def test_the_shards_have_every_event_between_them(database: str, order_book: Log) -> None:
    last = write(order_book, streams(60), 300)
    found: list[bytes] = []
    for number in range(PARTITIONS):
        (batch,) = Outgoing(reading(database, shard=Shard(number, PARTITIONS))).batches(0)
        assert batch.position == last
        assert {record.partition for record in batch.records} == {number}
        found += [dict(record.headers)["ce_position"] for record in batch.records]
    assert sorted(map(int, found)) == list(range(1, last + 1))


def test_a_key_goes_where_kafkas_own_partitioner_puts_it(kafka: str, prefix: str) -> None:
    keys = [str(uuid4()).encode() for _ in range(200)]
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        sent = [producer.send(prefix + PAYMENTS, key=key) for key in keys]
        assert [one.get(timeout=20).partition for one in sent] == [
            partition_of(key, PARTITIONS) for key in keys
        ]
