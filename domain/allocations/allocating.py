"""A car and an order find each other, or part. The decision reads both streams, and both must stand still
until it is written: so a car has one live allocation, whoever races for it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from domain.allocations.state import Progress, Vehicle, VehicleEvent, known
from domain.checks import codes
from domain.context import Context
from domain.kernel import Decision, Refused, Report, Request, State, States, Stream, replace
from domain.orders.following import CarAllocated, CarTakenAway, ReleaseReason, RetagReason
from domain.orders.state import CarStage, Order, Source, existing, running

CAR_STAGE: Final[dict[Progress, CarStage]] = {
    "unknown": "ordered",
    "ordered": "ordered",
    "scheduled": "planned",
    "frozen": "frozen",
    "building": "frozen",
    "built": "built",
    "in_transit": "in_transit",
    "on_site": "on_site",
}


class VehicleAllocated(VehicleEvent):
    """The car is for this order, and for no other as long as this stands."""

    order_id: UUID
    source: Source

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        return replace(vehicle, order_id=self.order_id, source=self.source)


class VehicleReallocated(VehicleEvent):
    """The car went in one step from an order, or from none, to another."""

    from_order_id: UUID | None
    to_order_id: UUID
    reason: RetagReason

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        return replace(vehicle, order_id=self.to_order_id)


class VehicleReleased(VehicleEvent):
    """The car is free again. `order_live` in `contradicts`: its order had not ended. With `delivered` the
    customer has the car, so it is not free."""

    order_id: UUID
    reason: ReleaseReason
    contradicts: tuple[str, ...] = ()

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        if "delivered" in self.contradicts:
            return vehicle
        return replace(vehicle, order_id=None, source=None)


class AllocateVehicle(Request):
    """Give a free car to an order that has none."""

    order_id: UUID
    vehicle_id: UUID
    source: Source

    def reads(self) -> tuple[Stream[State], ...]:
        return Stream(Vehicle, self.vehicle_id), Stream(Order, self.order_id)

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Vehicle, self.vehicle_id)
        vehicle = known(states[stream], self.vehicle_id)
        order = needs_car(states[Stream(Order, self.order_id)], self.order_id)
        _free(vehicle, None)
        fits(vehicle.brand, vehicle.model, order)
        yield stream, VehicleAllocated(order_id=self.order_id, source=self.source)
        yield Stream(Order, self.order_id), car_for_order(vehicle, self.vehicle_id, self.source)


class RetagVehicle(Request):
    """Take a car from one order, or from none, and give it to another in the same moment."""

    vehicle_id: UUID
    to_order_id: UUID
    reason: RetagReason
    from_order_id: UUID | None = None

    def reads(self) -> tuple[Stream[State], ...]:
        donor = (Stream(Order, self.from_order_id),) if self.from_order_id else ()
        return Stream(Vehicle, self.vehicle_id), Stream(Order, self.to_order_id), *donor

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Vehicle, self.vehicle_id)
        vehicle = known(states[stream], self.vehicle_id)
        if self.from_order_id == self.to_order_id:
            raise Refused("same_order", "from_order_id and to_order_id are the same order: name two")
        order = needs_car(states[Stream(Order, self.to_order_id)], self.to_order_id)
        _free(vehicle, self.from_order_id)
        fits(vehicle.brand, vehicle.model, order)
        if self.from_order_id:
            donor = existing(states[Stream(Order, self.from_order_id)], self.from_order_id)
            if donor.keeps(self.vehicle_id):
                raise Refused(
                    "delivered", "the car was handed over to the customer of its order: it stays his"
                )
        yield (
            stream,
            VehicleReallocated(
                from_order_id=self.from_order_id, to_order_id=self.to_order_id, reason=self.reason
            ),
        )
        if self.from_order_id and donor.has_car(self.vehicle_id):
            yield (
                Stream(Order, self.from_order_id),
                CarTakenAway(vehicle_id=self.vehicle_id, reason=self.reason),
            )
        source = vehicle.source or ("factory" if vehicle.plant else "stock")
        yield Stream(Order, self.to_order_id), car_for_order(vehicle, self.vehicle_id, source)


class ReleaseVehicle(Report):
    """The order of this car ended, so the car is free. Tells nothing if the car is not that order's; frees none
    that the customer was handed and did not give back."""

    vehicle_id: UUID
    order_id: UUID
    reason: ReleaseReason

    def reads(self) -> tuple[Stream[State], ...]:
        return Stream(Vehicle, self.vehicle_id), Stream(Order, self.order_id)

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Vehicle, self.vehicle_id)
        vehicle = known(states[stream], self.vehicle_id)
        order = existing(states[Stream(Order, self.order_id)], self.order_id)
        if vehicle.order_id != self.order_id:
            return
        kept = order.keeps(self.vehicle_id)
        contradicts = codes(order_live=not order.ended, delivered=kept)
        yield stream, VehicleReleased(order_id=self.order_id, reason=self.reason, contradicts=contradicts)
        if order.has_car(self.vehicle_id) and not kept:
            yield (
                Stream(Order, self.order_id),
                CarTakenAway(vehicle_id=self.vehicle_id, reason=self.reason),
            )


def needs_car(order: Order, order_id: UUID) -> Order:
    """The order, if it can take a car.

    Raises:
        Refused: `unknown_order`, how the order ended, `delivered`, or `has_car`.
    """
    running(existing(order, order_id))
    if order.delivered_at is not None:
        raise Refused("delivered", "the order {order_id} has its car: it was handed over", order_id=order_id)
    if order.car is not None:
        raise Refused(
            "has_car",
            "the order {order_id} has the car {vehicle_id}: retag or release that one first",
            order_id=order_id,
            vehicle_id=order.car.vehicle_id,
        )
    return order


def car_for_order(vehicle: Vehicle, vehicle_id: UUID, source: Source) -> CarAllocated:
    """What the order learns of the car that it gets: also how far the car has come."""
    return CarAllocated(
        vehicle_id=vehicle_id,
        production_no=vehicle.production_no,
        source=source,
        stage=CAR_STAGE[vehicle.progress],
        frozen_at=vehicle.frozen_at,
    )


def fits(brand: str, model: str, order: Order) -> None:
    """Check that a car is what the order is for.

    Raises:
        Refused: `another_model`.
    """
    if (brand, model) != (order.brand, order.model):
        raise Refused(
            "another_model",
            "the order is for {ordered}, this car is {car}",
            ordered=f"{order.brand} {order.model}",
            car=f"{brand} {model}",
        )


def _free(vehicle: Vehicle, expected: UUID | None) -> None:
    if vehicle.order_id == expected:
        return
    if vehicle.order_id is None:
        raise Refused(
            "not_allocated", "this car is not allocated to {order_id}: it is free", order_id=expected
        )
    raise Refused(
        "allocated",
        "this car is allocated to the order {order_id}: a car has one live allocation",
        order_id=vehicle.order_id,
    )
