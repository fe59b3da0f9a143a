"""What `append` writes, and what it answers to an item that loses."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from msgspec import structs

from infra.append import Appender
from infra.clock import SystemClock
from infra.errors import PostgresFault
from infra.item import (
    Appended,
    Behind,
    Conflict,
    Duplicate,
    ParkedRow,
    Taken,
    Tracking,
)
from infra.log import Log
from infra.postgres import connect
from tests.examples import deposit_paid
from tests.integration.log.items import assert_sound, event, item, rows, sealed, wait, write

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_an_event_is_read_back_with_its_whole_envelope(order_book: Log) -> None:
    before = datetime.now(UTC)
    cause = uuid4()
    one = item(causation_id=cause)
    assert write(order_book, one) == [Appended(1)]
    (recorded,) = order_book.read(0, 10)
    (new,) = one.events
    assert (recorded.position, recorded.stream_id, recorded.version) == (1, new.stream_id, 1)
    assert (recorded.event_id, recorded.name, recorded.schema_version) == (new.event_id, "PaymentReceived", 1)
    assert (recorded.market, recorded.actor, recorded.occurred_at) == ("DE", "clerk", one.occurred_at)
    assert (recorded.command_id, recorded.correlation_id) == (one.command_id, one.command_id)
    assert (recorded.causation_id, recorded.body, recorded.event) == (cause, new.body, deposit_paid)
    assert before <= recorded.recorded_at <= datetime.now(UTC)
    assert order_book.history(new.stream_id) == [recorded]
    assert order_book.head().position == 1


def test_an_empty_log_has_no_position_and_no_time(order_book: Log) -> None:
    assert (order_book.head().position, order_book.head().recorded_at) == (0, None)
    assert order_book.read(0, 10) == []
    assert order_book.position_at(NOW) == 0


def test_one_item_writes_several_streams(order_book: Log, database: str) -> None:
    order, car = uuid4(), uuid4()
    both = item(order, expected={order: 0, car: 0}, events=(event(order, 1), event(car, 1), event(order, 2)))
    assert write(order_book, both) == [Appended(3)]
    assert [one.version for one in order_book.history(order)] == [1, 2]
    assert [one.version for one in order_book.history(order, until_position=1)] == [1]
    assert assert_sound(database) == 3


def test_streams_that_are_only_read_stand_among_those_that_are_written(
    order_book: Log, database: str
) -> None:
    car, dealer, order, other = (uuid4() for _ in range(4))
    write(order_book, item(car), item(dealer, count=2))
    reads_first = item(order, expected={car: 1, dealer: 2, order: 0}, count=2)
    reads_last = item(other, expected={other: 0, car: 1})
    assert write(order_book, reads_first, reads_last) == [Appended(5), Appended(6)]
    assert write(order_book, item(order, expected={car: 1, order: 2}, at=2)) == [Appended(7)]
    assert [one.position for one in order_book.history(order)] == [4, 5, 7]
    assert assert_sound(database) == 7


def test_a_stream_that_was_only_read_must_stand_still_too(order_book: Log) -> None:
    car = uuid4()
    write(order_book, item(car))
    order = uuid4()
    (outcome,) = write(order_book, item(order, expected={order: 0, car: 0}))
    assert outcome == Conflict({car: 1})


def test_a_stream_that_was_only_read_stays_as_it_was(order_book: Log, database: str) -> None:
    """Wherever it stands among those that are written."""
    car, order = uuid4(), uuid4()
    write(order_book, item(car), item(order))
    for read in ({car: 1, order: 1}, {order: 2, car: 1}):
        version = read[order]
        write(order_book, item(order, version, expected=read))
    assert order_book.versions([car, order]) == {car: 1, order: 3}
    assert assert_sound(database) == 4


def test_a_repeated_command_id_gets_the_first_answer(order_book: Log, database: str) -> None:
    first = item(count=2, digest=b"d" * 32, answer='{"code":"no"}')
    write(order_book, item(), first)
    again = item(command_id=first.command_id, digest=b"e" * 32)
    assert write(order_book, again) == [Duplicate(3, 2, b"d" * 32, '{"code":"no"}')]
    assert order_book.command(first.command_id) == Duplicate(3, 2, b"d" * 32, '{"code":"no"}')
    assert assert_sound(database) == 3


def test_one_command_id_twice_in_a_moment_takes_effect_once(order_book: Log, database: str) -> None:
    one = item()
    outcomes = write(order_book, *(item(command_id=one.command_id) for _ in range(20)))
    assert [type(outcome) for outcome in outcomes] == [Appended] + 19 * [Duplicate]
    assert assert_sound(database) == 1


def test_two_equal_versions_in_a_moment_are_one_event(order_book: Log, database: str) -> None:
    stream = uuid4()
    outcomes = write(order_book, item(stream), item(stream), item())
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Appended", "Appended", "Conflict"]
    assert Conflict({stream: 1}) in outcomes
    assert assert_sound(database) == 2


def test_a_conflicting_item_takes_with_it_only_what_was_built_on_it(order_book: Log, database: str) -> None:
    stream = uuid4()
    write(order_book, item(stream))
    loser, built_on_it, other = item(stream, at=0, count=2), item(stream, at=2), item()
    assert [type(one) for one in write(order_book, loser, built_on_it, other)] == [
        Conflict,
        Conflict,
        Appended,
    ]
    assert assert_sound(database) == 2


def test_what_is_built_on_an_item_of_the_same_moment_follows_it(order_book: Log, database: str) -> None:
    stream = uuid4()
    outcomes = write(order_book, *(item(stream, at=version) for version in range(30)))
    assert outcomes == [Appended(position) for position in range(1, 31)]
    assert assert_sound(database) == 30


def test_an_item_may_be_a_tracking_alone(order_book: Log) -> None:
    source = "cluster/topic[0]"
    at_40 = item(count=0, expected={}, tracking=Tracking(source, 41))
    assert write(order_book, at_40) == [Appended(0)]
    assert order_book.taken(source) == 41
    late = item(tracking=Tracking(source, 41))
    assert write(order_book, late) == [Behind(source, 41)]
    assert write(order_book, item(tracking=Tracking(source, 42))) == [Appended(1)]
    assert order_book.taken("another") is None


def test_one_offset_handed_in_twice_is_taken_once(order_book: Log, database: str) -> None:
    outcomes = write(order_book, *(item(tracking=Tracking("s", 1)) for _ in range(5)))
    assert [type(outcome) for outcome in outcomes] == [Appended] + 4 * [Behind]
    assert assert_sound(database) == 1


def test_a_unique_text_belongs_to_one_subject(order_book: Log, database: str) -> None:
    car, other, vin = uuid4(), uuid4(), b"v" * 32
    outcomes = write(order_book, item(sealed=(sealed(car, vin),)), item(sealed=(sealed(other, vin),)))
    assert outcomes == [Appended(1), Taken(car)]
    assert write(order_book, item(sealed=(sealed(car, vin),))) == [Appended(2)]
    assert rows(database, "select subject, count(*) from vault.sealed group by 1") == [(car, 2)]


def test_parking_and_advancing_are_one_item(order_book: Log, database: str) -> None:
    row = sealed(uuid4())
    parked = ParkedRow(
        id=uuid4(),
        source="s",
        topic="payments",
        partition=0,
        offset=7,
        key=None,
        payload=row.id,
        reason="unreadable",
    )
    park = item(count=0, expected={}, tracking=Tracking("s", 8), sealed=(row,), parked=(parked,))
    assert write(order_book, park) == [Appended(0)]
    assert rows(database, "select payload, state, key from carnet.parked") == [(row.id, "waiting", None)]
    assert write(order_book, park) == [Duplicate(0, 0, None, None)]


def test_recorded_time_never_falls(order_book: Log, database: str) -> None:
    with connect(database, "carnet_writer") as connection:
        appender = Appender(connection)
        for now in (NOW, NOW - timedelta(hours=1), NOW + timedelta(hours=1)):
            appender.append([item()], now)
    assert [one.recorded_at for one in order_book.read(0, 9)] == [NOW, NOW, NOW + timedelta(hours=1)]
    assert order_book.position_at(NOW - timedelta(seconds=1)) == 0
    assert order_book.position_at(NOW) == 2
    assert order_book.position_at(NOW + timedelta(days=1)) == 3
    assert assert_sound(database) == 3


def test_a_group_with_a_loser_writes_nothing_and_names_it(database: str) -> None:
    stream = uuid4()
    with connect(database, "carnet_writer") as connection:
        appender = Appender(connection)
        appender.append([item(stream)], NOW)
        assert appender.append([item(), item(stream), item()], NOW) == [None, Conflict({stream: 1}), None]
        assert assert_sound(database) == 1


@pytest.mark.parametrize("versions", [(2,), (1, 1), (1, 3), (0, 2)])
def test_the_database_itself_refuses_versions_that_do_not_continue(
    database: str, versions: tuple[int, ...]
) -> None:
    with (
        connect(database, "carnet_writer") as connection,
        pytest.raises(psycopg.errors.CheckViolation, match="do not continue it"),
    ):
        Appender(connection).append([item(versions=versions)], NOW)
    assert assert_sound(database) == 0


def test_something_that_cannot_be_written_fails_alone(order_book: Log, database: str) -> None:
    defective = item(actor="nobody\0")
    futures = [order_book.append(one) for one in (item(), defective, item())]
    with pytest.raises(PostgresFault, match="0x00"):
        futures[1].result(timeout=60)
    assert {type(outcome) for outcome in wait(futures[0], futures[2])} == {Appended}
    assert assert_sound(database) == 2


def test_a_text_is_the_same_whatever_encoding_the_environment_asks_for(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    text = '{"street":"Straße 7 é"}'
    with Log(database, SystemClock()) as log:
        stream = uuid4()
        write(log, item(stream, events=(structs.replace(event(stream, 1), body=text.encode()),)))
    assert rows(database, "select body from carnet.events") == [(text,)]
