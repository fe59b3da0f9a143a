"""A grown log is as append leaves one, and append goes on with it."""

from __future__ import annotations

import psycopg
import pytest

from benchmarks.appending import copies, timed
from benchmarks.flow import NoonClock, decided
from benchmarks.growing import check, grow
from infra.append import Appender
from infra.clock import SystemClock
from infra.errors import IntegrityFault
from infra.log import Log
from infra.markets import load_markets
from infra.postgres import connect

SALES = 20
EVENTS = 3_000


@pytest.fixture
def season(database: str) -> str:
    """A log with the sales of a few orders."""
    with connect(database, "carnet_writer") as connection:
        appender = Appender(connection)
        for step in decided(load_markets(), SALES):
            appender.append(step, NoonClock().now())
    return database


@pytest.fixture
def grown(season: str, other_database: str) -> str:
    """A log that was grown from it."""
    grow(season, other_database, EVENTS)
    return other_database


def test_it_is_as_append_leaves_a_log(grown: str) -> None:
    with psycopg.connect(grown) as connection:
        check(connection)
        (position,) = connection.execute("select position from carnet.head").fetchone() or (0,)
    assert EVENTS <= position < EVENTS + 10


def test_the_last_command_is_whole_also_where_it_goes_on_into_another_partition(
    season: str, other_database: str
) -> None:
    events = 3_009  # so many that the last of its commands has two
    with psycopg.connect(other_database) as connection:
        connection.execute("drop table carnet.events_000000000000001")  # it holds a million
        connection.execute("update carnet.head set partition_size = %s", [events])
    grow(season, other_database, events)
    with psycopg.connect(other_database) as connection:
        check(connection)
        assert connection.execute("select position from carnet.head").fetchone() == (events + 1,)


def test_append_and_readers_go_on_with_it(grown: str) -> None:
    with connect(grown, "carnet_writer") as connection:
        timed(connection, [*decided(load_markets(), SALES)])
    with psycopg.connect(grown) as connection:
        check(connection)
    with Log(grown, SystemClock()) as log:
        assert [one.position for one in log.read(0, 10_000)] == list(range(1, log.head().position + 1))


def test_what_copy_writes_as_the_raw_limit_is_whole_rows(season: str) -> None:
    copies(season, 2)
    with psycopg.connect(season) as connection:
        events = connection.execute("select count(*) from carnet.events").fetchone()
        counted = connection.execute("select sum(events) from carnet.commands").fetchone()
    assert events == counted


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("update carnet.head set position = position + 1", "positions are missing"),
        ("update carnet.streams set version = version + 1", "streams do not have"),
        ("update carnet.commands set events = events + 1", "commands do not have"),
    ],
)
def test_the_check_finds_what_is_wrong(grown: str, wrong: str, said: str) -> None:
    with psycopg.connect(grown) as connection:
        connection.execute(wrong)
        with pytest.raises(IntegrityFault, match=said):
            check(connection)
