"""The milestones of the car, told on its order too: whoever follows an order needs its stream alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.checks import no_vin
from domain.context import Context
from domain.kernel import Refused, replace
from domain.orders.asking import OrderReport
from domain.orders.state import Car, CarStage, Order, OrderEvent, Source
from domain.words import Mode

RetagReason = Literal["swap", "earlier_promise", "priority", "damage", "delay"]
ReleaseReason = Literal["cancelled", "withdrawn", "lapsed", "returned", "damage", "mistake"]
Milestone = Literal["planned", "frozen", "built", "vin_assigned", "departed", "arrived"]


class CarAllocated(OrderEvent):
    """This car is for this order. `stage` is how far it had come by then, `frozen_at` when its configuration
    was frozen: a car from stock is built already."""

    vehicle_id: UUID
    production_no: str
    source: Source
    stage: CarStage = "ordered"
    frozen_at: datetime | None = None

    def evolve(self, order: Order, /) -> Order:
        car = Car(
            vehicle_id=self.vehicle_id,
            production_no=self.production_no,
            stage=self.stage,
            frozen_at=self.frozen_at,
        )
        return replace(order, car=car)


class CarTakenAway(OrderEvent):
    """The car is for somebody else now, or lost; the order waits for another."""

    vehicle_id: UUID
    reason: Literal[RetagReason, ReleaseReason]

    def evolve(self, order: Order, /) -> Order:
        if not order.has_car(self.vehicle_id):
            return order
        return replace(order, car=None, pdi_passed=False, registered=False)


class OrderPlanned(OrderEvent):
    """The plant planned the build for an ISO week, such as 2026-W23."""

    vehicle_id: UUID
    production_no: str
    plant: str
    week: str

    def evolve(self, order: Order, /) -> Order:
        return order.with_car(self.vehicle_id, "planned", f"planned {self.plant} {self.week}")


class OrderFrozen(OrderEvent):
    """From here on the customer cannot change the configuration."""

    vehicle_id: UUID
    frozen_at: datetime

    def evolve(self, order: Order, /) -> Order:
        return order.with_car(self.vehicle_id, "frozen", "frozen", self.frozen_at)


class CarBuilt(OrderEvent):
    """The order's car was built, at `completed_at`."""

    vehicle_id: UUID
    completed_at: datetime

    def evolve(self, order: Order, /) -> Order:
        return order.with_car(self.vehicle_id, "built", "built")


class CarVinAssigned(OrderEvent):
    """The car has its VIN; the number itself stands in the vault."""

    vehicle_id: UUID

    def evolve(self, order: Order, /) -> Order:
        return replace(order, told=order.hears(f"vin {self.vehicle_id}"))


class CarDeparted(OrderEvent):
    """Places are UN/LOCODEs."""

    vehicle_id: UUID
    leg_no: int
    mode: Mode
    place_from: str
    place_to: str
    eta: datetime

    def evolve(self, order: Order, /) -> Order:
        return order.with_car(self.vehicle_id, "in_transit", f"departed {self.leg_no}")


class CarArrived(OrderEvent):
    """`final`: it stands where it will be handed over."""

    vehicle_id: UUID
    leg_no: int
    place: str
    final: bool

    def evolve(self, order: Order, /) -> Order:
        stage: CarStage = "on_site" if self.final else "in_transit"
        return order.with_car(self.vehicle_id, stage, f"arrived {self.leg_no}")


class FollowCar(OrderReport):
    """A policy tells the order what happened to its car. Which of the other fields are told depends on the
    milestone: `planned` has production_no, plant and week; `departed` leg_no, mode, place_from, place_to and
    eta; `arrived` leg_no, place and final. `at` is when it happened.

    Of a car that is not this order's any more, and of what was told before, nothing is recorded.
    """

    vehicle_id: UUID
    milestone: Milestone
    at: datetime
    production_no: str = ""
    plant: str = ""
    week: str = ""
    leg_no: int = 0
    mode: Mode | None = None
    place_from: str = ""
    place_to: str = ""
    place: str = ""
    eta: datetime | None = None
    final: bool = False

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        if order.ended or not order.has_car(self.vehicle_id):
            return
        event = self.event()
        if event.evolve(order) != order:
            yield event

    def event(self) -> OrderEvent:
        """The event of this milestone."""
        match self.milestone:
            case "planned":
                no_vin(production_no=self.production_no)
                return OrderPlanned(
                    vehicle_id=self.vehicle_id,
                    production_no=self.production_no,
                    plant=self.plant,
                    week=self.week,
                )
            case "frozen":
                return OrderFrozen(vehicle_id=self.vehicle_id, frozen_at=self.at)
            case "built":
                return CarBuilt(vehicle_id=self.vehicle_id, completed_at=self.at)
            case "vin_assigned":
                return CarVinAssigned(vehicle_id=self.vehicle_id)
            case "departed":
                return self.departure()
            case "arrived":
                return CarArrived(
                    vehicle_id=self.vehicle_id, leg_no=self.leg_no, place=self.place, final=self.final
                )

    def departure(self) -> CarDeparted:
        if self.mode is None or self.eta is None:
            raise Refused("leg", "a departure needs `mode` and `eta`")
        return CarDeparted(
            vehicle_id=self.vehicle_id,
            leg_no=self.leg_no,
            mode=self.mode,
            place_from=self.place_from,
            place_to=self.place_to,
            eta=self.eta,
        )
