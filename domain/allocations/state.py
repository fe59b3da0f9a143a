"""The car's side: one vehicle, from its production order or stock entry on."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

from domain.kernel import Event, Family, Refused, State
from domain.orders.state import Source
from domain.sealed import Sealed
from domain.words import Mode, Powertrain

Progress = Literal["unknown", "ordered", "scheduled", "frozen", "building", "built", "in_transit", "on_site"]

LADDER: Final[tuple[Progress, ...]] = (
    "unknown",
    "ordered",
    "scheduled",
    "frozen",
    "building",
    "built",
    "in_transit",
    "on_site",
)


@dataclass(frozen=True)
class Vehicle(State):
    """What is known of one car. `order_id` is its one live allocation. Reports come late and twice, so what
    is kept is the furthest that was reached, and the first VIN; the events keep everything."""

    family: ClassVar[Family] = "vehicles"

    production_no: str = ""
    brand: str = ""
    model: str = ""
    powertrain: Powertrain = "ICE"
    options: tuple[str, ...] = ()
    plant: str = ""
    week: str = ""
    progress: Progress = "unknown"
    order_id: UUID | None = None
    source: Source | None = None
    vin: Sealed | None = None
    frozen_at: datetime | None = None
    build_started: bool = False
    built_at: datetime | None = None
    leg_no: int = 0
    leg_mode: Mode | None = None
    leg_from: str = ""
    leg_to: str = ""
    leg_over: bool = True
    estimate: datetime | None = None
    damages: int = 0

    @property
    def exists(self) -> bool:
        return self.progress != "unknown"

    def at_least(self, progress: Progress) -> Progress:
        """The further of this progress and the one already made."""
        return max(self.progress, progress, key=LADDER.index)

    def reached(self, progress: Progress) -> bool:
        return LADDER.index(self.progress) >= LADDER.index(progress)


class VehicleEvent(Event, of=Vehicle):
    """Something that happened to one vehicle."""

    @abstractmethod
    def evolve(self, vehicle: Vehicle, /) -> Vehicle: ...


def known(vehicle: Vehicle, vehicle_id: UUID) -> Vehicle:
    """The vehicle, if its stream has begun.

    Raises:
        Refused: `unknown_vehicle`.
    """
    if not vehicle.exists:
        raise Refused(
            "unknown_vehicle",
            "there is no vehicle {vehicle_id}: order its production or enter it into stock first",
            vehicle_id=vehicle_id,
        )
    return vehicle


def new(vehicle: Vehicle, vehicle_id: UUID) -> Vehicle:
    """The vehicle, if its stream has not begun.

    Raises:
        Refused: `exists`.
    """
    if vehicle.exists:
        raise Refused(
            "exists", "there is a vehicle {vehicle_id} already: give another id", vehicle_id=vehicle_id
        )
    return vehicle
