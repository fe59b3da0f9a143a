"""A car is ordered from its plant, for a customer or before there is one."""

from __future__ import annotations

from uuid import UUID

from domain.allocations.allocating import VehicleAllocated, car_for_order, fits, needs_car
from domain.allocations.state import Vehicle, VehicleEvent, new
from domain.checks import no_vin
from domain.context import Context
from domain.kernel import Decision, Request, State, States, Stream, replace
from domain.orders.state import Order
from domain.words import Powertrain


class ProductionOrdered(VehicleEvent):
    """The plant has the order. Before there is a VIN, `production_no` is what the car is known by; `order_id`
    is for whom it is built, None before there is a customer."""

    production_no: str
    brand: str
    model: str
    powertrain: Powertrain
    options: tuple[str, ...]
    plant: str
    market: str
    order_id: UUID | None = None

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        return replace(
            vehicle,
            progress=vehicle.at_least("ordered"),
            production_no=self.production_no,
            brand=self.brand,
            model=self.model,
            powertrain=self.powertrain,
            options=self.options,
            plant=self.plant,
            market=self.market,
        )


class OrderProduction(Request):
    """Order a car from a plant. With an `order_id` it is allocated to that order at once."""

    begins = True

    vehicle_id: UUID
    production_no: str
    brand: str
    model: str
    powertrain: Powertrain
    options: tuple[str, ...] = ()
    plant: str
    market: str
    order_id: UUID | None = None

    def reads(self) -> tuple[Stream[State], ...]:
        customer = (Stream(Order, self.order_id),) if self.order_id else ()
        return Stream(Vehicle, self.vehicle_id), *customer

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Vehicle, self.vehicle_id)
        begun = new(states[stream], self.vehicle_id)
        context.markets.place(self.market)
        no_vin(production_no=self.production_no)
        if self.order_id:
            order = needs_car(states[Stream(Order, self.order_id)], self.order_id)
            fits(self.brand, self.model, order)
        ordered = ProductionOrdered(
            production_no=self.production_no,
            brand=self.brand,
            model=self.model,
            powertrain=self.powertrain,
            options=self.options,
            plant=self.plant,
            market=self.market,
            order_id=self.order_id,
        )
        yield stream, ordered
        if self.order_id:
            vehicle = ordered.evolve(begun)
            yield stream, VehicleAllocated(order_id=self.order_id, source="factory")
            yield Stream(Order, self.order_id), car_for_order(vehicle, self.vehicle_id, "factory")
