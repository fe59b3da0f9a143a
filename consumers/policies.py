"""Whenever this, then that: what our own events ask for."""

from __future__ import annotations

from uuid import UUID

from consumers.kernel import Past, Policy
from domain.allocations.allocating import ReleaseVehicle
from domain.allocations.building import BuildCompleted, ProductionFrozen, ProductionScheduled, VinAssigned
from domain.allocations.moving import ArrivalEstimated, LegArrived, LegDeparted
from domain.allocations.state import Vehicle
from domain.handovers.returning import VehicleReturned
from domain.kernel import Command, Recorded, Stream
from domain.orders.cancelling import OrderCancelled
from domain.orders.changing import FollowEstimate
from domain.orders.following import FollowCar, ReleaseReason
from domain.orders.reserving import ReservationLapsed
from domain.orders.state import Order
from domain.orders.withdrawing import WithdrawalAccepted


def order_of_car(recorded: Recorded) -> UUID | None:
    match recorded.event:
        case (
            ProductionScheduled(order_id=order_id)
            | ProductionFrozen(order_id=order_id)
            | VinAssigned(order_id=order_id)
            | BuildCompleted(order_id=order_id)
            | LegDeparted(order_id=order_id)
            | LegArrived(order_id=order_id)
            | ArrivalEstimated(order_id=order_id)
        ):
            return order_id
    return None


def follow_car(recorded: Recorded, past: Past) -> Command | None:
    """A milestone of a car, or a new estimate, is told to its order as it was told of the car."""
    order, car, at = order_of_car(recorded), recorded.stream_id, recorded.occurred_at
    if order is None:
        return None
    match recorded.event:
        case ProductionScheduled(contradicts=contradicts) if contradicts:
            return None
        case ProductionScheduled(plant=plant, week=week):
            number = past(Stream(Vehicle, car)).production_no
            return FollowCar(
                order_id=order,
                vehicle_id=car,
                milestone="planned",
                at=at,
                production_no=number,
                plant=plant,
                week=week,
            )
        case ProductionFrozen(frozen_at=frozen_at):
            return FollowCar(order_id=order, vehicle_id=car, milestone="frozen", at=frozen_at)
        case VinAssigned():
            return FollowCar(order_id=order, vehicle_id=car, milestone="vin_assigned", at=at)
        case BuildCompleted(completed_at=completed_at):
            return FollowCar(order_id=order, vehicle_id=car, milestone="built", at=completed_at)
        case LegDeparted() as leg:
            return FollowCar(
                order_id=order,
                vehicle_id=car,
                milestone="departed",
                at=at,
                leg_no=leg.leg_no,
                mode=leg.mode,
                place_from=leg.place_from,
                place_to=leg.place_to,
                eta=leg.eta,
            )
        case LegArrived(leg_no=leg_no, place=place, final=final):
            return FollowCar(
                order_id=order,
                vehicle_id=car,
                milestone="arrived",
                at=at,
                leg_no=leg_no,
                place=place,
                final=final,
            )
        case ArrivalEstimated(estimate=estimate, cause=cause):
            return FollowEstimate(order_id=order, estimate=estimate, cause=cause)
    return None


def order_itself(recorded: Recorded) -> UUID:
    return recorded.stream_id


def release_car(recorded: Recorded, past: Past) -> Command | None:
    """When an order ends without its customer having the car, the car is free for another."""
    order_id = recorded.stream_id
    reason: ReleaseReason
    match recorded.event:
        case VehicleReturned(vehicle_id=vehicle_id):
            return ReleaseVehicle(vehicle_id=vehicle_id, order_id=order_id, reason="returned")
        case OrderCancelled():
            reason = "cancelled"
        case WithdrawalAccepted():
            reason = "withdrawn"
        case ReservationLapsed():
            reason = "lapsed"
        case _:
            return None
    order = past(Stream(Order, order_id))
    if order.car is None or order.delivered_at is not None:
        return None
    return ReleaseVehicle(vehicle_id=order.car.vehicle_id, order_id=order_id, reason=reason)


follow_cars = Policy(
    name="follow_cars",
    events=frozenset(
        {
            ProductionScheduled,
            ProductionFrozen,
            VinAssigned,
            BuildCompleted,
            LegDeparted,
            LegArrived,
            ArrivalEstimated,
        }
    ),
    order=order_of_car,
    ask=follow_car,
)

release_cars = Policy(
    name="release_cars",
    events=frozenset({OrderCancelled, WithdrawalAccepted, ReservationLapsed, VehicleReturned}),
    order=order_itself,
    ask=release_car,
)

ALL = (follow_cars, release_cars)
