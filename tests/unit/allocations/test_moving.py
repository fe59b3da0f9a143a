"""Legs from the plant to the site, also told late, twice and out of order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given as sampled
from hypothesis import strategies as st

from domain.allocations.allocating import VehicleReleased
from domain.allocations.damaging import DamageReported, ReportDamage
from domain.allocations.moving import ArrivalEstimated, EstimateArrival
from domain.allocations.state import Vehicle
from domain.kernel import Command, Event, fold
from tests.examples import CAR_ID, DAY, ORDER_ID, sha
from tests.story import given
from tests.unit.allocations.car import (
    ALLOCATED,
    BUILT,
    ETA,
    ON_SITE,
    arrive,
    arrived,
    depart,
    departed,
    in_stock,
    ordered,
)

estimate = EstimateArrival(vehicle_id=CAR_ID, estimate=ETA + DAY, cause="transport")
damage = ReportDamage(vehicle_id=CAR_ID, code="02114", severity="minor", photos_sha256=(sha("4"),))


def test_a_car_travels_to_its_site() -> None:
    assert given(*BUILT).when(depart).then(departed).after(Vehicle).progress == "in_transit"
    assert given(*BUILT, departed).when(arrive).then(arrived).after(Vehicle).progress == "on_site"


def test_an_intermediate_stop_is_not_the_site() -> None:
    stop = replace(arrive, final=False)
    assert given(*BUILT, departed).when(stop).flagged().after(Vehicle).progress == "in_transit"


def test_a_car_on_site_may_leave_for_another() -> None:
    second = replace(depart, leg_no=2, mode="road", place_from="DEMUC", place_to="DEAGB")
    after = given(*ON_SITE).when(second).flagged().after(Vehicle)
    assert (after.progress, after.leg_no, after.leg_over) == ("in_transit", 2, False)


def test_a_repeat_tells_nothing_new() -> None:
    given(*ON_SITE).when(arrive).nothing()
    given(*BUILT, departed).when(depart).nothing()


@pytest.mark.parametrize("told", [depart, arrive, estimate, damage])
def test_nothing_is_told_of_a_car_that_is_not_there(told: Command) -> None:
    given().when(told).refused("unknown_vehicle")


def test_what_does_not_fit_is_flagged() -> None:
    given(*ALLOCATED).when(depart).flagged("not_built")
    given(*BUILT).when(arrive).flagged("no_departure")
    given(*BUILT, departed).when(replace(depart, mode="sea")).flagged("leg_over")
    given(*ON_SITE).when(replace(arrive, place="DEHAM")).flagged("leg_over")


def test_a_late_departure_does_not_move_the_car_back() -> None:
    outcome = given(*BUILT, arrived).when(depart).flagged("leg_over")
    assert outcome.after(Vehicle).progress == "on_site"


def test_an_estimate_is_told_once() -> None:
    told = ArrivalEstimated(estimate=ETA + DAY, cause="transport", order_id=ORDER_ID)
    given(*BUILT, departed).when(estimate).then(told)
    given(*BUILT, departed, told).when(estimate).nothing()


def test_damage_is_recorded_with_its_photos() -> None:
    outcome = given(*BUILT, departed).when(damage)
    assert outcome.event(DamageReported).photos_sha256 == (sha("4"),)
    assert outcome.after(Vehicle).damages == 1
    given(*BUILT).when(replace(damage, photos_sha256=("photo.jpg",))).refused("sha256")


def test_places_and_legs_are_what_they_must_be() -> None:
    given(*BUILT).when(replace(depart, place_from="Leipzig")).refused("place")
    given(*BUILT).when(replace(depart, place_to="de muc")).refused("place")
    given(*BUILT).when(replace(arrive, place="")).refused("place")
    given(*BUILT).when(replace(depart, leg_no=0)).refused("leg_no")
    given(*BUILT).when(replace(arrive, leg_no=-1)).refused("leg_no")


@pytest.mark.parametrize("code", ["", "2114", "002114", "Frau Muster, Tel. 0171", "０２１１４"])
def test_a_damage_has_a_code_and_no_story(code: str) -> None:
    given(*ON_SITE).when(replace(damage, code=code)).refused("damage_code")


EVENTS: tuple[Event, ...] = (*ON_SITE, in_stock, ordered, VehicleReleased(order_id=ORDER_ID, reason="lapsed"))


@sampled(st.lists(st.sampled_from(EVENTS), max_size=20))
def test_no_order_of_events_fails(events: list[Event]) -> None:
    vehicle = fold(Vehicle(), events)
    assert vehicle.leg_no in {0, 1}
    assert vehicle.order_id in {None, ORDER_ID}
