"""One car, one live allocation: given, moved to another order, taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.allocations.allocating import VehicleAllocated, VehicleReallocated, VehicleReleased
from domain.allocations.ordering import ProductionOrdered
from domain.allocations.state import Vehicle
from domain.handovers.returning import VehicleReturned
from domain.kernel import Event
from domain.orders.cancelling import OrderCancelled
from domain.orders.following import CarAllocated, CarTakenAway
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalDeclared
from tests.examples import (
    CAR_ID,
    CONTRACTED,
    DELIVERED,
    HANDOVER,
    MARKETS,
    ORDER_ID,
    OTHER_CAR_ID,
    OTHER_ORDER_ID,
    eur,
    placed,
    placed_nc,
    sha,
)
from tests.story import given
from tests.unit.allocations.car import (
    ALLOCATED,
    BUILT,
    CAR,
    FROZEN_AT,
    ON_SITE,
    ORDER,
    OTHER_ORDER,
    allocate,
    allocated,
    enter_stock,
    in_stock,
    ordered,
    produce,
    release,
    retag,
)

has_car = CarAllocated(vehicle_id=CAR_ID, production_no="7000001", source="factory")
declared = WithdrawalDeclared(medium="letter", declared_at=HANDOVER, window_ends_at=None, in_time=True)
cancelled = OrderCancelled(
    initiator="customer", reason="change_of_mind", fault="customer", fee=eur(0), stage="contracted"
)


def test_a_production_order_may_come_before_its_customer() -> None:
    given().when(produce).then((CAR, ordered))


def test_a_production_order_for_a_customer_is_allocated_at_once() -> None:
    given().on(ORDER, *CONTRACTED).when(replace(produce, order_id=ORDER_ID)).then(
        (CAR, replace(ordered, order_id=ORDER_ID)), (CAR, allocated), (ORDER, has_car)
    )


def test_a_car_has_one_beginning() -> None:
    given(ordered).when(produce).refused("exists")
    given(ordered).when(enter_stock).refused("exists")
    given(in_stock).when(produce).refused("exists")


def test_a_car_is_ordered_for_a_market_that_there_is() -> None:
    given().when(replace(produce, market="ZZ")).refused("unknown_market")
    assert MARKETS.place("DE").market == "DE"


def test_a_car_and_an_order_find_each_other_in_both_streams() -> None:
    given(ordered).on(ORDER, *CONTRACTED).when(allocate).then((CAR, allocated), (ORDER, has_car))


def test_an_order_learns_how_far_its_car_has_come() -> None:
    free = [event for event in BUILT if not isinstance(event, VehicleAllocated)]
    got = given(*free).on(ORDER, *CONTRACTED).when(allocate).event(CarAllocated)
    assert (got.stage, got.frozen_at) == ("built", FROZEN_AT)
    stock = replace(allocate, source="stock")
    assert given(in_stock).on(ORDER, *CONTRACTED).when(stock).event(CarAllocated).stage == "on_site"


def test_a_car_that_is_allocated_is_not_given_twice() -> None:
    second = replace(allocate, order_id=OTHER_ORDER_ID)
    given(*ALLOCATED).on(OTHER_ORDER, placed).when(second).refused("allocated")


def test_an_order_takes_one_car() -> None:
    other = replace(has_car, vehicle_id=OTHER_CAR_ID)
    given(ordered).on(ORDER, *CONTRACTED, other).when(allocate).refused("has_car")
    given(ordered).on(ORDER, *DELIVERED).when(allocate).refused("delivered")
    given(ordered).on(ORDER, *CONTRACTED, cancelled).when(allocate).refused("cancelled")


def test_nobody_allocates_what_is_not_there() -> None:
    given().on(ORDER, *CONTRACTED).when(allocate).refused("unknown_vehicle")
    given(ordered).when(allocate).refused("unknown_order")


def test_a_car_is_what_the_order_is_for() -> None:
    given(ordered).on(ORDER, placed_nc).when(allocate).refused("another_model")
    wrong = replace(produce, model="Countryman", order_id=ORDER_ID)
    given().on(ORDER, *CONTRACTED).when(wrong).refused("another_model")


def test_a_car_is_retagged_in_three_streams_at_once() -> None:
    story = given(*ALLOCATED).on(ORDER, *CONTRACTED, has_car).on(OTHER_ORDER, *CONTRACTED)
    outcome = story.when(retag).then(
        (CAR, VehicleReallocated(from_order_id=ORDER_ID, to_order_id=OTHER_ORDER_ID, reason="swap")),
        (ORDER, CarTakenAway(vehicle_id=CAR_ID, reason="swap")),
        (OTHER_ORDER, has_car),
    )
    assert outcome.after(Vehicle).order_id == OTHER_ORDER_ID


def test_a_car_without_customer_is_tagged_to_one() -> None:
    tag = replace(retag, from_order_id=None)
    given(ordered).on(OTHER_ORDER, *CONTRACTED).when(tag).then(
        (CAR, VehicleReallocated(from_order_id=None, to_order_id=OTHER_ORDER_ID, reason="swap")),
        (OTHER_ORDER, has_car),
    )
    stock = given(in_stock).on(OTHER_ORDER, *CONTRACTED).when(tag).event(CarAllocated)
    assert stock.source == "stock"


def test_a_car_is_retagged_only_from_the_order_that_has_it() -> None:
    orders = given(ordered).on(ORDER, *CONTRACTED).on(OTHER_ORDER, *CONTRACTED)
    orders.when(retag).refused("not_allocated")
    free = replace(retag, from_order_id=None)
    given(*ALLOCATED).on(OTHER_ORDER, *CONTRACTED).when(free).refused("allocated")
    given(*ALLOCATED).on(ORDER, *CONTRACTED).when(replace(retag, to_order_id=ORDER_ID)).refused("same_order")


def test_a_car_that_was_handed_over_stays_with_its_customer() -> None:
    story = given(*ON_SITE).on(ORDER, *DELIVERED).on(OTHER_ORDER, *CONTRACTED)
    story.when(retag).refused("delivered")


def test_an_accepted_withdrawal_frees_no_car_that_did_not_come_back() -> None:
    story = given(*ON_SITE).on(ORDER, *DELIVERED, declared, WithdrawalAccepted())
    story.on(OTHER_ORDER, *CONTRACTED).when(retag).refused("delivered")
    story.when(release).flagged("delivered")


def test_a_car_that_was_handed_over_is_not_released() -> None:
    outcome = given(*ON_SITE).on(ORDER, *DELIVERED).when(release)
    outcome.then(
        (
            CAR,
            VehicleReleased(order_id=ORDER_ID, reason="cancelled", contradicts=("order_live", "delivered")),
        )
    )
    assert outcome.after(Vehicle).order_id == ORDER_ID
    still = given(*ON_SITE, outcome.event(VehicleReleased)).on(OTHER_ORDER, *CONTRACTED)
    still.when(replace(allocate, order_id=OTHER_ORDER_ID)).refused("allocated")


def test_a_production_number_is_no_vin() -> None:
    for vin in ("WBAJB0C51JB084264", " wbajb0c51jb084264 "):
        given().when(replace(produce, production_no=vin)).refused("vin_in_clear")
        refused = given().when(replace(enter_stock, production_no=vin)).refused("vin_in_clear")
        assert vin.strip() not in str(refused.refusal)


@pytest.mark.parametrize("ended", [True, False])
def test_a_car_is_free_when_its_order_ends(ended: bool) -> None:
    end: tuple[Event, ...] = (cancelled,) if ended else ()
    given(*ALLOCATED).on(ORDER, *CONTRACTED, has_car, *end).when(release).then(
        (
            CAR,
            VehicleReleased(
                order_id=ORDER_ID, reason="cancelled", contradicts=() if ended else ("order_live",)
            ),
        ),
        (ORDER, CarTakenAway(vehicle_id=CAR_ID, reason="cancelled")),
    )


def test_to_release_a_car_again_tells_nothing() -> None:
    given(ordered).on(ORDER, *CONTRACTED, cancelled).when(release).nothing()
    moved = VehicleReallocated(from_order_id=ORDER_ID, to_order_id=OTHER_ORDER_ID, reason="swap")
    given(*ALLOCATED, moved).on(ORDER, *CONTRACTED, cancelled).when(release).nothing()


def test_a_car_that_came_back_can_go_to_another_customer() -> None:
    returned = VehicleReturned(
        vehicle_id=CAR_ID, odometer_km=240, condition_sha256=sha("2"), value_loss=eur(0)
    )
    story = given(*ON_SITE).on(ORDER, *DELIVERED, returned).on(OTHER_ORDER, *CONTRACTED)
    assert story.when(retag).after(Vehicle).order_id == OTHER_ORDER_ID


def test_the_production_order_names_whom_it_is_for() -> None:
    for_customer = replace(produce, order_id=ORDER_ID)
    event = given().on(ORDER, placed).when(for_customer).event(ProductionOrdered)
    assert event.order_id == ORDER_ID
