"""Following: the milestones of the car, on its order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.kernel import Event, fold
from domain.orders.cancelling import OrderCancelled
from domain.orders.following import (
    CarAllocated,
    CarArrived,
    CarBuilt,
    CarDeparted,
    CarTakenAway,
    CarVinAssigned,
    FollowCar,
    OrderFrozen,
    OrderPlanned,
)
from domain.orders.state import Order
from domain.orders.status import status
from tests.examples import (
    CAR_ID,
    CONTRACTED,
    NOON,
    ORDER_ID,
    OTHER_CAR_ID,
    allocated,
    arrived,
    built,
    eur,
    follow_built,
    frozen,
    planned,
)
from tests.story import given

follow = FollowCar(order_id=ORDER_ID, vehicle_id=CAR_ID, milestone="planned", at=NOON)
departed = CarDeparted(
    vehicle_id=CAR_ID, leg_no=1, mode="rail", place_from="DELEJ", place_to="DEMUC", eta=NOON
)

MILESTONES = [
    (
        replace(follow, production_no="7000001", plant="Leipzig", week="2026-W20"),
        planned,
        "planned",
    ),
    (replace(follow, milestone="frozen", at=frozen.frozen_at), frozen, "frozen"),
    (follow_built, built, "built"),
    (replace(follow, milestone="vin_assigned"), CarVinAssigned(vehicle_id=CAR_ID), "contracted"),
    (
        replace(
            follow,
            milestone="departed",
            leg_no=1,
            mode="rail",
            place_from="DELEJ",
            place_to="DEMUC",
            eta=NOON,
        ),
        departed,
        "in_transit",
    ),
    (replace(follow, milestone="arrived", leg_no=2, place="DEMUC", final=True), arrived, "on_site"),
    (replace(follow, milestone="arrived", leg_no=1, place="DEHAM"), CarArrived, "in_transit"),
]


@pytest.mark.parametrize(("command", "event", "becomes"), MILESTONES)
def test_a_milestone_is_recorded_once_and_moves_the_order(
    command: FollowCar, event: Event | type[Event], becomes: str
) -> None:
    outcome = given(*CONTRACTED, allocated).when(command).then(event)
    assert status(outcome.after(Order)) == becomes
    given(*CONTRACTED, allocated, *(event for _, event in outcome.events)).when(command).nothing()


def test_a_car_of_another_order_is_not_followed() -> None:
    given(*CONTRACTED, allocated).when(replace(follow_built, vehicle_id=OTHER_CAR_ID)).nothing()
    given(*CONTRACTED).when(follow_built).nothing()


def test_the_car_of_an_ended_order_is_not_followed() -> None:
    cancelled = OrderCancelled(
        initiator="customer", reason="delay", fault="principal", fee=eur(0), stage="contracted"
    )
    given(*CONTRACTED, allocated, cancelled).when(follow_built).nothing()


def test_a_departure_tells_how_and_when() -> None:
    given(*CONTRACTED, allocated).when(replace(follow, milestone="departed")).refused("leg")


def test_milestones_out_of_turn_are_all_recorded_and_the_furthest_counts() -> None:
    outcome = given(*CONTRACTED, allocated, arrived).when(follow_built).then(CarBuilt)
    assert status(outcome.after(Order)) == "on_site"


def test_a_plan_that_moves_is_told_again() -> None:
    moved = replace(follow, production_no="7000001", plant="Leipzig", week="2026-W22")
    given(*CONTRACTED, allocated, planned).when(moved).then(OrderPlanned)


def test_a_car_from_stock_has_come_far_already() -> None:
    stock = CarAllocated(
        vehicle_id=CAR_ID, production_no="7000001", source="stock", stage="on_site", frozen_at=NOON
    )
    order = fold(Order(), (*CONTRACTED, stock))
    assert (status(order), order.frozen) == ("on_site", True)


def test_without_its_car_the_order_waits_again() -> None:
    taken = CarTakenAway(vehicle_id=CAR_ID, reason="priority")
    order = fold(Order(), (*CONTRACTED, allocated, planned, frozen, taken))
    assert (status(order), order.frozen, order.car) == ("contracted", False, None)


def test_no_vin_reaches_the_order_as_a_production_number() -> None:
    told = replace(follow, production_no="WBAJB0C51JB084264", plant="Leipzig", week="2026-W22")
    given(*CONTRACTED, allocated).when(told).refused("vin_in_clear")


def test_losing_another_car_changes_nothing() -> None:
    taken = CarTakenAway(vehicle_id=OTHER_CAR_ID, reason="swap")
    assert fold(Order(), (*CONTRACTED, allocated, taken)) == fold(Order(), (*CONTRACTED, allocated))


def test_the_freeze_keeps_its_first_moment() -> None:
    later = OrderFrozen(vehicle_id=CAR_ID, frozen_at=built.completed_at)
    car = fold(Order(), (*CONTRACTED, allocated, frozen, later)).car
    assert car is not None
    assert car.frozen_at == frozen.frozen_at
