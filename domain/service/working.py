"""What happens on a visit: the car is fetched or brought, worked on, and handed back.

Everything here is told after the fact. A report that tells nothing new yields nothing; one that does not fit
what came before is recorded with the codes of what it contradicts: `cancelled`, `not_to_be_collected`,
`no_condition_record`, `out_of_order`, `told_before`, `odometer_went_back`.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from domain.checks import codes, hashes, odometer
from domain.context import Context
from domain.kernel import Refused, Report, replace
from domain.service.asking import VisitCommand
from domain.service.state import ServiceEvent, Visit, VisitStage


class VehicleCollected(ServiceEvent):
    """A driver took the car over at the customer's address. `charge_pct` is the battery's, if it has one."""

    driver_id: UUID
    odometer_km: int
    charge_pct: int | None
    condition_sha256: str | None
    contradicts: tuple[str, ...] = ()

    def evolve(self, visit: Visit, /) -> Visit:
        return replace(
            visit,
            stage=visit.at_least("collected"),
            odometer_km=max(visit.odometer_km, self.odometer_km),
            condition_in=visit.condition_in or self.condition_sha256 or "",
        )


class WorkStarted(ServiceEvent):
    """A technician began the jobs with these operation codes."""

    technician_id: UUID
    operations: tuple[str, ...]
    contradicts: tuple[str, ...] = ()

    def evolve(self, visit: Visit, /) -> Visit:
        return replace(
            visit, stage=visit.at_least("in_work"), operations=_joined(visit.operations, self.operations)
        )


class WorkCompleted(ServiceEvent):
    """The jobs with these operation codes are done."""

    operations: tuple[str, ...]
    contradicts: tuple[str, ...] = ()

    def evolve(self, visit: Visit, /) -> Visit:
        return replace(visit, stage=visit.at_least("work_done"), done=_joined(visit.done, self.operations))


class VehicleHandedBack(ServiceEvent):
    """The car is back with its customer; `condition_sha256` (hex) is its record, None if there is none."""

    odometer_km: int
    condition_sha256: str | None
    contradicts: tuple[str, ...] = ()

    def evolve(self, visit: Visit, /) -> Visit:
        return replace(
            visit,
            stage=visit.at_least("handed_back"),
            odometer_km=max(visit.odometer_km, self.odometer_km),
            condition_out=visit.condition_out or self.condition_sha256 or "",
        )


class CollectVehicle(VisitCommand, Report):
    """The driver took the car over. Without a condition record the handoff is flagged."""

    driver_id: UUID
    odometer_km: int
    charge_pct: int | None = None
    condition_sha256: str | None = None

    def happens(self, visit: Visit, context: Context) -> Iterator[ServiceEvent]:
        odometer(self.odometer_km)
        if self.charge_pct is not None and not 0 <= self.charge_pct <= 100:
            raise Refused("charge", "charge_pct is a percentage, not {charge}", charge=self.charge_pct)
        if self.condition_sha256 is not None:
            hashes(condition_sha256=self.condition_sha256)
        if _handed_over_before(visit.condition_in, self.condition_sha256):
            return
        contradicts = _against(
            visit,
            "collected",
            not_to_be_collected=not visit.collect,
            no_condition_record=self.condition_sha256 is None,
            told_before=visit.condition_in is not None,
        )
        yield VehicleCollected(
            driver_id=self.driver_id,
            odometer_km=self.odometer_km,
            charge_pct=self.charge_pct,
            condition_sha256=self.condition_sha256,
            contradicts=contradicts,
        )


class StartWork(VisitCommand, Report):
    """`operations` are the codes of the jobs that a technician began."""

    technician_id: UUID
    operations: tuple[str, ...]

    def happens(self, visit: Visit, context: Context) -> Iterator[ServiceEvent]:
        if set(self.operations) <= set(visit.operations):
            return
        contradicts = _against(visit, "in_work", out_of_order=visit.collect and visit.condition_in is None)
        yield WorkStarted(
            technician_id=self.technician_id, operations=self.operations, contradicts=contradicts
        )


class CompleteWork(VisitCommand, Report):
    """The jobs with these operation codes are done."""

    operations: tuple[str, ...]

    def happens(self, visit: Visit, context: Context) -> Iterator[ServiceEvent]:
        if set(self.operations) <= set(visit.done):
            return
        contradicts = _against(
            visit, "work_done", out_of_order=not set(self.operations) <= set(visit.operations)
        )
        yield WorkCompleted(operations=self.operations, contradicts=contradicts)


class HandBackVehicle(VisitCommand, Report):
    """The car is back with its customer. Without a condition record the handoff is flagged."""

    odometer_km: int
    condition_sha256: str | None = None

    def happens(self, visit: Visit, context: Context) -> Iterator[ServiceEvent]:
        odometer(self.odometer_km)
        if self.condition_sha256 is not None:
            hashes(condition_sha256=self.condition_sha256)
        if _handed_over_before(visit.condition_out, self.condition_sha256):
            return
        contradicts = _against(
            visit,
            "handed_back",
            no_condition_record=self.condition_sha256 is None,
            odometer_went_back=self.odometer_km < visit.odometer_km,
            told_before=visit.condition_out is not None,
        )
        yield VehicleHandedBack(
            odometer_km=self.odometer_km,
            condition_sha256=self.condition_sha256,
            contradicts=contradicts,
        )


def _handed_over_before(known_condition: str | None, told: str | None) -> bool:
    """Whether a handoff with this condition record, or the lack of one, was told before."""
    return known_condition is not None and known_condition == (told or "")


def _against(
    visit: Visit, stage: VisitStage, *, out_of_order: bool = False, **doubts: bool
) -> tuple[str, ...]:
    cancelled = visit.stage == "cancelled"
    passed = not cancelled and visit.stage != stage and visit.reached(stage)
    return codes(cancelled=cancelled, out_of_order=out_of_order or passed, **doubts)


def _joined(before: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(before + more))
