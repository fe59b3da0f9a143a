"""What the relay will not do: publish twice, elsewhere, or from another log."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event as Flag
from threading import Thread
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from infra.avro import codec
from infra.clock import SystemClock
from infra.cloudevents import Headers
from infra.embedded.processes import wait_until
from infra.errors import AlreadyRunning, CarnetError, IntegrityFault, KafkaFault
from infra.kafka import admin
from infra.log import Log
from infra.outgoing import Outgoing
from infra.publisher import Publisher
from infra.relay import Relay
from infra.subscriber import read_all
from infra.topics import Topic, apply, event_topic, wanted
from tests.integration.kafka.conftest import NewRelay, make_topics, reading
from tests.integration.kafka.test_relay import published, reached
from tests.integration.kafka.writing import streams, told, write


def make_anew(kafka: str, topic: str) -> None:
    with closing(admin(kafka)) as client:
        client.delete_topics([topic])
        wait_until(lambda: topic not in client.list_topics(), seconds=20)
        apply(client, kafka, [Topic(topic, 3)])


@contextmanager
def stranger(kafka: str) -> Iterator[KafkaProducer]:
    with closing(KafkaProducer(bootstrap_servers=kafka)) as producer:
        yield producer


def test_a_publisher_that_lost_its_place_is_fenced(
    kafka: str, prefix: str, database: str, order_book: Log
) -> None:
    last = write(order_book, streams(), 20)
    with closing(Publisher(kafka, prefix)) as zombie:
        outgoing = Outgoing(reading(database, rows_max=10))
        zombie.publish(outgoing.batches(0))
        with closing(Publisher(kafka, prefix)) as successor:
            with pytest.raises(AlreadyRunning, match="taken over"):
                zombie.publish(outgoing.batches(10))
            assert successor.position.position == 10
            successor.publish(outgoing.batches(10))
    assert reached(kafka, prefix) == last
    assert published(kafka, prefix) == told(order_book)


def test_kafka_is_down(database: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        bootstrap = f"127.0.0.1:{nobody.getsockname()[1]}"
    with pytest.raises(KafkaFault, match=f"{bootstrap} cannot be reached") as caught:
        Relay(postgres=database, bootstrap=bootstrap).run(Flag())
    assert caught.value.exit_code == 7
    assert "CARNET_KAFKA" in str(caught.value)


def test_a_topic_is_missing(database: str, kafka: str) -> None:
    with pytest.raises(KafkaFault, match=r"no topic nowhere\.orders\.events\.v1.*carnet topics apply"):
        Relay(postgres=database, bootstrap=kafka, prefix="nowhere.").run(Flag())


def test_a_topic_made_anew_is_refused(kafka: str, prefix: str, order_book: Log, new_relay: NewRelay) -> None:
    new_relay().run(Flag(), until=write(order_book, streams(), 10))
    make_anew(kafka, event_topic("orders", prefix))
    with pytest.raises(IntegrityFault, match=rf"{prefix}orders.events.v1 is not the one") as caught:
        new_relay().run(Flag())
    assert caught.value.exit_code == 8
    assert not [one for one in read_all(kafka, prefix) if one.family == "orders"]


def test_a_topic_made_anew_under_a_running_relay_stops_it(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay
) -> None:
    growing, failed, stop = streams(), list[CarnetError](), Flag()

    def follow() -> None:
        try:
            new_relay().run(stop)
        except CarnetError as error:
            failed.append(error)

    last = write(order_book, growing, 60)
    following = Thread(target=follow)
    following.start()
    try:
        assert wait_until(lambda: reached(kafka, prefix) == last, seconds=20)
        make_anew(kafka, event_topic("service", prefix))
        write(order_book, growing, 6)
        following.join(timeout=60)
    finally:
        stop.set()
        following.join(timeout=60)
    assert [type(error) for error in failed] == [IntegrityFault], failed
    assert reached(kafka, prefix) == last


def test_a_topic_that_others_filled_is_refused(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay
) -> None:
    with stranger(kafka) as producer:
        producer.send(event_topic("orders", prefix), b"x").get(timeout=20)
    write(order_book, streams(), 5)
    with pytest.raises(IntegrityFault, match=rf"{prefix}orders.events.v1 is not empty"):
        new_relay().run(Flag())
    assert reached(kafka, prefix) == 0


def test_topics_of_another_log_are_refused(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay, other_database: str
) -> None:
    new_relay().run(Flag(), until=write(order_book, streams(), 10))
    with Log(other_database, SystemClock()) as other:
        relay = Relay(postgres=other_database, bootstrap=kafka, prefix=prefix)
        with pytest.raises(IntegrityFault, match=r"up to position 10 of another log .*ends at position 0"):
            relay.run(Flag())
        write(other, streams(), 20)
        with pytest.raises(IntegrityFault, match="up to position 10 of another log"):
            relay.run(Flag())


def test_a_record_with_the_wrong_schema_is_named(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay
) -> None:
    write(order_book, streams(2), 2)
    order, visit = order_book.read(0, 2)
    for value, why in (
        (
            codec().encode(visit.name, visit.body),
            r"is carnet\.service\.ServiceCancelled of service\.events\.v1",
        ),
        (b"\x00\x00\x01\x00\x00", "no schema 65536"),
        (b"{}", "does not start with the byte 0"),
    ):
        name = f"t{uuid4().hex[:12]}."
        make_topics(kafka, name)
        with stranger(kafka) as producer:
            producer.send(
                event_topic("orders", name),
                value,
                key=str(order.stream_id).encode(),
                headers=Headers("carnet").of(order, "carnet.orders.PaymentReceived"),
            ).get(timeout=20)
        with pytest.raises(IntegrityFault, match=rf"{why}.*orders\.events\.v1, partition \d, offset 0"):
            list(read_all(kafka, name))


def test_topics_are_made_once_and_never_changed(kafka: str, prefix: str) -> None:
    assert make_topics(kafka, prefix) == []
    with closing(admin(kafka)) as client:
        with pytest.raises(IntegrityFault, match="has 3 partitions, not 4") as caught:
            apply(client, kafka, [*wanted(prefix, 4), Topic(f"{prefix}never", 1)])
        assert f"{prefix}never" not in client.list_topics()
        with pytest.raises(IntegrityFault, match=r"has retention\.ms=-1, not 1000"):
            apply(client, kafka, [Topic(event_topic("orders", prefix), 3, {"retention.ms": "1000"})])
    assert "CARNET_PARTITIONS" in str(caught.value)
