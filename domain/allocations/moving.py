"""A car travels in legs, numbered from 1, to the site where it is handed over. Places are UN/LOCODEs.

All of it is told by carriers, late, twice and out of order. A report that tells nothing new yields nothing;
one that does not fit is recorded with codes of what it contradicts: `not_built`, `leg_over` (this leg or a
later one was told before), `no_departure` (of the leg that arrives).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.allocations.state import Vehicle, VehicleEvent
from domain.allocations.telling import VehicleReport
from domain.checks import codes
from domain.context import Context
from domain.kernel import Refused, replace
from domain.orders.changing import EstimateCause
from domain.words import Mode

PLACE: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")


class LegDeparted(VehicleEvent):
    """The car left on a leg, counted from 1. Places are UN/LOCODEs."""

    leg_no: int
    mode: Mode
    place_from: str
    place_to: str
    eta: datetime
    order_id: UUID | None = None
    contradicts: tuple[str, ...] = ()

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        if self.leg_no <= vehicle.leg_no:
            return vehicle
        return replace(
            vehicle,
            progress="in_transit",
            leg_no=self.leg_no,
            leg_mode=self.mode,
            leg_from=self.place_from,
            leg_to=self.place_to,
            leg_over=False,
            estimate=self.eta,
        )


class LegArrived(VehicleEvent):
    """`final`: the car is where it will be handed over."""

    leg_no: int
    place: str
    final: bool
    order_id: UUID | None = None
    contradicts: tuple[str, ...] = ()

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        if self.leg_no < vehicle.leg_no or (self.leg_no == vehicle.leg_no and vehicle.leg_over):
            return vehicle
        return replace(
            vehicle,
            progress="on_site" if self.final else "in_transit",
            leg_no=self.leg_no,
            leg_to=self.place,
            leg_over=True,
        )


class ArrivalEstimated(VehicleEvent):
    """When the car is now expected at the site of its handover, and why that changed."""

    estimate: datetime
    cause: EstimateCause
    order_id: UUID | None = None

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        return replace(vehicle, estimate=self.estimate)


class DepartLeg(VehicleReport):
    """The car left on a leg, counted from 1, between two UN/LOCODEs."""

    leg_no: int
    mode: Mode
    place_from: str
    place_to: str
    eta: datetime

    def happens(self, vehicle: Vehicle, context: Context) -> Iterator[VehicleEvent]:
        _leg(self.leg_no)
        _places(place_from=self.place_from, place_to=self.place_to)
        told = (self.leg_no, self.mode, self.place_from, self.place_to)
        if told == (vehicle.leg_no, vehicle.leg_mode, vehicle.leg_from, vehicle.leg_to):
            return
        yield LegDeparted(
            leg_no=self.leg_no,
            mode=self.mode,
            place_from=self.place_from,
            place_to=self.place_to,
            eta=self.eta,
            order_id=vehicle.order_id,
            contradicts=codes(not_built=not vehicle.reached("built"), leg_over=self.leg_no <= vehicle.leg_no),
        )


class ArriveLeg(VehicleReport):
    """The car arrived at the end of a leg; `final` where it will be handed over."""

    leg_no: int
    place: str
    final: bool

    def happens(self, vehicle: Vehicle, context: Context) -> Iterator[VehicleEvent]:
        _leg(self.leg_no)
        _places(place=self.place)
        arrived = vehicle.leg_over and self.leg_no == vehicle.leg_no
        if arrived and self.place == vehicle.leg_to and self.final == (vehicle.progress == "on_site"):
            return
        yield LegArrived(
            leg_no=self.leg_no,
            place=self.place,
            final=self.final,
            order_id=vehicle.order_id,
            contradicts=codes(
                not_built=not vehicle.reached("built"),
                leg_over=arrived or self.leg_no < vehicle.leg_no,
                no_departure=self.leg_no > vehicle.leg_no,
            ),
        )


class EstimateArrival(VehicleReport):
    """The car is now expected at the site of its handover at this time."""

    estimate: datetime
    cause: EstimateCause

    def happens(self, vehicle: Vehicle, context: Context) -> Iterator[VehicleEvent]:
        if vehicle.estimate != self.estimate:
            yield ArrivalEstimated(estimate=self.estimate, cause=self.cause, order_id=vehicle.order_id)


def _leg(leg_no: int) -> None:
    if leg_no < 1:
        raise Refused("leg_no", "leg_no counts from 1, it cannot be {leg_no}", leg_no=leg_no)


def _places(**places: str) -> None:
    for name, place in places.items():
        if not PLACE.fullmatch(place):
            raise Refused("place", "{name} is a UN/LOCODE such as DEBRV, not {place}", name=name, place=place)
