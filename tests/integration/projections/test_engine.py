from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from psycopg import Connection, connect
from psycopg.sql import SQL, Identifier

from domain.kernel import Recorded
from infra.clock import SystemClock
from infra.errors import AlreadyRunning, CarnetError, IntegrityFault
from infra.log import Log
from projections import run
from projections.digest import digest
from projections.kernel import Change, Projection, Rows
from projections.run import Runner, rebuild
from tests.integration.projections.tally import ALSO, END, ENDED, MORE, TALLY, count, grow

CLOCK = SystemClock()


@pytest.fixture
def reading(database: str) -> Iterator[Connection]:
    with connect(database, autocommit=True) as connection:
        yield connection


def catch_up(database: str, log: Log, *projections: Projection) -> int:
    with Runner(database, log, projections, CLOCK) as runner:
        return runner.catch_up()


def rows_of(reading: Connection, table: str) -> list[tuple[object, ...]]:
    statement = SQL("select * from {} order by 1, 2").format(Identifier("read", table))
    return reading.execute(statement).fetchall()


def position(reading: Connection, projection: Projection) -> int:
    row = reading.execute(
        "select position from read.checkpoints where name = %s", [projection.name]
    ).fetchone()
    assert row
    return int(row[0])


def test_rows_say_what_the_events_add_up_to(database: str, log: Log, reading: Connection) -> None:
    stream = uuid4()
    last = grow(log, [stream], [MORE, ALSO, MORE])
    assert catch_up(database, log, TALLY) == 3
    row = reading.execute(
        """select events, last, size, kinds, worth_minor, worth_currency, price_minor, notes
        from read.tally where stream_id = %s""",
        [stream],
    ).fetchone()
    kinds = '["ReservationLapsed","WithdrawalAccepted"]'
    notes = f'{{"names":{kinds},"count":{{"ReservationLapsed":2,"WithdrawalAccepted":1}}}}'
    assert row == (3, "ReservationLapsed", "small", kinds, 3, "EUR", 300, notes)
    assert len(rows_of(reading, "tally_nth")) == 3
    assert position(reading, TALLY) == last


def test_rows_are_read_on_by_another_process(database: str, log: Log, reading: Connection) -> None:
    streams = [uuid4() for _ in range(5)]
    grow(log, streams, [MORE, ALSO])
    catch_up(database, log, TALLY)
    grow(log, streams, [MORE, END], after=2)
    catch_up(database, log, TALLY)
    assert reading.execute("select distinct events from read.tally").fetchall() == [(4,)]
    assert rows_of(reading, "tally_nth") == []


def test_a_rebuild_equals_the_live_rows_byte_for_byte(database: str, log: Log, reading: Connection) -> None:
    streams = [uuid4() for _ in range(40)]
    with Runner(database, log, [TALLY, ENDED], CLOCK) as runner:
        for version in range(6):
            grow(log, streams, [MORE if version % 2 else ALSO], after=version)
            runner.catch_up()
        grow(log, streams[:20], [END], after=6)
        runner.catch_up()
    live = digest(reading, TALLY), digest(reading, ENDED)
    assert rebuild(database, log, [TALLY, ENDED], CLOCK) == log.head().position
    assert (digest(reading, TALLY), digest(reading, ENDED)) == live
    rebuild(database, log, [TALLY, ENDED], CLOCK)
    assert (digest(reading, TALLY), digest(reading, ENDED)) == live


def test_two_projections_rebuilt_in_turn_both_stay_complete(
    database: str, log: Log, reading: Connection
) -> None:
    grow(log, [uuid4() for _ in range(10)], [MORE, END])
    catch_up(database, log, TALLY, ENDED)
    live = digest(reading, TALLY), digest(reading, ENDED)
    for projection in (TALLY, ENDED, TALLY):
        rebuild(database, log, [projection], CLOCK)
        assert (digest(reading, TALLY), digest(reading, ENDED)) == live


