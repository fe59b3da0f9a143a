"""What the plant and its carriers tell us about a car: planned, frozen, built, named, moved, damaged."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from consumers.kernel import Consumer, Message, Wanted
from domain.allocations.building import (
    AssignVin,
    CompleteBuild,
    FreezeProduction,
    ScheduleProduction,
    StartBuild,
)
from domain.allocations.damaging import ReportDamage, Severity
from domain.allocations.moving import ArriveLeg, DepartLeg, EstimateArrival
from domain.orders.changing import EstimateCause
from domain.sealed import Clear
from domain.words import Mode
from infra.topics import FACTORY

ACTOR = "plant"


class CarMessage(Message, frozen=True, kw_only=True):
    vehicle_id: UUID


class ProductionScheduled(CarMessage, frozen=True, kw_only=True):
    record: ClassVar[str] = "plant.ProductionScheduled"
    plant: str
    week: str
    scheduled_at: datetime


class ProductionFrozen(CarMessage, frozen=True, kw_only=True):
    record: ClassVar[str] = "plant.ProductionFrozen"
    frozen_at: datetime


class BuildStarted(CarMessage, frozen=True, kw_only=True):
    record: ClassVar[str] = "plant.BuildStarted"
    started_at: datetime


class VinAssigned(CarMessage, frozen=True, kw_only=True):
    """`vin` is in clear; it goes to the vault."""

    record: ClassVar[str] = "plant.VinAssigned"
    vin: str
    assigned_at: datetime


class BuildCompleted(CarMessage, frozen=True, kw_only=True):
    record: ClassVar[str] = "plant.BuildCompleted"
    completed_at: datetime


class LegDeparted(CarMessage, frozen=True, kw_only=True):
    record: ClassVar[str] = "plant.LegDeparted"
    leg_no: int
    mode: Mode
    place_from: str
    place_to: str
    eta: datetime
    departed_at: datetime


class LegArrived(CarMessage, frozen=True, kw_only=True):
    record: ClassVar[str] = "plant.LegArrived"
    leg_no: int
    place: str
    final: bool
    arrived_at: datetime


class ArrivalEstimated(CarMessage, frozen=True, kw_only=True):
    record: ClassVar[str] = "plant.ArrivalEstimated"
    estimate: datetime
    cause: EstimateCause
    estimated_at: datetime


class DamageReported(CarMessage, frozen=True, kw_only=True):
    record: ClassVar[str] = "plant.DamageReported"
    code: str
    severity: Severity
    photos_sha256: tuple[str, ...]
    reported_at: datetime


def ask(message: Message) -> Wanted | None:
    match message:
        case ProductionScheduled(vehicle_id=car, plant=plant, week=week, scheduled_at=at):
            planned = ScheduleProduction(vehicle_id=car, plant=plant, week=week)
            return Wanted(command=planned, occurred_at=at, actor=ACTOR)
        case ProductionFrozen(vehicle_id=car, frozen_at=at):
            return Wanted(command=FreezeProduction(vehicle_id=car), occurred_at=at, actor=ACTOR)
        case BuildStarted(vehicle_id=car, started_at=at):
            return Wanted(command=StartBuild(vehicle_id=car), occurred_at=at, actor=ACTOR)
        case VinAssigned(vehicle_id=car, vin=vin, assigned_at=at):
            named = AssignVin(vehicle_id=car, vin=Clear(vin))
            return Wanted(command=named, occurred_at=at, actor=ACTOR)
        case BuildCompleted(vehicle_id=car, completed_at=at):
            return Wanted(command=CompleteBuild(vehicle_id=car), occurred_at=at, actor=ACTOR)
    return _ask_on_the_road(message)


def _ask_on_the_road(message: Message) -> Wanted | None:
    match message:
        case LegDeparted(vehicle_id=car, departed_at=at):
            departed = DepartLeg(
                vehicle_id=car,
                leg_no=message.leg_no,
                mode=message.mode,
                place_from=message.place_from,
                place_to=message.place_to,
                eta=message.eta,
            )
            return Wanted(command=departed, occurred_at=at, actor=ACTOR)
        case LegArrived(vehicle_id=car, leg_no=leg_no, place=place, final=final, arrived_at=at):
            arrived = ArriveLeg(vehicle_id=car, leg_no=leg_no, place=place, final=final)
            return Wanted(command=arrived, occurred_at=at, actor=ACTOR)
        case ArrivalEstimated(vehicle_id=car, estimate=estimate, cause=cause, estimated_at=at):
            estimated = EstimateArrival(vehicle_id=car, estimate=estimate, cause=cause)
            return Wanted(command=estimated, occurred_at=at, actor=ACTOR)
        case DamageReported(
            vehicle_id=car, code=code, severity=severity, photos_sha256=photos, reported_at=at
        ):
            damaged = ReportDamage(vehicle_id=car, code=code, severity=severity, photos_sha256=photos)
            return Wanted(command=damaged, occurred_at=at, actor=ACTOR)
    return None


factory = Consumer(
    name="factory",
    topic=FACTORY,
    messages=(
        *(ProductionScheduled, ProductionFrozen, BuildStarted, VinAssigned, BuildCompleted),
        *(LegDeparted, LegArrived, ArrivalEstimated, DamageReported),
    ),
    ask=ask,
)
