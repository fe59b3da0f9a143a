"""Our own events ask for commands, exactly once and in order."""

import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from time import sleep
from uuid import UUID, uuid4

import pytest

from consumers import factory as plant
from consumers import following
from consumers.following import PolicyRunner
from consumers.kernel import Past, Policy
from consumers.lag import policy_lags
from consumers.policies import follow_cars
from domain.allocations.allocating import VehicleReleased
from domain.kernel import Recorded
from domain.orders.cancelling import CancelOrder
from domain.orders.following import CarBuilt, CarTakenAway, FollowCar, OrderFrozen, OrderPlanned
from domain.orders.reserving import ReservationPlaced
from infra.embedded.processes import wait_until
from infra.errors import PostgresFault
from infra.topics import FACTORY
from tests.integration.consumers.conftest import AT, SECONDS, Scene


def build(scene: Scene, car: UUID) -> None:
    scene.send(
        FACTORY, car, plant.ProductionScheduled(vehicle_id=car, plant="LEJ", week="2026-W23", scheduled_at=AT)
    )
    scene.send(FACTORY, car, plant.ProductionFrozen(vehicle_id=car, frozen_at=AT))
    scene.send(FACTORY, car, plant.BuildStarted(vehicle_id=car, started_at=AT))
    scene.send(FACTORY, car, plant.BuildCompleted(vehicle_id=car, completed_at=AT))


def milestones(scene: Scene, order: UUID) -> list[type]:
    kinds = (OrderPlanned, OrderFrozen, CarBuilt)
    return [type(one.event) for one in scene.history(order) if isinstance(one.event, kinds)]


def caught_up(scene: Scene) -> bool:
    with scene.shop.pool.connection() as connection:
        return not any(lag.waiting for lag in policy_lags(connection))


def settle(scene: Scene) -> None:
    """Run the policies until they have looked at every event."""
    with scene.running("policies"):
        assert wait_until(lambda: caught_up(scene), seconds=SECONDS)


def test_the_milestones_of_a_car_are_told_to_its_order(scene: Scene) -> None:
    order = scene.reserve()
    car = scene.produce(order)
    build(scene, car)
    scene.taken("factory")
    settle(scene)
    assert milestones(scene, order) == [OrderPlanned, OrderFrozen, CarBuilt]
    cause, told = scene.history(car)[-1], scene.history(order)[-1]
    assert (told.causation_id, told.correlation_id) == (cause.event_id, cause.correlation_id)
    assert (told.actor, told.occurred_at) == ("policy:follow_cars", cause.occurred_at)
    planned = next(one.event for one in scene.history(order) if isinstance(one.event, OrderPlanned))
    assert planned.production_no == f"P{car.hex[:8]}"


def test_an_order_that_ends_frees_its_car(scene: Scene) -> None:
    order = scene.reserve()
    car = scene.produce(order)
    scene.ask(CancelOrder(order_id=order, initiator="customer", reason="change_of_mind", fault="customer"))
    settle(scene)
    assert isinstance(scene.history(car)[-1].event, VehicleReleased)
    assert isinstance(scene.history(order)[-1].event, CarTakenAway)


def test_a_policy_that_is_started_again_asks_nothing_twice(scene: Scene) -> None:
    orders = [scene.reserve() for _ in range(5)]
    for order in orders:
        build(scene, scene.produce(order))
    scene.taken("factory")
    for _ in range(3):
        settle(scene)
    assert [milestones(scene, order) for order in orders] == [[OrderPlanned, OrderFrozen, CarBuilt]] * 5
    ((doubled,),) = scene.rows(
        "select count(*) - count(distinct causation_id) from carnet.events where actor like 'policy:%%'"
    )
    assert doubled == 0


def test_killed_a_policy_repeats_nothing(scene: Scene) -> None:
    orders = [scene.reserve() for _ in range(30)]
    for order in orders:
        build(scene, scene.produce(order))
    scene.taken("factory")
    for before, after in ((3, 0), (0, 5), (2, 0)):
        process = scene.start("policies", before=before, after=after)
        _, said = process.communicate(timeout=SECONDS)
        assert process.returncode == -signal.SIGKILL, said
    settle(scene)
    assert [milestones(scene, order) for order in orders] == [[OrderPlanned, OrderFrozen, CarBuilt]] * 30
    assert scene.parked() == []


def test_where_one_slot_fails_another_that_is_full_passes_over_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "QUEUED_MAX", 1)
    fails = scene.reserve(UUID(int=1))
    full = [scene.reserve(UUID(int=number << 8)) for number in range(1, 25)]
    looked_at: list[UUID] = []
    fail, slow, failed = Event(), Event(), Event()

    def look(recorded: Recorded, _past: Past) -> None:
        if fail.is_set() and recorded.stream_id == fails:
            slow.wait(SECONDS)
            failed.set()
            raise PostgresFault("It went away.")
        if fail.is_set() and recorded.stream_id == full[2]:
            slow.set()
            failed.wait(SECONDS)
            sleep(4 * following.IDLE_S)  # longer than it is tried to give one more
        looked_at.append(recorded.stream_id)

    policy = Policy(
        name="look", events=frozenset({ReservationPlaced}), order=lambda one: one.stream_id, ask=look
    )
    stop = Event()
    fail.set()
    with pytest.raises(PostgresFault, match="It went away"):
        PolicyRunner([policy], scene.shop).run(stop)
    assert fails not in looked_at
    fail.clear()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(PolicyRunner([policy], scene.shop).run, stop)
        assert wait_until(lambda: {fails, full[-1]} <= {*looked_at}, seconds=SECONDS)
        stop.set()
        running.result(SECONDS)
    assert [one for one in looked_at if one != fails] == full


def test_a_policy_that_is_refused_is_parked_and_can_be_retried(scene: Scene) -> None:
    """As if it had asked it of an order that nobody knows."""
    order = scene.reserve()
    build(scene, scene.produce(order))
    scene.taken("factory")
    unknown = FollowCar(order_id=uuid4(), vehicle_id=uuid4(), milestone="frozen", at=AT)
    mistaken = replace(follow_cars, ask=lambda _recorded, _past: unknown)
    stop = Event()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(PolicyRunner([mistaken], scene.shop).run, stop)
        assert wait_until(lambda: len(scene.parked()) == 3, seconds=SECONDS)
        stop.set()
        running.result(SECONDS)
    rows = scene.parked()
    assert [row.topic for row in rows] == ["policy:follow_cars"] * 3
    assert milestones(scene, order) == []
    scene.retry(rows[0])
    with scene.running("policies"):
        assert wait_until(lambda: not scene.parked(), seconds=SECONDS)
    assert milestones(scene, order) == [OrderPlanned, OrderFrozen, CarBuilt]
