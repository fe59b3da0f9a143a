from __future__ import annotations

import pickle
from uuid import UUID, uuid4

import pytest

import projections
from domain.kernel import Event
from domain.orders.following import CarAllocated
from projections.customer_status import CUSTOMER_STATUS
from projections.kernel import Projection
from projections.parked_events import reason_of
from projections.slots import ALL, SLOTS, share, shares, slot_of
from tests.examples import CAR_ID
from tests.unit.projections.playing import recorded


@pytest.mark.parametrize("workers", [1, 2, 3, 7, 64])
def test_every_slot_is_of_one_worker(workers: int) -> None:
    given = shares(workers)
    assert sorted(slot for slots in given for slot in slots) == list(ALL)
    assert max(map(len, given)) - min(map(len, given)) <= 1


def test_a_key_is_always_in_the_same_slot() -> None:
    assert [slot_of(UUID(int=number)) for number in (0, 63, 64, 130)] == [0, 63, 0, 2]
    assert {slot_of(uuid4()) for _ in range(2_000)} == set(range(SLOTS))


def test_who_fills_all_slots_reads_every_stream() -> None:
    assert share(projections.ALL, ALL).slots is None


@pytest.mark.parametrize("slots", [ALL, (3,)], ids=["all", "one"])
def test_nobody_reads_what_no_projection_wants(slots: tuple[int, ...]) -> None:
    unneeded = set(share([CUSTOMER_STATUS], slots).unneeded)
    assert unneeded == {name for name, event in Event.named.items() if event.family != "orders"}
    assert unneeded > set(share(projections.ALL, slots).unneeded) > {"BuildStarted", "LegDeparted"}


def test_who_fills_some_reads_what_may_come_from_other_streams() -> None:
    read = share(projections.ALL, [3, 4])
    assert read.slots == (3, 4)
    assert {"CarAllocated", "CarTakenAway", "PlanPublished", "PeriodClosed"} < set(read.names)
    assert not {"ReservationPlaced", "VehicleAllocated", "Delivered"} & set(read.names)
    assert share([CUSTOMER_STATUS], [3]).names == ()


def test_what_an_order_tells_of_its_car_stands_with_the_car() -> None:
    compliance = next(one for one in projections.ALL if one.name == "market_compliance")
    told = recorded(CarAllocated(vehicle_id=CAR_ID, production_no="P-1", source="factory"), 1)
    route = compliance.route(CarAllocated)
    assert route is not None
    assert route(told) == CAR_ID


@pytest.mark.parametrize("projection", projections.ALL, ids=lambda one: one.name)
def test_a_projection_says_where_its_events_go(projection: Projection) -> None:
    routed: set[type[Event]] = {*projection.elsewhere, *projection.everywhere}
    assert all(projection.wanted(event) for event in routed)
    assert not projection.elsewhere.keys() & projection.everywhere
    assert projection.copied <= set(projection.rows)
    # Rows that several slots read come from events that every slot reads, and the other way round.
    assert bool(projection.copied) == bool(projection.everywhere)


@pytest.mark.parametrize("projection", projections.ALL, ids=lambda one: one.name)
def test_a_projection_can_be_handed_to_another_process(projection: Projection) -> None:
    assert pickle.loads(pickle.dumps(projection)).rows == projection.rows


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("plan"), "KeyError: 'plan'."),
        (ValueError("no such\n  month."), "ValueError: no such month."),
        (ZeroDivisionError(), "ZeroDivisionError."),
    ],
)
def test_a_reason_is_one_sentence(error: Exception, said: str) -> None:
    assert reason_of(error) == said
