from __future__ import annotations

import threading
from dataclasses import replace
from uuid import uuid4

import pytest

from infra.errors import AlreadyRunning, CarnetError, IntegrityFault
from infra.log import Log
from infra.postgres import Connection
from projections import run
from projections.run import Runner
from tests.integration.projections.scene import (
    catch_up,
    digests,
    position,
    rebuilt,
    rows_of,
    runner,
    until,
)
from tests.integration.projections.tally import ALSO, END, ENDED, MORE, TALLY, grow


def test_rows_say_what_the_events_add_up_to(database: str, log: Log, owner: Connection) -> None:
    stream = uuid4()
    last = grow(log, [stream], [MORE, ALSO, MORE])
    assert catch_up(database, log, TALLY) == 3
    row = owner.execute(
        """select events, last, size, kinds, worth_minor, worth_currency, price_minor, notes
        from read.tally where stream_id = %s""",
        [stream],
    ).fetchone()
    kinds = '["ReservationLapsed","WithdrawalAccepted"]'
    notes = f'{{"names":{kinds},"count":{{"ReservationLapsed":2,"WithdrawalAccepted":1}}}}'
    assert row == (3, "ReservationLapsed", "small", kinds, 3, "EUR", 300, notes)
    assert len(rows_of(owner, "tally_nth")) == 3
    assert position(owner, TALLY) == last


def test_rows_are_read_on_by_another_process(database: str, log: Log, owner: Connection) -> None:
    streams = [uuid4() for _ in range(5)]
    grow(log, streams, [MORE, ALSO])
    catch_up(database, log, TALLY)
    grow(log, streams, [MORE, END], after=2)
    catch_up(database, log, TALLY)
    assert owner.execute("select distinct events from read.tally").fetchall() == [(4,)]
    assert rows_of(owner, "tally_nth") == []


def test_a_rebuild_equals_the_live_rows_byte_for_byte(database: str, log: Log, owner: Connection) -> None:
    streams = [uuid4() for _ in range(40)]
    with runner(database, log, TALLY, ENDED) as running:
        for version in range(6):
            grow(log, streams, [MORE if version % 2 else ALSO], after=version)
            running.catch_up()
        grow(log, streams[:20], [END], after=6)
        running.catch_up()
    live = digests(owner, TALLY, ENDED)
    assert rebuilt(database, log, TALLY, ENDED) == live
    assert rebuilt(database, log, TALLY, ENDED) == live


def test_two_projections_rebuilt_in_turn_both_stay_complete(
    database: str, log: Log, owner: Connection
) -> None:
    grow(log, [uuid4() for _ in range(10)], [MORE, END])
    catch_up(database, log, TALLY, ENDED)
    live = digests(owner, TALLY, ENDED)
    for projection in (TALLY, ENDED, TALLY):
        assert rebuilt(database, log, projection) == digests(owner, projection)
        assert digests(owner, TALLY, ENDED) == live


def test_projections_at_different_positions_share_a_reader(
    database: str, log: Log, owner: Connection
) -> None:
    streams = [uuid4() for _ in range(3)]
    grow(log, streams, [MORE, MORE])
    catch_up(database, log, TALLY)
    grow(log, streams, [END], after=2)
    catch_up(database, log, ENDED, TALLY)
    assert position(owner, TALLY) == position(owner, ENDED) == log.head().position
    assert owner.execute("select distinct events from read.tally").fetchall() == [(3,)]


def test_a_rebuild_of_an_empty_log_ends(database: str, log: Log, owner: Connection) -> None:
    (empty,) = rebuilt(database, log, TALLY)
    assert catch_up(database, log, TALLY) == 0
    assert digests(owner, TALLY) == [empty]
    assert rows_of(owner, "tally") == []


