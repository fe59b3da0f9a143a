"""What the factory tells, also late, twice and backwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.allocations.building import (
    AssignVin,
    CompleteBuild,
    FreezeProduction,
    ProductionFrozen,
    ScheduleProduction,
    StartBuild,
    VinAssigned,
)
from domain.allocations.state import Vehicle
from domain.kernel import Command
from domain.sealed import Sealed, personal_fields
from domain.vin import check_vin
from tests.examples import CAR_ID, DAY, NOON, VIN, ident, sha
from tests.story import given
from tests.unit.allocations.car import (
    ALLOCATED,
    BUILT,
    BUILT_AT,
    FROZEN_AT,
    assign_vin,
    built,
    frozen,
    ordered,
    schedule,
    scheduled,
    started,
    vin_assigned,
)

freeze = FreezeProduction(vehicle_id=CAR_ID)
start = StartBuild(vehicle_id=CAR_ID)
complete = CompleteBuild(vehicle_id=CAR_ID)


def test_a_car_is_built_step_by_step() -> None:
    given(*ALLOCATED).when(schedule).then(scheduled)
    given(*ALLOCATED, scheduled).when(freeze, at=FROZEN_AT).then(frozen)
    given(*ALLOCATED, scheduled, frozen).when(start).then(started)
    given(*ALLOCATED, scheduled, frozen, started).when(assign_vin).then(vin_assigned)
    given(*BUILT[:-1]).when(complete, at=BUILT_AT).then(built)


def test_a_milestone_names_the_order_that_the_car_was_for() -> None:
    event = given(ordered).when(freeze).event(ProductionFrozen)
    assert event.order_id is None


@pytest.mark.parametrize("told", [schedule, start, assign_vin])
def test_a_repeat_tells_nothing_new(told: Command) -> None:
    given(*BUILT).when(told).nothing()


def test_a_repeated_moment_tells_nothing_new() -> None:
    given(*BUILT).when(freeze, at=FROZEN_AT).nothing()
    given(*BUILT).when(complete, at=BUILT_AT).nothing()


def test_another_moment_for_the_same_is_flagged_and_the_first_stays() -> None:
    outcome = given(*BUILT).when(freeze, at=FROZEN_AT + DAY).flagged("told_otherwise")
    assert outcome.after(Vehicle).frozen_at == FROZEN_AT
    given(*BUILT).when(complete, at=BUILT_AT + timedelta(hours=1)).flagged("told_otherwise")


def test_the_plant_may_move_the_week_until_it_builds() -> None:
    later = replace(schedule, week="2026-W22")
    assert given(*ALLOCATED, scheduled).when(later).flagged().after(Vehicle).week == "2026-W22"
    assert given(*BUILT).when(later).flagged("went_back").after(Vehicle).week == "2026-W20"


def test_codes_out_of_order_are_recorded_and_the_furthest_stands() -> None:
    outcome = given(*ALLOCATED, built).when(freeze, at=FROZEN_AT).flagged("went_back")
    assert outcome.after(Vehicle).progress == "built"
    assert outcome.after(Vehicle).frozen_at == FROZEN_AT
    given(*ALLOCATED, built).when(start).flagged("went_back")


def test_a_second_vin_is_recorded_and_the_first_stays() -> None:
    other = Sealed(ident(64), CAR_ID, "vehicle", sha("9"), "advisory")
    outcome = given(*BUILT).when(AssignVin(vehicle_id=CAR_ID, vin=other)).flagged("second_vin")
    assert outcome.event(VinAssigned).check_digit == "advisory"
    assert outcome.after(Vehicle).vin == VIN


def test_a_vin_is_sealed_under_its_car_and_no_other_car_can_have_it() -> None:
    how = personal_fields(AssignVin)["vin"]
    assert (how.subject, how.group, how.unique, how.check) == ("vehicle_id", "vehicle", True, check_vin)


@pytest.mark.parametrize("told", [schedule, freeze, start, assign_vin, complete])
def test_nothing_is_told_of_a_car_that_is_not_there(told: Command) -> None:
    given().when(told).refused("unknown_vehicle")


@pytest.mark.parametrize("week", ["2026-20", "2026-W54", "2026-W00", "26-W20", ""])
def test_a_week_is_an_iso_week(week: str) -> None:
    given(*ALLOCATED).when(ScheduleProduction(vehicle_id=CAR_ID, plant="Leipzig", week=week)).refused("week")


def test_the_clock_of_the_report_counts_not_ours() -> None:
    outcome = given(*ALLOCATED).when(freeze, at=FROZEN_AT, now=NOON + 90 * DAY)
    assert outcome.event(ProductionFrozen).frozen_at == FROZEN_AT
