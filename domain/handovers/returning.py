"""The car comes back from the customer."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from domain.checks import codes, hashes, odometer
from domain.context import Context
from domain.kernel import replace
from domain.money import Money
from domain.orders.asking import OrderReport, in_currency
from domain.orders.settling import concluded
from domain.orders.state import Order, OrderEvent


class VehicleReturned(OrderEvent):
    """`value_loss` is what the customer owes for use beyond trying the car out. It ends the order once the
    withdrawal is accepted too, whichever comes first. Another car than the one handed over ends nothing."""

    vehicle_id: UUID
    odometer_km: int
    condition_sha256: str
    value_loss: Money
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        told = order.hears(f"return {self.condition_sha256}")
        if order.delivered_vehicle_id not in (None, self.vehicle_id):
            return replace(order, told=told)
        return replace(
            order,
            ended="returned" if order.withdrawal == "accepted" else order.ended,
            car_back=True,
            value_loss=max(0, order.minor(self.value_loss)),
            told=told,
        )


class ReturnVehicle(OrderReport):
    """The customer gave the car back, and a partner looked at it. The same condition report again tells
    nothing new."""

    vehicle_id: UUID
    odometer_km: int
    condition_sha256: str
    value_loss: Money

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        hashes(condition_sha256=self.condition_sha256)
        odometer(self.odometer_km)
        in_currency(order, value_loss=self.value_loss)
        if f"return {self.condition_sha256}" in order.told:
            return
        returned = VehicleReturned(
            vehicle_id=self.vehicle_id,
            odometer_km=self.odometer_km,
            condition_sha256=self.condition_sha256,
            value_loss=self.value_loss,
            contradicts=codes(
                not_delivered=order.delivered_at is None,
                not_withdrawn=order.withdrawal != "accepted",
                returned=order.car_back,
                other_car=order.delivered_vehicle_id != self.vehicle_id,
            ),
        )
        yield from concluded(order, (returned,), "return", context)
