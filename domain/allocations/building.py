"""A car is scheduled at its plant, frozen, built, and gets its VIN after paint.

All of it is told by the factory, whose codes come late, twice and backwards. A report that tells nothing new
yields nothing; one that does not fit is recorded with codes of what it contradicts: `went_back` (the car was
further already), `told_otherwise` (another value was told before), `second_vin`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from domain.allocations.state import Progress, Vehicle, VehicleEvent
from domain.allocations.telling import VehicleReport
from domain.context import Context
from domain.kernel import Refused, replace
from domain.sealed import Sealed, personal
from domain.vin import check_vin

CheckDigit = Literal["ok", "advisory"]

WEEK: Final = re.compile(r"[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])")


class ProductionScheduled(VehicleEvent):
    """The plant planned the build for an ISO week, such as 2026-W23. A later report may move it."""

    plant: str
    week: str
    order_id: UUID | None = None
    contradicts: tuple[str, ...] = ()

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        if self.contradicts:
            return vehicle
        return replace(vehicle, plant=self.plant, week=self.week, progress=vehicle.at_least("scheduled"))


class ProductionFrozen(VehicleEvent):
    """From here on the configuration cannot change."""

    frozen_at: datetime
    order_id: UUID | None = None
    contradicts: tuple[str, ...] = ()

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        return replace(
            vehicle, frozen_at=vehicle.frozen_at or self.frozen_at, progress=vehicle.at_least("frozen")
        )


class BuildStarted(VehicleEvent):
    """The plant began to build the car."""

    order_id: UUID | None = None
    contradicts: tuple[str, ...] = ()

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        return replace(vehicle, build_started=True, progress=vehicle.at_least("building"))


class VinAssigned(VehicleEvent):
    """The car got its VIN, after paint. A second, other VIN contradicts the first, which stays."""

    production_no: str
    vin: Sealed
    check_digit: CheckDigit
    order_id: UUID | None = None
    contradicts: tuple[str, ...] = ()

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        return replace(vehicle, vin=vehicle.vin or self.vin)


class BuildCompleted(VehicleEvent):
    """The car was built, at `completed_at`."""

    completed_at: datetime
    order_id: UUID | None = None
    contradicts: tuple[str, ...] = ()

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        return replace(
            vehicle, built_at=vehicle.built_at or self.completed_at, progress=vehicle.at_least("built")
        )


class ScheduleProduction(VehicleReport):
    """The plant planned the build for an ISO week, such as 2026-W23."""

    plant: str
    week: str

    def happens(self, vehicle: Vehicle, context: Context) -> Iterator[VehicleEvent]:
        if not WEEK.fullmatch(self.week):
            raise Refused("week", "week is an ISO week such as 2026-W23, not {week}", week=self.week)
        if (vehicle.plant, vehicle.week) == (self.plant, self.week):
            return
        yield ProductionScheduled(
            plant=self.plant,
            week=self.week,
            order_id=vehicle.order_id,
            contradicts=("went_back",) if vehicle.reached("building") else (),
        )


class FreezeProduction(VehicleReport):
    """When the report says it happened, the configuration was frozen."""

    def happens(self, vehicle: Vehicle, context: Context) -> Iterator[VehicleEvent]:
        if vehicle.frozen_at == context.occurred_at:
            return
        yield ProductionFrozen(
            frozen_at=context.occurred_at,
            order_id=vehicle.order_id,
            contradicts=_against(vehicle, "frozen", told_before=vehicle.frozen_at is not None),
        )


class StartBuild(VehicleReport):
    """The plant began to build the car."""

    def happens(self, vehicle: Vehicle, context: Context) -> Iterator[VehicleEvent]:
        if vehicle.build_started:
            return
        yield BuildStarted(
            order_id=vehicle.order_id, contradicts=_against(vehicle, "building", told_before=False)
        )


class AssignVin(VehicleReport):
    """The car got this VIN. The text is sealed under the car; no other car can have it."""

    vin: Sealed = personal(subject="vehicle_id", group="vehicle", check=check_vin, unique=True)

    def happens(self, vehicle: Vehicle, context: Context) -> Iterator[VehicleEvent]:
        if vehicle.vin == self.vin:
            return
        yield VinAssigned(
            production_no=vehicle.production_no,
            vin=self.vin,
            check_digit="ok" if self.vin.remark == "ok" else "advisory",
            order_id=vehicle.order_id,
            contradicts=("second_vin",) if vehicle.vin else (),
        )


class CompleteBuild(VehicleReport):
    """When the report says it happened, the car was built."""

    def happens(self, vehicle: Vehicle, context: Context) -> Iterator[VehicleEvent]:
        if vehicle.built_at == context.occurred_at:
            return
        yield BuildCompleted(
            completed_at=context.occurred_at,
            order_id=vehicle.order_id,
            contradicts=_against(vehicle, "built", told_before=vehicle.built_at is not None),
        )


def _against(vehicle: Vehicle, progress: Progress, *, told_before: bool) -> tuple[str, ...]:
    if told_before:
        return ("told_otherwise",)
    return ("went_back",) if vehicle.progress != progress and vehicle.reached(progress) else ()