def test_projections_at_different_positions_share_a_reader(
    database: str, log: Log, reading: Connection
) -> None:
    streams = [uuid4() for _ in range(3)]
    grow(log, streams, [MORE, MORE])
    catch_up(database, log, TALLY)
    grow(log, streams, [END], after=2)
    catch_up(database, log, ENDED, TALLY)
    assert position(reading, TALLY) == position(reading, ENDED) == log.head().position
    assert reading.execute("select distinct events from read.tally").fetchall() == [(3,)]


def test_a_rebuild_of_an_empty_log_ends(database: str, log: Log, reading: Connection) -> None:
    assert rebuild(database, log, [TALLY], CLOCK) == 0
    assert rows_of(reading, "tally") == []
    assert catch_up(database, log, TALLY) == 0


def test_no_batch_boundary_stops_it(
    database: str, log: Log, reading: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(log, [uuid4() for _ in range(4)], [MORE, ALSO, MORE, END])
    catch_up(database, log, TALLY)
    whole = digest(reading, TALLY)
    for size in (1, 3, 4, 15, 16, 17):
        monkeypatch.setattr(run, "READ_EVENTS", size)
        monkeypatch.setattr(run, "WRITE_ROWS", size)
        assert rebuild(database, log, [TALLY], CLOCK) == 16
        assert digest(reading, TALLY) == whole


def test_a_memory_that_forgets_gives_the_same_rows(
    database: str, log: Log, reading: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = [uuid4() for _ in range(30)]
    for version in range(4):
        grow(log, streams, [MORE], after=version)
    grow(log, streams[:10], [END], after=4)
    rebuild(database, log, [TALLY], CLOCK)
    whole = digest(reading, TALLY)
    monkeypatch.setattr("projections.view.KEPT_ROWS", 5)
    monkeypatch.setattr(run, "READ_EVENTS", 7)
    monkeypatch.setattr(run, "WRITE_ROWS", 1)
    rebuild(database, log, [TALLY], CLOCK)
    assert digest(reading, TALLY) == whole


def test_a_projection_that_fails_writes_nothing_of_its_batch(
    database: str, log: Log, reading: Connection
) -> None:
    bad = uuid4()
    grow(log, [uuid4()], [MORE])

    def fail(recorded: Recorded, rows: Rows) -> Iterator[Change]:
        if recorded.stream_id == bad:
            raise KeyError("no such thing")
        yield from count(recorded, rows)

    failing = replace(TALLY, project=fail)
    assert catch_up(database, log, failing, ENDED) == 1
    grow(log, [uuid4(), bad], [MORE])
    with Runner(database, log, [failing, ENDED], CLOCK) as runner:
        with pytest.raises(
            IntegrityFault, match=r"tally failed on ReservationLapsed at position 3 .*no such thing"
        ):
            runner.catch_up()
        with pytest.raises(CarnetError):
            runner.catch_up()
    assert len(rows_of(reading, "tally")) == 1
    assert position(reading, failing) == position(reading, ENDED) == 1


def test_an_event_that_nobody_knows_stops_it_and_says_which(
    database: str, log: Log, reading: Connection
) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    whole = digest(reading, TALLY)
    strange(reading, position=2)
    with pytest.raises(IntegrityFault, match="OrderTeleported"):
        catch_up(database, log, TALLY)
    assert digest(reading, TALLY) == whole


def strange(reading: Connection, *, position: int) -> None:
    """An event of a newer version, which ours has never seen."""
    reading.execute("set session_replication_role to replica")
    reading.execute(
        """insert into carnet.events select %s, stream_id, 2, gen_random_uuid(), 'OrderTeleported', 1, market,
            occurred_at, recorded_at, actor, command_id, correlation_id, causation_id, '{}' from carnet.events""",
        [position],
    )
    reading.execute("update carnet.head set position = %s", [position])


def test_a_dropped_table_is_named_at_the_start(database: str, log: Log, reading: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    reading.execute("drop table read.tally_nth")
    with pytest.raises(IntegrityFault, match=r"read\.tally_nth of projection tally is gone.*rebuild tally"):
        catch_up(database, log, TALLY)
    rebuild(database, log, [TALLY], CLOCK)
    assert len(rows_of(reading, "tally_nth")) == 1


def test_a_table_dropped_under_a_runner_is_named(database: str, log: Log, reading: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    with Runner(database, log, [TALLY], CLOCK) as runner:
        runner.catch_up()
        reading.execute("drop table read.tally")
        grow(log, [uuid4()], [MORE])
        with pytest.raises(IntegrityFault, match=r"read\.tally.*carnet project rebuild"):
            runner.catch_up()


def test_rows_of_another_meaning_or_shape_ask_for_a_rebuild(
    database: str, log: Log, reading: Connection
) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    newer = replace(TALLY, version=2)
    with pytest.raises(IntegrityFault, match=r"tally are of v1.*writes v2.*rebuild tally"):
        catch_up(database, log, newer)
    rebuild(database, log, [newer], CLOCK)
    assert catch_up(database, log, newer) == 0
    slimmer = replace(newer, rows=TALLY.rows[:1])
    with pytest.raises(IntegrityFault, match="another shape"):
        catch_up(database, log, slimmer)


def test_a_second_runner_is_refused_and_told_who_runs(database: str, log: Log) -> None:
    with Runner(database, log, [TALLY], CLOCK):
        with pytest.raises(
            AlreadyRunning, match=r"carnet project tally runs already: carnet project, process \d+ on"
        ):
            Runner(database, log, [ENDED, TALLY], CLOCK).__enter__()
        with pytest.raises(AlreadyRunning):
            rebuild(database, log, [TALLY], CLOCK)
        catch_up(database, log, ENDED)
    assert catch_up(database, log, TALLY) == 0


def test_readers_see_the_old_rows_until_a_rebuild_is_whole(
    database: str, log: Log, reading: Connection
) -> None:
    grow(log, [uuid4() for _ in range(5)], [MORE])
    catch_up(database, log, TALLY)
    seen: list[int] = []
    rebuild(database, log, [TALLY], CLOCK, progress=lambda _: seen.append(len(rows_of(reading, "tally"))))
    assert seen[0] == 5
    stop = threading.Event()
    stop.set()
    assert rebuild(database, log, [TALLY], CLOCK, stop=stop) is None
    assert len(rows_of(reading, "tally")) == 5


def arrived(reading: Connection, at: int) -> None:
    """Wait until the rows stand at a position, ten seconds at most."""
    pause, end = threading.Event(), time.monotonic() + 10
    while position(reading, TALLY) < at:
        assert time.monotonic() < end
        pause.wait(0.01)


def test_following_takes_what_comes_and_ends_when_told(database: str, log: Log, reading: Connection) -> None:
    stop, stream = threading.Event(), uuid4()
    with Runner(database, log, [TALLY], CLOCK) as runner:
        following = threading.Thread(target=runner.follow, args=[stop])
        following.start()
        for version in range(3):
            last = grow(log, [stream], [MORE], after=version)
            arrived(reading, last)
        stop.set()
        following.join(timeout=10)
        assert not following.is_alive()
    assert reading.execute("select events from read.tally").fetchall() == [(3,)]


def test_an_idle_follower_stops_when_its_session_ended(database: str, log: Log, reading: Connection) -> None:
    """The server may have crashed, and lost what was written last: who starts anew finds out."""
    faults: list[CarnetError] = []
    stop = threading.Event()

    def follow(runner: Runner) -> None:
        try:
            runner.follow(stop)
        except CarnetError as fault:
            faults.append(fault)

    with Runner(database, log, [TALLY], CLOCK) as runner:
        following = threading.Thread(target=follow, args=[runner])
        following.start()
        arrived(reading, grow(log, [uuid4()], [MORE]))
        reading.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        following.join(timeout=10)
        stop.set()
        following.join(timeout=10)
    assert [fault.exit_code for fault in faults] == [6]


def test_a_runner_whose_session_was_ended_writes_nothing_more(
    database: str, log: Log, reading: Connection
) -> None:
    grow(log, [uuid4()], [MORE])
    with Runner(database, log, [TALLY], CLOCK) as runner:
        runner.catch_up()
        reading.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        grow(log, [uuid4()], [MORE])
        with Runner(database, log, [TALLY], CLOCK) as other:
            other.catch_up()
            with pytest.raises(CarnetError):
                runner.catch_up()
    assert len(rows_of(reading, "tally")) == 2
