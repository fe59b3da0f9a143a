"""What falls due is asked for once, by the one clock, whatever happens to the process."""

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from consumers.lag import timer_lag
from consumers.timers import TimerRunner
from domain.kernel import Recorded
from domain.orders.reserving import ReservationLapsed, ReservationPlaced
from domain.orders.state import Order
from infra.clock import SimulatedClock
from infra.embedded.processes import wait_until
from infra.errors import Contended
from infra.postgres import connect
from infra.timers import Due
from projections import exchanging, making, rebuilding, switching
from projections.deadlines import DEADLINES, Watched, dues
from projections.following import catch_up
from projections.kernel import Change, Gone, Rows
from projections.run import Runner
from projections.switching import Site
from tests.integration.consumers.conftest import SECONDS, Scene, workshop

SPRING = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = SPRING + timedelta(days=90)


@dataclass
class Season:
    """A scene whose time stands still until it is moved."""

    scene: Scene
    clock: SimulatedClock
    file: Path

    def project(self) -> None:
        catch_up(self.scene.book, self.scene.shop.log, [DEADLINES], self.clock)

    def due(self) -> int:
        with self.scene.shop.pool.connection() as connection:
            return timer_lag(connection, self.clock.now()).waiting

    def fire(self) -> None:
        """Run the timers until nothing is due."""
        with self.scene.running("timers"):
            assert wait_until(lambda: self.due() == 0, seconds=SECONDS)

    def lapsed(self, order: UUID) -> int:
        return [type(one.event) for one in self.scene.history(order)].count(ReservationLapsed)


@pytest.fixture
def season(scene: Scene, tmp_path: Path) -> Iterator[Season]:
    file = tmp_path / "clock"
    clock = SimulatedClock(file)
    clock.set(SPRING)
    with workshop(scene.book, scene.keys, clock) as shop:
        scene.shop = shop
        yield Season(scene, clock, file)
    clock.close()


def test_a_deposit_that_does_not_come_lapses_when_it_is_due(season: Season) -> None:
    order, paid = season.scene.reserve(), season.scene.reserve(deposit=0)
    season.project()
    season.fire()
    assert season.lapsed(order) == 0
    season.clock.set(LATER)
    assert season.due() == 1
    season.fire()
    assert (season.lapsed(order), season.lapsed(paid)) == (1, 0)
    recorded = season.scene.history(order)[-1]
    assert (recorded.actor, recorded.occurred_at) == ("timer", LATER)


def test_timers_fire_once_however_often_they_are_started(season: Season) -> None:
    """The projection that would take the rows away does not run meanwhile."""
    orders = [season.scene.reserve() for _ in range(40)]
    season.project()
    season.clock.set(LATER)
    for before, after in ((2, 0), (0, 2)):
        process = season.scene.start("timers", clock=str(season.file), before=before, after=after)
        _, said = process.communicate(timeout=SECONDS)
        assert process.returncode == -signal.SIGKILL, said
    season.fire()
    season.fire()
    assert [season.lapsed(order) for order in orders] == [1] * 40
    assert season.scene.parked() == []


def test_of_one_batch_the_earliest_fires_first(season: Season) -> None:
    due: dict[UUID, datetime] = {}
    for day in range(6):
        season.clock.set(SPRING + timedelta(days=3 * day))
        order = season.scene.reserve()
        placed = season.scene.history(order)[0].event
        assert isinstance(placed, ReservationPlaced)
        due[order] = placed.deposit_due_at
    season.project()
    season.clock.set(LATER)
    season.fire()
    assert sorted(due.values()) == list(due.values())
    assert [season.lapsed(order) for order in due] == [1] * 6


def test_without_the_projection_nothing_is_due(season: Season) -> None:
    assert season.due() == 0
    season.fire()


