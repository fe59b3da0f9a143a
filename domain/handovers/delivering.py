"""The customer has the car in his hands, and from here the law counts his days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from domain.checks import hashes, odometer
from domain.context import Context
from domain.kernel import Rule, replace
from domain.orders.asking import OrderReport, flags
from domain.orders.settling import concluded, resolve
from domain.orders.state import Order, OrderEvent


class Delivered(OrderEvent):
    """`possession_at`: when the customer took the car, from the partner `handed_by`. `withdraw_until` is the
    first moment at which a withdrawal is too late, None where there is no right; it was decided here, from
    the calendar of the market. `contradicts` names what the handover was done without; with `delivered` there
    was a handover before, and that one and its window stand."""

    vehicle_id: UUID
    possession_at: datetime
    handed_by: UUID
    site_id: UUID
    protocol_sha256: str
    odometer_km: int
    withdraw_until: datetime | None
    withdrawal_rule: Rule | None
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        told = order.hears(f"handover {self.protocol_sha256}")
        if "delivered" in self.contradicts:
            return replace(order, told=told)
        return replace(
            order,
            delivered_at=self.possession_at,
            delivered_vehicle_id=self.vehicle_id,
            withdraw_until=self.withdraw_until,
            window_open=self.withdraw_until is not None,
            told=told,
        )


class RecordHandover(OrderReport):
    """The customer took the car, when this happened. The same protocol again tells nothing new.

    Raises:
        Refused: `calendar_missing`, if nobody can tell how long the customer may withdraw.
    """

    vehicle_id: UUID
    handed_by: UUID
    site_id: UUID
    protocol_sha256: str
    odometer_km: int

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        hashes(protocol_sha256=self.protocol_sha256)
        odometer(self.odometer_km)
        if f"handover {self.protocol_sha256}" in order.told:
            return
        until = order.withdraw_until if order.delivered_at else withdraw_until(order, context)
        delivered = Delivered(
            vehicle_id=self.vehicle_id,
            possession_at=context.occurred_at,
            handed_by=self.handed_by,
            site_id=self.site_id,
            protocol_sha256=self.protocol_sha256,
            odometer_km=self.odometer_km,
            withdraw_until=until,
            withdrawal_rule=order.contract.withdrawal_rule if order.contract and until else None,
            contradicts=self.contradictions(order),
        )
        yield from concluded(order, (delivered,), "excess_payment", context)

    def contradictions(self, order: Order) -> tuple[str, ...]:
        contract = order.contract
        return flags(
            order,
            not_contracted=contract is None,
            delivered=order.delivered_at is not None,
            other_car=not order.has_car(self.vehicle_id),
            not_inspected=not order.pdi_passed,
            not_registered=not order.registered and (contract is None or contract.registration_required),
            not_paid=order.paid - order.refunded < order.gross,
        )


def withdraw_until(order: Order, context: Context) -> datetime | None:
    """The first moment at which a withdrawal is too late, if the customer takes the car now. None where the
    contract gives no right. Who was never told of his right has it for longer.

    Raises:
        Refused: `calendar_missing`.
    """
    contract = order.contract
    if contract is None or contract.withdrawal_days == 0:
        return None
    months = 0 if order.fully_informed else contract.withdrawal_extension_months
    return resolve(order, context).deadline(context.occurred_at, days=contract.withdrawal_days, months=months)