def test_no_batch_boundary_stops_it(
    database: str, log: Log, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(log, [uuid4() for _ in range(4)], [MORE, ALSO, MORE, END])
    catch_up(database, log, TALLY)
    whole = digests(owner, TALLY)
    for size in (1, 3, 4, 15, 16, 17):
        monkeypatch.setattr(run, "READ_EVENTS", size)
        monkeypatch.setattr(run, "WRITE_ROWS", size)
        assert rebuilt(database, log, TALLY) == whole


def test_a_memory_that_forgets_gives_the_same_rows(
    database: str, log: Log, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = [uuid4() for _ in range(30)]
    for version in range(4):
        grow(log, streams, [MORE], after=version)
    grow(log, streams[:10], [END], after=4)
    whole = rebuilt(database, log, TALLY)
    monkeypatch.setattr("projections.view.KEPT_ROWS", 5)
    monkeypatch.setattr(run, "READ_EVENTS", 7)
    monkeypatch.setattr(run, "WRITE_ROWS", 1)
    assert rebuilt(database, log, TALLY) == whole


def test_an_event_that_nobody_knows_stops_it_and_says_which(
    database: str, log: Log, owner: Connection
) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    whole = digests(owner, TALLY)
    strange(owner, position=2)
    with pytest.raises(IntegrityFault, match="OrderTeleported"):
        catch_up(database, log, TALLY)
    assert digests(owner, TALLY) == whole


def strange(owner: Connection, *, position: int) -> None:
    """An event of a newer version, which ours has never seen."""
    owner.execute("set session_replication_role to replica")
    owner.execute(
        """insert into carnet.events select %s, stream_id, 2, gen_random_uuid(), 'OrderTeleported', 1, market,
            occurred_at, recorded_at, actor, command_id, correlation_id, causation_id, '{}' from carnet.events""",
        [position],
    )
    owner.execute("update carnet.head set position = %s", [position])


def test_a_dropped_table_is_named_at_the_start(database: str, log: Log, owner: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    owner.execute("drop table read_tally_1.tally_nth cascade")
    with pytest.raises(
        IntegrityFault, match=r"read_tally_1\.tally_nth of projection tally is gone.*rebuild tally"
    ):
        catch_up(database, log, TALLY)


def test_a_table_dropped_under_a_runner_is_named(database: str, log: Log, owner: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    with runner(database, log, TALLY) as running:
        running.catch_up()
        owner.execute("drop table read_tally_1.tally cascade")
        grow(log, [uuid4()], [MORE])
        with pytest.raises(IntegrityFault, match=r"read_tally_1\.tally.*carnet project rebuild"):
            running.catch_up()
    assert position(owner, TALLY) == 1


def test_rows_of_another_meaning_or_shape_ask_for_a_rebuild(database: str, log: Log) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    with pytest.raises(IntegrityFault, match=r"tally are of v1.*writes v2.*rebuild tally"):
        catch_up(database, log, replace(TALLY, version=2))
    with pytest.raises(IntegrityFault, match="another shape"):
        catch_up(database, log, replace(TALLY, rows=TALLY.rows[:1]))


def test_a_version_that_went_backwards_is_named(database: str, log: Log) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, replace(TALLY, version=2))
    with pytest.raises(IntegrityFault, match=r"tally are of v2; .* older and writes v1.*rebuild tally"):
        catch_up(database, log, TALLY)


def test_a_second_runner_is_refused_and_told_who_runs(database: str, log: Log) -> None:
    with runner(database, log, TALLY):
        with pytest.raises(
            AlreadyRunning,
            match=r"build 1 of tally, slot 0 runs already: carnet project, process \d+ on .*backend",
        ):
            catch_up(database, log, ENDED, TALLY)
        catch_up(database, log, ENDED)
    assert catch_up(database, log, TALLY) == 0


def test_two_may_share_a_build_but_not_a_slot(database: str, log: Log) -> None:
    with runner(database, log, TALLY, slots=[0, 1, 2]), runner(database, log, TALLY, slots=[3, 4]):
        with pytest.raises(AlreadyRunning, match="tally, slot 4 runs already"):
            catch_up(database, log, TALLY, slots=[5, 4])
        catch_up(database, log, TALLY, slots=[5, 6])


def arrived(owner: Connection, at: int) -> None:
    """Wait until the rows stand at a position."""
    until(lambda: position(owner, TALLY) >= at)


def test_following_takes_what_comes_and_ends_when_told(database: str, log: Log, owner: Connection) -> None:
    stop, stream = threading.Event(), uuid4()
    with runner(database, log, TALLY) as running:
        following = threading.Thread(target=running.follow, args=[stop])
        following.start()
        for version in range(3):
            last = grow(log, [stream], [MORE], after=version)
            arrived(owner, last)
        stop.set()
        following.join(timeout=10)
        assert not following.is_alive()
    assert owner.execute("select events from read.tally").fetchall() == [(3,)]


def test_an_idle_follower_stops_when_its_session_ended(database: str, log: Log, owner: Connection) -> None:
    """The server may have crashed, and lost what was written last: who starts anew finds out."""
    faults: list[CarnetError] = []
    stop = threading.Event()

    def follow(running: Runner) -> None:
        try:
            running.follow(stop)
        except CarnetError as fault:
            faults.append(fault)

    with runner(database, log, TALLY) as running:
        following = threading.Thread(target=follow, args=[running])
        following.start()
        arrived(owner, grow(log, [uuid4()], [MORE]))
        owner.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        following.join(timeout=10)
        stop.set()
        following.join(timeout=10)
    assert [fault.exit_code for fault in faults] == [6]


def test_a_runner_whose_session_was_ended_writes_nothing_more(
    database: str, log: Log, owner: Connection
) -> None:
    grow(log, [uuid4()], [MORE])
    with runner(database, log, TALLY) as running:
        running.catch_up()
        owner.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        grow(log, [uuid4()], [MORE])
        with runner(database, log, TALLY) as other:
            other.catch_up()
            with pytest.raises(CarnetError):
                running.catch_up()
    assert len(rows_of(owner, "tally")) == 2