def sooner(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    """The deadlines as another version has them: each timer comes due a day before, so each is another timer."""
    row = rows.get(Watched, recorded.stream_id)
    before = row.state if row else Order()
    after: Order = recorded.event.evolve(before)
    yield Watched(recorded.stream_id, after)
    standing, due = (
        {
            Due.of(one.stream_id, one.kind, one.due_at - timedelta(days=1))
            for one in dues(recorded.stream_id, order)
        }
        for order in (before, after)
    )
    yield from due - standing
    for moot in standing - due:
        yield Gone(Due, moot.timer_id)


SOONER = replace(DEADLINES, version=DEADLINES.version + 1, project=sooner)


def site_of(season: Season) -> Site:
    return Site(conninfo=season.scene.book, log=season.scene.shop.log, clock=season.clock)


def shown(season: Season) -> int:
    """How many timers readers see, whether or not they may fire."""
    ((count,),) = season.scene.rows("select count(*) from read.due")
    return int(count)


def fired(season: Season) -> int:
    """Fire what may be fired now; how many timers that were."""
    with ThreadPoolExecutor(8) as threads:
        return TimerRunner(season.scene.shop).fire_due(threads)


def test_after_a_switch_nothing_fires_that_an_earlier_version_has_caused(season: Season) -> None:
    order = season.scene.reserve()
    season.project()
    made = rebuilding.prepare(site_of(season), [SOONER])
    assert made
    season.clock.set(LATER)
    assert fired(season) == 1
    assert season.lapsed(order) == 1

    # It goes live as it stands: as far as the one before, which does not know yet what its timer has caused.
    with connect(season.scene.book, "carnet_writer") as connection:
        exchanging.switch(connection, made[0], season.clock.now())
    assert shown(season) == 1
    assert fired(season) == 0

    catch_up(season.scene.book, season.scene.shop.log, [SOONER], season.clock)
    assert (shown(season), fired(season), season.lapsed(order)) == (0, 0, 1)
    late = season.scene.reserve()
    catch_up(season.scene.book, season.scene.shop.log, [SOONER], season.clock)
    season.clock.set(LATER + timedelta(days=90))
    assert (fired(season), season.lapsed(late), season.scene.parked()) == (1, 1, [])


def test_after_a_rollback_nothing_fires_that_the_later_version_has_caused(season: Season) -> None:
    order, site = season.scene.reserve(), site_of(season)
    season.project()
    assert rebuilding.rebuild(site, [SOONER])
    season.clock.set(LATER)
    assert fired(season) == 1
    catch_up(season.scene.book, season.scene.shop.log, [SOONER], season.clock)
    assert shown(season) == 0

    with switching.alone(site, "rollback", [SOONER]) as connection:
        switching.roll_back(connection, site, SOONER)
    assert shown(season) == 1, "the kept build stands where it stood"
    assert fired(season) == 0
    season.project()
    assert (shown(season), fired(season), season.lapsed(order), season.scene.parked()) == (0, 0, 1, [])


def test_a_build_that_is_not_live_fires_nothing(season: Season) -> None:
    order = season.scene.reserve()
    season.project()
    placed = season.scene.history(order)[0].event
    assert isinstance(placed, ReservationPlaced)
    rebuilding.prepare(site_of(season), [SOONER])
    season.clock.set(placed.deposit_due_at - timedelta(hours=12))
    assert fired(season) == 0
    with switching.alone(site_of(season), "switch", [SOONER]) as connection:
        assert switching.go_live(connection, site_of(season), [switching.next_build(connection, SOONER)])
    assert fired(season) == 1, (
        "live, it asks for what its rows say; the order itself refuses, for it is too soon"
    )


def test_a_first_build_fires_nothing_before_it_knows_the_log(season: Season) -> None:
    order = season.scene.reserve()
    season.clock.set(LATER)
    season.scene.reserve()
    with connect(season.scene.book, "carnet_writer") as connection:
        build = making.go_live_first(connection, DEADLINES, season.clock.now())
    with Runner(season.scene.book, season.scene.shop.log, [build], season.clock) as runner:
        runner.catch_up(until=1)
        assert (shown(season), fired(season)) == (1, 0)
        runner.catch_up()
    assert (fired(season), season.lapsed(order)) == (1, 1)


def test_rows_of_timers_that_have_fired_are_passed_over_while_the_projection_stands_still(
    season: Season,
) -> None:
    many, looks = 5_000, 20
    season.project()
    season.scene.rows(
        """with fired as (
            insert into carnet.commands select gen_random_uuid(), n, 1 from generate_series(1, %s) n
            returning command_id
        )
        insert into read_deadlines_1.due
        select gen_random_uuid(), now() - interval '9 years', gen_random_uuid(), 'LapseReservation', command_id
        from fired returning 1""",
        many,
    )
    order = season.scene.reserve()
    season.project()
    season.clock.set(LATER)
    with ThreadPoolExecutor(8) as threads:
        runner = TimerRunner(season.scene.shop)
        assert runner.fire_due(threads) == 1
        before = commands_read(season)
        assert [runner.fire_due(threads) for _ in range(looks)] == [0] * looks
        assert commands_read(season) - before <= many
    assert season.lapsed(order) == 1


def commands_read(season: Season) -> int:
    """How often it was looked up whether a command is in the log."""
    season.scene.shop.pool.run(lambda connection: connection.execute("select pg_stat_force_next_flush()"))
    ((count,),) = season.scene.rows(
        """select seq_tup_read + idx_tup_read from pg_stat_user_tables t
        join pg_stat_user_indexes i using (relid) where i.indexrelid = 'carnet.commands_pkey'::regclass"""
    )
    return int(count)


def test_a_timer_that_comes_late_is_due_at_the_next_look_together_with_the_later_ones(season: Season) -> None:
    first = season.scene.reserve()
    season.project()
    season.clock.set(SPRING + timedelta(days=1))
    late = season.scene.reserve()
    season.clock.set(SPRING + timedelta(days=2))
    last = season.scene.reserve()
    season.clock.set(LATER)
    with ThreadPoolExecutor(8) as threads:
        runner = TimerRunner(season.scene.shop)
        assert runner.fire_due(threads) == 1
        # As when the projection had them out of order: one is due before what has fired, one after it.
        season.scene.rows("update read_deadlines_1.due set due_at = due_at + interval '36 hours' returning 1")
        assert runner.fire_due(threads) == 0
        season.project()
        assert runner.fire_due(threads) == 2
    assert [season.lapsed(order) for order in (first, late, last)] == [1, 1, 1]


class Held(ThreadPoolExecutor):
    """Threads that fire nothing before they are let go."""

    def __init__(self) -> None:
        super().__init__(8)
        self.begun, self.let_go = threading.Event(), threading.Event()

    def map(self, *args: Any, **kwargs: Any) -> Any:
        self.begun.set()
        assert self.let_go.wait(SECONDS)
        return super().map(*args, **kwargs)


def test_a_switch_waits_for_the_timers_at_hand(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switching, "PATIENCE_S", 1)
    order, site = season.scene.reserve(), site_of(season)
    season.project()
    season.clock.set(LATER)
    with Held() as threads:
        firing = threading.Thread(target=TimerRunner(season.scene.shop).fire_due, args=[threads])
        firing.start()
        assert threads.begun.wait(SECONDS)
        with pytest.raises(Contended, match="rows of deadlines"):
            rebuilding.rebuild(site, [SOONER])
        threads.let_go.set()
        firing.join(SECONDS)
    assert rebuilding.rebuild(site, [SOONER])
    assert (shown(season), fired(season), season.lapsed(order)) == (0, 0, 1)
