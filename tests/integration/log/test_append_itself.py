"""The function `append` itself: who loses and by what, what it takes of a caller, and what it needs of its tables."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.pq import ExecStatus, Format

from infra.append import STATEMENT, Appender, parameters
from infra.embedded.processes import wait_until
from infra.item import Appended, Behind, Conflict, Duplicate, Item, Outcome, Taken, Tracking
from infra.postgres import connect
from tests.integration.log.items import assert_sound, item, rows, sealed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOURCE_ITEMS, LOOKUP_ITEMS = 19, 22  # where they stand among its parameters


def append(database: str, *group: Item, now: datetime = NOW) -> list[Outcome | None]:
    """One group, by a connection of its own."""
    with connect(database, "carnet_writer") as connection:
        return Appender(connection).append(group, now)


def call(
    connection: psycopg.Connection[Any], *group: Item, now: datetime = NOW, without: int | None = None
) -> bytes:
    """What the function answers to one group, as whoever may call it sends it; b"" if it fails."""
    values = cast("list[bytes]", [None if n == without else v for n, v in enumerate(parameters(group, now))])
    told = connection.pgconn.exec_params(STATEMENT, values, None, [Format.BINARY] * len(values))
    return (told.get_value(0, 0) or b"") if told.status == ExecStatus.TUPLES_OK else b""


def everything(database: str) -> list[tuple[object, ...]]:
    """How much stands in each table, and the head."""
    return rows(
        database,
        "select (select count(*) from carnet.events), (select count(*) from carnet.streams),"
        " (select count(*) from carnet.commands), (select count(*) from carnet.tracking),"
        " (select count(*) from carnet.parked), (select count(*) from vault.lookup),"
        " (select count(*) from vault.sealed), h.position, h.recorded_at, h.room from carnet.head h",
    )


def test_all_losers_of_a_group_are_told_and_nothing_of_it_stays(database: str) -> None:
    car, order, owner, vin = (uuid4() for _ in range(4))
    first = item(car, digest=bytes(range(32)), answer='{"says":"Straße „7“"}', tracking=Tracking("s", 9))
    append(database, first, item(order, count=2, sealed=(sealed(owner, vin.bytes),)))
    before = everything(database)
    group = (
        item(),
        item(command_id=first.command_id),
        item(tracking=Tracking("s", 9)),
        item(expected={car: 0, order: 1, (unknown := uuid4()): 3}, events=()),
        item(sealed=(sealed(uuid4(), vin.bytes),)),
        item(tracking=Tracking("another", 1), sealed=(sealed(uuid4(), b"else"),)),
    )
    assert append(database, *group, now=NOW + timedelta(hours=1)) == [
        None,
        Duplicate(1, 1, bytes(range(32)), '{"says":"Straße „7“"}'),
        Behind("s", 9),
        Conflict({car: 1, order: 2, unknown: 0}),
        Taken(owner),
        None,
    ]
    assert everything(database) == before
    assert append(database, group[0], group[-1]) == [Appended(4), Appended(5)]
    assert assert_sound(database) == 5


def test_an_item_that_loses_in_several_ways_is_told_the_first(database: str) -> None:
    stream, owner, vin = uuid4(), uuid4(), b"v" * 32
    one = item(stream, sealed=(sealed(owner, vin),), tracking=Tracking("s", 2))
    append(database, one)
    lost: dict[str, Any] = {"tracking": Tracking("s", 2), "sealed": (sealed(uuid4(), vin),)}
    assert append(
        database, item(stream, **lost), item(command_id=one.command_id, **lost), item(sealed=lost["sealed"])
    ) == [Behind("s", 2), Duplicate(1, 1, None, None), Taken(owner)]
    assert append(database, item(stream, sealed=lost["sealed"])) == [Conflict({stream: 1})]


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({"tracking": Tracking("s", 1)}, Behind("s", 1)),
        ({"sealed": (sealed(UUID(int=2), b"v" * 32),)}, Taken(UUID(int=1))),
        ({"expected": {UUID(int=3): 0}, "events": ()}, Conflict({UUID(int=3): 1})),
        ({"command_id": UUID(int=4)}, Duplicate(1, 1, None, None)),
    ],
)
def test_each_way_of_losing_is_told_of_an_item_that_is_alone(
    database: str, fields: dict[str, Any], lost: Outcome
) -> None:
    one = item(
        UUID(int=3),
        command_id=UUID(int=4),
        tracking=Tracking("s", 1),
        sealed=(sealed(UUID(int=1), b"v" * 32),),
    )
    append(database, one)
    assert append(database, item(**fields)) == [lost]


def test_sources_and_unique_texts_that_nobody_has_are_taken(database: str) -> None:
    """Alone and together, beside items that have none."""
    groups: tuple[dict[str, Any], ...] = (
        {"tracking": Tracking("s", 1)},
        {"sealed": (sealed(uuid4(), b"a"),)},
        {"tracking": Tracking("s", 2), "sealed": (sealed(uuid4(), b"b"),)},
        {"sealed": (sealed(uuid4()),)},
    )
    for n, fields in enumerate(groups, start=1):
        assert append(database, item(**fields), item(count=0, expected={})) == 2 * [Appended(n)]
    assert rows(database, "select source, next from carnet.tracking") == [("s", 2)]
    assert rows(database, "select count(*) from vault.lookup") == [(2,)]
    assert rows(database, "select count(*) from vault.sealed") == [(3,)]


def test_streams_of_the_library_start_at_nought_beside_ours(database: str) -> None:
    library, ours = uuid4(), uuid4()
    assert append(database, item(library, at=-1), item(ours)) == [Appended(1), Appended(2)]
    assert append(database, item(library, at=-1), item(ours, at=1)) == [Conflict({library: 0}), None]
    assert append(database, item(library, at=0, count=2), item(ours, at=1)) == [Appended(4), Appended(5)]
    assert rows(database, "select version from carnet.streams order by version") == [(2,), (2,)]


def test_who_waited_for_the_head_sees_what_was_written_meanwhile(database: str) -> None:
    stream = uuid4()
    late, loser = item(), item(stream)
    with (
        ThreadPoolExecutor() as callers,
        psycopg.connect(database) as holder,
        connect(database, "carnet_writer") as connection,
    ):
        holder.execute("select from carnet.head for update")
        waiting = [callers.submit(append, database, one, now=NOW) for one in (late, loser)]
        assert wait_until(
            lambda: (
                rows(database, "select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
                == [(2,)]
            ),
            seconds=60,
        )
        # The holder itself moves the head, as an append would.
        call(holder, item(stream, count=3), now=NOW + timedelta(hours=1))
        holder.commit()
        assert [one.result(timeout=60) for one in waiting] == [[Appended(4)], [Conflict({stream: 3})]]
        assert connection.execute("select distinct recorded_at from carnet.events").fetchall() == [
            (NOW + timedelta(hours=1),)
        ]
    assert assert_sound(database) == 4


def test_a_session_with_other_settings_is_answered_alike(database: str) -> None:
    one = item(digest=b"\0\xff")
    with connect(database, "carnet_writer") as connection:
        connection.execute(b"set bytea_output = escape; set plan_cache_mode = force_custom_plan")
        assert json.loads(call(connection, one)) == 0
        assert json.loads(call(connection, one))[0]["digest"] == "00ff"
    assert assert_sound(database) == 1


@pytest.mark.parametrize(
    ("again", "without"),
    [
        ({"tracking": Tracking("s", 5)}, SOURCE_ITEMS),
        ({"sealed": (sealed(UUID(int=2), b"v" * 32),)}, LOOKUP_ITEMS),
    ],
)
def test_who_does_not_tell_whose_a_row_is_gets_past_nobody(
    database: str, again: dict[str, Any], without: int
) -> None:
    owner = item(tracking=Tracking("s", 100), sealed=(sealed(UUID(int=1), b"v" * 32),))
    append(database, owner)
    before = everything(database)
    with connect(database, "carnet_writer") as connection:
        assert not call(connection, item(**again), without=without).isdigit()
    assert everything(database) == before
    assert rows(database, "select next from carnet.tracking") == [(100,)]


def test_there_is_one_head(database: str) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation, match="one_row"):
        rows(database, "insert into carnet.head select * from carnet.head")


def test_a_publication_of_all_tables_refuses_no_append(database: str) -> None:
    rows(database, "create publication everything for all tables")
    assert append(database, item()) == [Appended(1)]


def test_a_partition_holds_something(database: str) -> None:
    rows(database, "update carnet.head set partition_size = 0")
    with pytest.raises(psycopg.Error, match="empty range"):
        rows(database, "select carnet.make_partitions(2000000)")
