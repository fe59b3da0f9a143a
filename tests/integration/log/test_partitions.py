"""The log's partitions are made before they are needed, and nobody who appends waits for that."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest
import structlog

from infra.clock import SystemClock
from infra.embedded.processes import wait_until
from infra.errors import PostgresFault
from infra.item import Appended
from infra.log import Log
from tests.integration.log.items import WITHIN_S, assert_sound, item, rows, wait, write

SIZE = 20


@pytest.fixture
def small(database: str) -> str:
    """An order book whose partitions hold SIZE positions; the first one is there."""
    rows(database, "drop table carnet.events_000000000000001")
    rows(database, "update carnet.head set partition_size = 20")
    rows(database, "update carnet.head set room = carnet.make_partitions(1)")
    assert partitions(database) == [1]
    return database


def partitions(database: str) -> list[int]:
    """The first position of each."""
    names = rows(
        database,
        "select c.relname from pg_inherits join pg_class c on c.oid = inhrelid where relkind = 'r' order by 1",
    )
    return [int(name.removeprefix("events_")) for (name,) in names]


def room(database: str) -> int:
    """How far `append` knows of partitions."""
    return int(rows(database, "select room from carnet.head")[0][0])


def waits(database: str) -> bool:
    """Whether somebody waits for the partition that another makes."""
    return bool(
        rows(
            database,
            "select 1 from pg_locks where relation = 'carnet.events'::regclass and not granted"
            " and mode = 'ShareUpdateExclusiveLock'",
        )
    )


def test_the_next_partition_is_there_when_half_of_the_last_is_used(small: str) -> None:
    with Log(small, SystemClock()) as log:
        write(log, item(count=9))
    assert partitions(small) == [1]
    with Log(small, SystemClock()) as log:
        write(log, item(count=2))
    assert partitions(small) == [1, 21]
    assert room(small) == SIZE  # no append made it, nor needed it yet
    with Log(small, SystemClock()) as log:
        write(log, item(count=12))
    assert partitions(small) == [1, 21]
    assert room(small) == 2 * SIZE
    assert assert_sound(small) == 23


def test_a_group_beyond_the_last_partition_makes_what_it_needs(small: str) -> None:
    with Log(small, SystemClock()) as log:
        stream = uuid4()
        assert write(log, item(stream, count=95)) == [Appended(95)]
        assert write(log, item(stream, at=95)) == [Appended(96)]
        assert [one.version for one in log.history(stream)] == list(range(1, 97))
        assert [one.position for one in log.read(17, 8)] == list(range(18, 26))
    assert partitions(small)[:5] == [1, 21, 41, 61, 81]
    assert assert_sound(small) == 96


def test_processes_that_race_over_the_boundaries_make_each_partition_once(small: str) -> None:
    with (
        Log(small, SystemClock()) as one,
        Log(small, SystemClock()) as other,
        ThreadPoolExecutor(8) as callers,
    ):
        futures = [callers.submit(write, (one, other)[n % 2], item(count=1 + n % 3)) for n in range(150)]
        for future in futures:
            (outcome,) = future.result(timeout=60)
            assert isinstance(outcome, Appended)
    assert assert_sound(small) == 300
    made = partitions(small)
    assert made == list(range(1, made[-1] + 1, SIZE))


def test_nobody_waits_for_a_partition_that_is_being_made(small: str) -> None:
    with Log(small, SystemClock()) as log:
        with psycopg.connect(small) as maker:
            maker.execute("select carnet.make_partitions(%s)", [2 * SIZE])
            assert write(log, item(count=SIZE)) == [Appended(SIZE)]
            assert len(log.read(0, 100)) == SIZE
            beyond = log.append(item())
            assert wait_until(lambda: waits(small), seconds=WITHIN_S)
            assert not beyond.done()
        assert wait(beyond) == [Appended(SIZE + 1)]
    assert assert_sound(small) == SIZE + 1


def test_a_partition_that_cannot_be_made_is_warned_of_long_before_it_is_needed(small: str) -> None:
    rows(small, "create table carnet.events_000000000000021 ()")
    with structlog.testing.capture_logs() as logs:
        with Log(small, SystemClock()) as log:
            assert write(log, item(count=11), item(count=9)) == [Appended(11), Appended(20)]
        assert [entry["event"] for entry in logs] == ["append.partition_not_made"]
        assert "already exists" in logs[0]["why"]
    with Log(small, SystemClock()) as log:
        with pytest.raises(PostgresFault, match="already exists"):
            write(log, item())
        rows(small, "drop table carnet.events_000000000000021")
        assert write(log, item()) == [Appended(21)]
    assert assert_sound(small) == 21


def test_no_partition_lets_go_of_what_is_recorded(small: str) -> None:
    with Log(small, SystemClock()) as log:
        write(log, item(count=3 * SIZE))
    for first in partitions(small):
        with (
            psycopg.connect(small, autocommit=True) as connection,
            pytest.raises(psycopg.Error, match="insert only"),
        ):
            connection.execute(f"delete from carnet.events_{first:015}".encode())
