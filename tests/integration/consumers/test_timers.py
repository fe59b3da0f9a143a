"""What falls due is asked for once, by the one clock, whatever happens to the process."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from consumers.lag import timer_lag
from domain.orders.reserving import ReservationLapsed, ReservationPlaced
from infra.clock import SimulatedClock
from infra.embedded.processes import wait_until
from projections.deadlines import DEADLINES
from projections.following import catch_up
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
