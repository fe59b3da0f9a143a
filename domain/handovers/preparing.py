"""The car is made ready: a date, the inspection before delivery, the registration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from domain.checks import hashes
from domain.context import Context
from domain.kernel import Refused, replace
from domain.orders.asking import OrderReport, OrderRequest, flags
from domain.orders.state import Order, OrderEvent
from domain.sealed import Sealed, personal


class HandoverScheduled(OrderEvent):
    """The customer and the site agreed on a time. A later one replaces it."""

    at: datetime
    site_id: UUID

    def evolve(self, order: Order, /) -> Order:
        return replace(order, handover_at=self.at, handover_site_id=self.site_id)


class PdiCompleted(OrderEvent):
    """The inspection before delivery, by the checklist with this SHA-256 (hex)."""

    vehicle_id: UUID
    checklist_sha256: str
    passed: bool
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        return replace(order, pdi_passed=self.passed, told=order.hears(f"inspection {self.checklist_sha256}"))


class VehicleRegistered(OrderEvent):
    """The authority (its official code) registered the car. The plate stands in the vault."""

    vehicle_id: UUID
    authority: str
    registered_at: datetime
    plate: Sealed
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        return replace(
            order,
            registered=True,
            told=order.hears(registration(self.vehicle_id, self.authority, self.registered_at)),
        )


class ScheduleHandover(OrderRequest):
    """Agree on a time and a site, or on others. The same again changes nothing."""

    at: datetime
    site_id: UUID

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        if order.contract is None:
            raise Refused("not_contracted", "there is no contract: nothing can be handed over")
        if order.delivered_at is not None:
            raise Refused("delivered", "the car was handed over on {at}", at=order.delivered_at)
        if (self.at, self.site_id) == (order.handover_at, order.handover_site_id):
            return
        if self.at <= context.occurred_at:
            raise Refused("past", "a handover cannot be at {at}: that has passed", at=self.at)
        yield HandoverScheduled(at=self.at, site_id=self.site_id)


class CompletePdi(OrderReport):
    """The inspection before delivery was done. The same checklist again tells nothing new."""

    vehicle_id: UUID
    checklist_sha256: str
    passed: bool

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        hashes(checklist_sha256=self.checklist_sha256)
        if f"inspection {self.checklist_sha256}" in order.told:
            return
        yield PdiCompleted(
            vehicle_id=self.vehicle_id,
            checklist_sha256=self.checklist_sha256,
            passed=self.passed,
            contradicts=flags(order, other_car=not order.has_car(self.vehicle_id)),
        )


class RecordRegistration(OrderReport):
    """An authority registered the car, when this happened. `plate` is sealed under the customer."""

    vehicle_id: UUID
    customer_id: UUID
    authority: str
    plate: Sealed = personal(subject="customer_id", group="handover")

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        registered_at = context.occurred_at
        if registration(self.vehicle_id, self.authority, registered_at) in order.told:
            return
        yield VehicleRegistered(
            vehicle_id=self.vehicle_id,
            authority=self.authority,
            registered_at=registered_at,
            plate=self.plate,
            contradicts=flags(
                order,
                other_car=not order.has_car(self.vehicle_id),
                other_customer=self.customer_id != order.customer_id,
            ),
        )


def registration(vehicle_id: UUID, authority: str, registered_at: datetime) -> str:
    """The natural id of a registration."""
    return f"registration {vehicle_id} {authority} {registered_at.isoformat()}"
