"""A visit to the workshop: booked, collected, worked on, handed back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given as sampled
from hypothesis import strategies as st

from domain.allocations.state import Vehicle
from domain.kernel import Command, Event, Stream, fold
from domain.sealed import Sealed, personal_fields
from domain.service.booking import BookService, CancelService, ServiceBooked, ServiceCancelled
from domain.service.state import Visit
from domain.service.working import (
    CollectVehicle,
    CompleteWork,
    HandBackVehicle,
    StartWork,
    VehicleCollected,
    VehicleHandedBack,
    WorkCompleted,
    WorkStarted,
)
from tests.examples import CAR_ID, CUSTOMER_ID, SITE_ID, ident, sha
from tests.story import Story, given
from tests.unit.allocations.car import in_stock

VISIT_ID = ident(71)
DRIVER_ID, TECHNICIAN_ID = ident(72), ident(73)
ADDRESS = Sealed(ident(74), CUSTOMER_ID, "service", sha("7"))
STARTS_AT = datetime(2026, 9, 1, 7, tzinfo=UTC)
IN, OUT = sha("5"), sha("6")

book = BookService(
    visit_id=VISIT_ID,
    vehicle_id=CAR_ID,
    customer_id=CUSTOMER_ID,
    site_id=SITE_ID,
    starts_at=STARTS_AT,
    collect=True,
    address=ADDRESS,
)
booked = ServiceBooked(
    vehicle_id=CAR_ID,
    customer_id=CUSTOMER_ID,
    site_id=SITE_ID,
    starts_at=STARTS_AT,
    collect=True,
    address=ADDRESS,
    market="DE",
)
collect = CollectVehicle(
    visit_id=VISIT_ID, driver_id=DRIVER_ID, odometer_km=9_000, charge_pct=64, condition_sha256=IN
)
collected = VehicleCollected(driver_id=DRIVER_ID, odometer_km=9_000, charge_pct=64, condition_sha256=IN)
start = StartWork(visit_id=VISIT_ID, technician_id=TECHNICIAN_ID, operations=("brakes", "tyres"))
work_started = WorkStarted(technician_id=TECHNICIAN_ID, operations=("brakes", "tyres"))
complete = CompleteWork(visit_id=VISIT_ID, operations=("brakes", "tyres"))
work_completed = WorkCompleted(operations=("brakes", "tyres"))
hand_back = HandBackVehicle(visit_id=VISIT_ID, odometer_km=9_020, condition_sha256=OUT)
handed_back = VehicleHandedBack(odometer_km=9_020, condition_sha256=OUT)
cancel = CancelService(visit_id=VISIT_ID, reason="customer")

WHOLE = (booked, collected, work_started, work_completed, handed_back)


def booking(*events: Event) -> Story:
    return given(*events).on(Stream(Vehicle, CAR_ID), in_stock)


def test_a_visit_from_the_customers_door_and_back() -> None:
    booking().when(book).then(booked)
    given(booked).when(collect).then(collected)
    given(booked, collected).when(start).then(work_started)
    given(*WHOLE[:3]).when(complete).then(work_completed)
    visit = given(*WHOLE[:4]).when(hand_back).then(handed_back).after(Visit)
    assert (visit.stage, visit.condition_in, visit.condition_out) == ("handed_back", IN, OUT)


def test_a_car_that_its_owner_brings_needs_no_address() -> None:
    booking().when(replace(book, collect=False, address=None)).then(
        replace(booked, collect=False, address=None)
    )
    booking().when(replace(book, address=None)).refused("no_address")


def test_the_address_is_sealed_under_the_customer() -> None:
    how = personal_fields(BookService)["address"]
    assert (how.subject, how.group) == ("customer_id", "service")


def test_a_visit_is_booked_once_ahead_for_a_car_that_there_is() -> None:
    booking(booked).when(book).refused("exists")
    booking().when(book, at=STARTS_AT, now=datetime(2026, 9, 2, tzinfo=UTC)).refused("past")
    given().when(book).refused("unknown_vehicle")


def test_a_visit_is_called_off_while_the_car_is_with_its_owner() -> None:
    given(booked).when(cancel).then(ServiceCancelled(reason="customer"))
    given(booked, collected).when(cancel).refused("too_late")
    given(booked, ServiceCancelled(reason="customer")).when(cancel).refused("too_late")


def test_a_handoff_without_condition_record_is_recorded_and_flagged() -> None:
    bare = given(booked).when(replace(collect, condition_sha256=None)).flagged("no_condition_record")
    assert bare.after(Visit).condition_in == ""
    given(*WHOLE[:4]).when(replace(hand_back, condition_sha256=None)).flagged("no_condition_record")


def test_a_condition_record_that_comes_later_counts() -> None:
    bare = replace(collected, condition_sha256=None, contradicts=("no_condition_record",))
    outcome = given(booked, bare).when(collect).flagged("told_before")
    assert outcome.after(Visit).condition_in == IN


@pytest.mark.parametrize("told", [collect, start, complete, hand_back])
def test_a_repeat_tells_nothing_new(told: Command) -> None:
    given(*WHOLE).when(told).nothing()


@pytest.mark.parametrize("told", [collect, start, complete, hand_back, cancel])
def test_nothing_is_told_of_a_visit_that_nobody_booked(told: Command) -> None:
    given().when(told).refused("unknown_visit")


def test_what_does_not_fit_is_flagged() -> None:
    brought = replace(booked, collect=False, address=None)
    given(brought).when(collect).flagged("not_to_be_collected")
    given(booked).when(start).flagged("out_of_order")
    given(booked, collected).when(complete).flagged("out_of_order")
    given(*WHOLE[:4]).when(replace(hand_back, odometer_km=8_000)).flagged("odometer_went_back")
    off = booked, ServiceCancelled(reason="customer")
    given(*off).when(collect).flagged("cancelled")


def test_more_work_is_added_to_what_was_begun() -> None:
    more = replace(start, operations=("tyres", "wipers"))
    visit = given(*WHOLE[:3]).when(more).flagged().after(Visit)
    assert visit.operations == ("brakes", "tyres", "wipers")


def test_readings_are_what_they_must_be() -> None:
    given(booked).when(replace(collect, odometer_km=-1)).refused("odometer")
    given(booked).when(replace(collect, charge_pct=101)).refused("charge")
    given(booked).when(replace(collect, condition_sha256="photo")).refused("sha256")
    given(*WHOLE[:4]).when(replace(hand_back, odometer_km=-1)).refused("odometer")
    given(*WHOLE[:4]).when(replace(hand_back, condition_sha256="photo")).refused("sha256")


@sampled(st.lists(st.sampled_from((*WHOLE, ServiceCancelled(reason="no_show"))), max_size=12))
def test_no_order_of_events_fails(events: list[Event]) -> None:
    visit = fold(Visit(), events)
    assert visit.exists == bool(events)
