"""Whenever this, then that, without a log."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consumers.kernel import S
from consumers.policies import ALL, follow_cars, release_cars
from domain.allocations.allocating import ReleaseVehicle
from domain.allocations.building import BuildCompleted, ProductionFrozen, ProductionScheduled
from domain.allocations.moving import ArrivalEstimated, LegArrived, LegDeparted
from domain.allocations.state import Vehicle
from domain.handovers.returning import VehicleReturned
from domain.kernel import Command, Event, Stream
from domain.money import Money
from domain.orders.cancelling import OrderCancelled
from domain.orders.changing import FollowEstimate
from domain.orders.following import FollowCar
from domain.orders.state import Car, Order
from tests.examples import CAR_ID, ORDER_ID
from tests.recording import recorded
from tests.unit.allocations.car import BUILT_AT, ETA, FROZEN_AT

NOON = BUILT_AT + timedelta(days=1)
ORDER = Order(car=Car(vehicle_id=CAR_ID))
CANCELLED = OrderCancelled(
    initiator="customer", reason="price", fault="customer", fee=Money(0, "EUR"), stage="built"
)


class Past:
    """The streams of one car and its order."""

    def __init__(self, order: Order = ORDER) -> None:
        self._states = {Vehicle: Vehicle(production_no="7000001"), Order: order}

    def __call__(self, stream: Stream[S], /) -> S:
        state = self._states[stream.state]
        assert isinstance(state, stream.state)
        return state


STORIES: list[tuple[Event, Command | None]] = [
    (
        ProductionScheduled(plant="LEJ", week="2026-W23", order_id=ORDER_ID),
        FollowCar(
            order_id=ORDER_ID,
            vehicle_id=CAR_ID,
            milestone="planned",
            at=NOON,
            production_no="7000001",
            plant="LEJ",
            week="2026-W23",
        ),
    ),
    (ProductionScheduled(plant="LEJ", week="2026-W20", order_id=ORDER_ID, contradicts=("went_back",)), None),
    (ProductionScheduled(plant="LEJ", week="2026-W23"), None),
    (
        ProductionFrozen(frozen_at=FROZEN_AT, order_id=ORDER_ID),
        FollowCar(order_id=ORDER_ID, vehicle_id=CAR_ID, milestone="frozen", at=FROZEN_AT),
    ),
    (
        BuildCompleted(completed_at=BUILT_AT, order_id=ORDER_ID),
        FollowCar(order_id=ORDER_ID, vehicle_id=CAR_ID, milestone="built", at=BUILT_AT),
    ),
    (
        LegDeparted(leg_no=1, mode="rail", place_from="DELEJ", place_to="DEBRV", eta=ETA, order_id=ORDER_ID),
        FollowCar(
            order_id=ORDER_ID,
            vehicle_id=CAR_ID,
            milestone="departed",
            at=NOON,
            leg_no=1,
            mode="rail",
            place_from="DELEJ",
            place_to="DEBRV",
            eta=ETA,
        ),
    ),
    (
        ArrivalEstimated(estimate=ETA, cause="transport", order_id=ORDER_ID),
        FollowEstimate(order_id=ORDER_ID, estimate=ETA, cause="transport"),
    ),
    (
        LegArrived(leg_no=2, place="DEBRV", final=True, order_id=ORDER_ID),
        FollowCar(
            order_id=ORDER_ID,
            vehicle_id=CAR_ID,
            milestone="arrived",
            at=NOON,
            leg_no=2,
            place="DEBRV",
            final=True,
        ),
    ),
]


@pytest.mark.parametrize(("event", "command"), STORIES)
def test_a_milestone_of_a_car_is_told_to_its_order(event: Event, command: Command | None) -> None:
    wanted = follow_cars.want(recorded(event, stream_id=CAR_ID, at=NOON), Past())
    assert (wanted and wanted.command) == command


def test_what_is_asked_carries_its_cause() -> None:
    cause = recorded(BuildCompleted(completed_at=BUILT_AT, order_id=ORDER_ID), stream_id=CAR_ID, at=NOON)
    wanted = follow_cars.want(cause, Past())
    assert wanted is not None
    assert wanted.actor == "policy:follow_cars"
    assert (wanted.occurred_at, wanted.causation_id) == (NOON, cause.event_id)
    assert wanted.correlation_id == cause.correlation_id


@pytest.mark.parametrize(
    ("order", "released"),
    [
        (ORDER, True),
        (replace(ORDER, car=None), False),
        (replace(ORDER, delivered_at=NOON), False),
    ],
    ids=["has a car", "has none", "handed over"],
)
def test_an_order_that_ends_frees_a_car_that_was_not_handed_over(order: Order, *, released: bool) -> None:
    wanted = release_cars.want(recorded(CANCELLED, stream_id=ORDER_ID, at=NOON), Past(order))
    release = ReleaseVehicle(vehicle_id=CAR_ID, order_id=ORDER_ID, reason="cancelled")
    assert (wanted and wanted.command) == (release if released else None)


def test_a_returned_car_is_free() -> None:
    event = VehicleReturned(
        vehicle_id=CAR_ID, odometer_km=90, condition_sha256="ab" * 32, value_loss=Money(0, "EUR")
    )
    wanted = release_cars.want(recorded(event, stream_id=ORDER_ID, at=NOON), Past())
    assert wanted is not None
    assert wanted.command == ReleaseVehicle(vehicle_id=CAR_ID, order_id=ORDER_ID, reason="returned")


def test_policies_have_names_of_their_own() -> None:
    assert len({policy.name for policy in ALL}) == len(ALL)
