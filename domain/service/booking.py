"""A visit is booked at a workshop, or called off. Whether the workshop has the capacity is not asked here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.allocations.state import Vehicle
from domain.allocations.state import known as known_vehicle
from domain.context import Context
from domain.kernel import Decision, Refused, Request, State, States, Stream, replace
from domain.sealed import Sealed, personal
from domain.service.asking import VisitCommand
from domain.service.state import ServiceEvent, Visit

CallOffReason = Literal["customer", "workshop", "parts_missing", "no_show", "duplicate", "car_sold"]


class ServiceBooked(ServiceEvent):
    """`collect`: the car is fetched from the customer's `address` and brought back there."""

    vehicle_id: UUID
    customer_id: UUID
    site_id: UUID
    starts_at: datetime
    collect: bool
    address: Sealed | None
    market: str = ""

    def evolve(self, visit: Visit, /) -> Visit:
        return replace(
            visit,
            stage=visit.at_least("booked"),
            vehicle_id=self.vehicle_id,
            customer_id=self.customer_id,
            site_id=self.site_id,
            starts_at=self.starts_at,
            collect=self.collect,
            market=self.market,
        )


class ServiceCancelled(ServiceEvent):
    """The visit was called off before the car was taken over."""

    reason: CallOffReason

    def evolve(self, visit: Visit, /) -> Visit:
        return replace(visit, stage="cancelled")


class BookService(Request):
    """Book a visit. A car that is to be collected needs the address where it stands."""

    begins = True

    visit_id: UUID
    vehicle_id: UUID
    customer_id: UUID
    site_id: UUID
    starts_at: datetime
    collect: bool = False
    address: Sealed | None = personal(subject="customer_id", group="service", default=None)

    def reads(self) -> tuple[Stream[State], ...]:
        return Stream(Visit, self.visit_id), Stream(Vehicle, self.vehicle_id)

    def writes(self, reads: tuple[Stream[State], ...]) -> tuple[Stream[State], ...]:
        return reads[:1]  # the visit; at the car it only looks

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Visit, self.visit_id)
        vehicle = known_vehicle(states[Stream(Vehicle, self.vehicle_id)], self.vehicle_id)
        if states[stream].exists:
            raise Refused("exists", "the service visit {visit_id} is booked already", visit_id=self.visit_id)
        if self.collect and self.address is None:
            raise Refused("no_address", "a car that is to be collected needs an address: give `address`")
        if self.starts_at < context.now:
            raise Refused(
                "past", "a visit cannot start at {starts_at}: that has passed", starts_at=self.starts_at
            )
        yield (
            stream,
            ServiceBooked(
                vehicle_id=self.vehicle_id,
                customer_id=self.customer_id,
                site_id=self.site_id,
                starts_at=self.starts_at,
                collect=self.collect,
                address=self.address,
                market=vehicle.market,
            ),
        )


class CancelService(VisitCommand, Request):
    """Call a visit off, while the car is still with the customer."""

    reason: CallOffReason

    def happens(self, visit: Visit, context: Context) -> Iterator[ServiceEvent]:
        if visit.stage != "booked":
            raise Refused(
                "too_late",
                "a visit that is {stage} cannot be called off: hand the car back",
                stage=visit.stage,
            )
        yield ServiceCancelled(reason=self.reason)
