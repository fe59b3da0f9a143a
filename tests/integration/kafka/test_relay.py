"""The relay while nothing goes wrong: each event once, in order, from where it stopped."""

from collections import defaultdict
from functools import partial
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from uuid import UUID

import pytest
from psycopg.conninfo import conninfo_to_dict

from infra.embedded.processes import wait_until
from infra.log import Log
from infra.position import relay_position
from infra.relay import Relay
from infra.subscriber import read_all
from tests.integration.kafka.conftest import NewRelay
from tests.integration.kafka.writing import START, Fact, streams, told, write


def published(kafka: str, prefix: str) -> list[Fact]:
    """The facts of every published event, by position."""
    facts = [
        (one.stream_id, one.envelope.version, one.envelope.id, one.envelope.position, one.event)
        for one in read_all(kafka, prefix)
    ]
    return sorted(facts, key=lambda fact: fact[3])


def reached(kafka: str, prefix: str) -> int:
    """The last position published; 0 if there is none."""
    position = relay_position(kafka, prefix)
    return position.position if position else 0


def is_past(kafka: str, prefix: str, position: int) -> bool:
    return reached(kafka, prefix) >= position


def test_every_event_is_published_once(kafka: str, prefix: str, order_book: Log, new_relay: NewRelay) -> None:
    last = write(order_book, streams(), 500)
    assert new_relay(events_max=120).run(Flag(), until=last) == last
    assert published(kafka, prefix) == told(order_book)


def test_the_events_of_a_stream_come_in_order(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay
) -> None:
    new_relay(events_max=70).run(Flag(), until=write(order_book, streams(9), 400))
    versions: defaultdict[UUID, list[int]] = defaultdict(list)
    for one in read_all(kafka, prefix):
        versions[one.stream_id].append(one.envelope.version)
    assert len(versions) == 9
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


def test_it_goes_on_where_it_stopped(kafka: str, prefix: str, order_book: Log, new_relay: NewRelay) -> None:
    growing = streams()
    new_relay().run(Flag(), until=write(order_book, growing, 50))
    new_relay().run(Flag(), until=write(order_book, growing, 50))
    assert published(kafka, prefix) == told(order_book)


def test_each_family_has_its_topic(kafka: str, prefix: str, order_book: Log, new_relay: NewRelay) -> None:
    new_relay().run(Flag(), until=write(order_book, streams(3), 3))
    assert {(one.family, one.topic) for one in read_all(kafka, prefix)} == {
        ("orders", f"{prefix}orders.events.v1"),
        ("service", f"{prefix}service.events.v1"),
    }


def test_the_envelope_has_both_clocks(kafka: str, prefix: str, order_book: Log, new_relay: NewRelay) -> None:
    new_relay().run(Flag(), until=write(order_book, streams(1), 1))
    (one,) = read_all(kafka, prefix)
    (recorded,) = order_book.read(0, 1)
    assert one.envelope.occurred_at == START
    assert one.envelope.recorded_at == recorded.recorded_at
    assert (one.envelope.type, one.envelope.source) == ("carnet.orders.PaymentReceived", "carnet")
    assert (one.envelope.market, one.envelope.actor) == ("DE", "clerk-1")


def test_it_follows_until_it_is_told_to_stop(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay
) -> None:
    growing, stop = streams(), Flag()
    following = Thread(target=new_relay().run, args=[stop])
    following.start()
    try:
        for _ in range(3):
            last = write(order_book, growing, 10)
            assert wait_until(partial(is_past, kafka, prefix, last), seconds=20)
    finally:
        stop.set()
        following.join(timeout=20)
    assert not following.is_alive()
    assert published(kafka, prefix) == told(order_book)


def test_its_position_tells_how_far_it_is(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay
) -> None:
    assert relay_position(kafka, prefix) is None
    last = write(order_book, streams(), 25)
    new_relay().run(Flag(), until=last)
    (recorded,) = order_book.read(last - 1, 1)
    position = relay_position(kafka, prefix)
    assert position is not None
    assert (position.position, position.event_id) == (last, recorded.event_id)
    assert position.recorded_at == recorded.recorded_at


def test_its_connection_string_may_name_files_beside_it(
    kafka: str,
    prefix: str,
    order_book: Log,
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last = write(order_book, streams(4), 20)
    told_by = "".join(f"{name}={value}\n" for name, value in conninfo_to_dict(database).items())
    (tmp_path / "services.conf").write_text(f"[book]\n{told_by}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PGSERVICEFILE", "services.conf")
    relay = Relay(postgres="service=book", bootstrap=kafka, prefix=prefix)
    assert relay.run(Flag(), until=last) == last
