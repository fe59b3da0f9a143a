"""Whether a car was ever meant for two orders at once: rule AL-01.

Two sides are heard apart: the car's own stream, and the streams of all orders that name it. Either alone
can show a double allocation that the other does not.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from domain.allocations.allocating import VehicleAllocated, VehicleReallocated, VehicleReleased
from domain.compliance.finding import AuditRule, Evidence, Finding, evidence, finding
from domain.frozen import frozen
from domain.kernel import Recorded, replace
from domain.orders.following import CarAllocated, CarTakenAway

AL_01: Final = AuditRule("AL-01", 1, severity=1)


@frozen
class Claim:
    """An order that has the car, and the event that gave it."""

    order_id: UUID
    evidence: Evidence


@frozen
class VehicleFacts:
    """Who has the car by its own stream, who by the orders' streams, and the first two who had it at once.
    After those nothing can change what is found, so nothing more is kept."""

    vehicle_id: UUID | None = None
    by_car: Claim | None = None
    by_orders: Claim | None = None
    double: tuple[Claim, Claim] | None = None


def vehicle_of(recorded: Recorded) -> UUID | None:
    """The vehicle to whose facts this event belongs; None for an event that tells nothing of allocation."""
    match recorded.event:
        case VehicleAllocated() | VehicleReallocated() | VehicleReleased():
            return recorded.stream_id
        case CarAllocated(vehicle_id=vehicle_id) | CarTakenAway(vehicle_id=vehicle_id):
            return vehicle_id
        case _:
            return None


def evolve_vehicle_facts(facts: VehicleFacts, recorded: Recorded) -> VehicleFacts:
    """The facts after one more event, of the vehicle's stream or of an order that names it."""
    if facts.double:
        return facts
    facts = replace(facts, vehicle_id=facts.vehicle_id or vehicle_of(recorded))
    match recorded.event:
        case VehicleAllocated(order_id=order_id):
            claim = _claim(recorded, order_id, recorded.stream_id)
            return replace(facts, by_car=claim, double=_double(facts.by_car, claim))
        case VehicleReallocated(from_order_id=before, to_order_id=after):
            claim = _claim(recorded, after, recorded.stream_id)
            return replace(facts, by_car=claim, double=_double(_without(facts.by_car, before), claim))
        case VehicleReleased(order_id=order_id, contradicts=contradicts) if "delivered" not in contradicts:
            return replace(facts, by_car=_without(facts.by_car, order_id))
        case CarAllocated(vehicle_id=vehicle_id):
            claim = _claim(recorded, recorded.stream_id, vehicle_id)
            return replace(facts, by_orders=claim, double=_double(facts.by_orders, claim))
        case CarTakenAway():
            return replace(facts, by_orders=_without(facts.by_orders, recorded.stream_id))
        case _:
            return facts


def al_01(facts: VehicleFacts) -> Finding:
    """FAIL if two orders had the car at the same time, however it was put right later.

    Source: house policy, one car has one live allocation; domain rule AL-01.
    """
    if facts.double:
        first, second = facts.double
        why = f"the orders {first.order_id} and {second.order_id} had the car at the same time"
        return finding(AL_01, "FAIL", why, first.evidence, second.evidence)
    claims = tuple(claim.evidence for claim in (facts.by_car, facts.by_orders) if claim)
    if not claims:
        return finding(AL_01, "N/A", "no order has the car")
    return finding(AL_01, "PASS", "one order has the car", *claims)


def _claim(recorded: Recorded, order_id: UUID, vehicle_id: UUID) -> Claim:
    told = evidence(recorded, order_id=order_id, vehicle_id=vehicle_id, version=recorded.version)
    return Claim(order_id=order_id, evidence=told)


def _without(claim: Claim | None, order_id: UUID | None) -> Claim | None:
    return None if claim and claim.order_id == order_id else claim


def _double(standing: Claim | None, claim: Claim) -> tuple[Claim, Claim] | None:
    return (standing, claim) if standing and standing.order_id != claim.order_id else None
