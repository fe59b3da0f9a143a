"""AL-01: a car is for one order at a time, by its own stream and by those of the orders."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest
from hypothesis import given as sampled
from hypothesis import strategies as st

from domain.allocations.allocating import VehicleAllocated, VehicleReallocated, VehicleReleased
from domain.compliance.allocating import VehicleFacts, evolve_vehicle_facts, vehicle_of
from domain.compliance.audit import audit_vehicle
from domain.compliance.finding import Finding
from domain.kernel import Event
from domain.orders.following import CarAllocated, CarTakenAway
from tests.examples import CAR_ID, NOON, ORDER_ID, OTHER_ORDER_ID, ident, placed
from tests.recording import recorded

given_1 = CAR_ID, VehicleAllocated(order_id=ORDER_ID, source="stock")
given_2 = CAR_ID, VehicleAllocated(order_id=OTHER_ORDER_ID, source="stock")
moved = CAR_ID, VehicleReallocated(from_order_id=ORDER_ID, to_order_id=OTHER_ORDER_ID, reason="swap")
released = CAR_ID, VehicleReleased(order_id=ORDER_ID, reason="cancelled")
got_1 = ORDER_ID, CarAllocated(vehicle_id=CAR_ID, production_no="1", source="stock")
got_2 = OTHER_ORDER_ID, CarAllocated(vehicle_id=CAR_ID, production_no="1", source="stock")
lost_1 = ORDER_ID, CarTakenAway(vehicle_id=CAR_ID, reason="swap")

Told = tuple[UUID, Event]


def facts_of(*told: Told) -> VehicleFacts:
    facts = VehicleFacts()
    for position, (stream_id, event) in enumerate(told, start=1):
        facts = evolve_vehicle_facts(facts, recorded(event, stream_id=stream_id, at=NOON, position=position))
    return facts


def audited(*told: Told) -> Finding:
    (found,) = audit_vehicle(facts_of(*told))
    return found


def test_one_order_at_a_time_passes() -> None:
    assert audited().verdict == "N/A"
    assert audited(given_1, got_1).verdict == "PASS"
    assert audited(given_1, got_1, moved, lost_1, got_2).verdict == "PASS"
    assert audited(given_1, got_1, released, lost_1, given_2, got_2).verdict == "PASS"
    assert audited(given_1, got_1, released, lost_1).verdict == "N/A"


@pytest.mark.parametrize(
    "told",
    [
        (given_1, given_2),
        (given_2, moved, given_1),
        (got_1, got_2),
        (given_1, got_1, moved, got_2),
    ],
)
def test_two_at_once_fail_from_either_side(told: tuple[Told, ...]) -> None:
    found = audited(*told)
    assert (found.rule, found.verdict, found.severity) == ("AL-01", "FAIL", 1)
    assert len(found.evidence) >= 2


def test_a_release_that_freed_nothing_takes_no_claim_away() -> None:
    kept = CAR_ID, VehicleReleased(order_id=ORDER_ID, reason="mistake", contradicts=("delivered",))
    assert audited(given_1, got_1, kept).verdict == "PASS"
    assert audited(given_1, kept, given_2).verdict == "FAIL"


ORDERS = ident(1), ident(2), ident(3)
ANY = st.one_of(
    st.builds(VehicleAllocated, order_id=st.sampled_from(ORDERS), source=st.just("stock")),
    st.builds(
        VehicleReallocated,
        from_order_id=st.sampled_from((*ORDERS, None)),
        to_order_id=st.sampled_from(ORDERS),
        reason=st.just("swap"),
    ),
    st.builds(VehicleReleased, order_id=st.sampled_from(ORDERS), reason=st.just("cancelled")),
)


@sampled(st.lists(ANY, max_size=8))
def test_a_double_is_found_just_when_the_car_had_two_orders(
    events: list[VehicleAllocated | VehicleReallocated | VehicleReleased],
) -> None:
    having, double = set[UUID | None](), False
    for event in events:
        match event:
            case VehicleReallocated(from_order_id=before, to_order_id=after):
                having = having - {before} | {after}
            case VehicleReleased(order_id=order_id):
                having -= {order_id}
            case VehicleAllocated(order_id=order_id):
                having |= {order_id}
        double = double or len(having) > 1
    verdict = "FAIL" if double else "PASS" if having else "N/A"
    assert audited(*((CAR_ID, event) for event in events)).verdict == verdict


def test_however_many_claim_a_car_the_facts_stay_small() -> None:
    two, many = (
        facts_of(*((CAR_ID, VehicleAllocated(order_id=ident(n), source="stock")) for n in range(claims)))
        for claims in (2, 200)
    )
    assert two == many


def test_what_was_put_right_later_is_still_found() -> None:
    assert audited(given_1, given_2, released).verdict == "FAIL"


def test_to_be_given_the_same_car_again_is_no_second_allocation() -> None:
    assert audited(given_1, given_1, got_1, got_1).verdict == "PASS"


def test_events_find_their_vehicle() -> None:
    for stream_id, event in (given_1, moved, released, got_1, lost_1):
        assert vehicle_of(recorded(event, stream_id=stream_id, at=NOON)) == CAR_ID
    assert vehicle_of(recorded(placed, stream_id=ORDER_ID, at=NOON)) is None


def test_facts_can_be_stored_as_json() -> None:
    facts = facts_of(given_1, got_1, given_2)
    assert msgspec.json.decode(msgspec.json.encode(facts), type=VehicleFacts) == facts
