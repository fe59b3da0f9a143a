"""What an auditor finds: one row a rule and order, or rule and car, with its verdict and evidence.

The rules are the domain's. Each is asked again whenever a fact that it could depend on was learnt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar, Literal
from uuid import UUID

from domain.allocations.allocating import VehicleAllocated, VehicleReallocated, VehicleReleased
from domain.compliance import audit
from domain.compliance.allocating import VehicleFacts, evolve_vehicle_facts, vehicle_of
from domain.compliance.facts import OrderFacts, PlanFacts, evolve_order_facts, evolve_plan_facts
from domain.compliance.finding import Finding
from domain.handovers.delivering import Delivered
from domain.kernel import Event, Recorded
from domain.markets.resolver import Markets
from domain.orders.cancelling import OrderCancelled
from domain.orders.contracting import ContractSigned
from domain.orders.following import CarAllocated, CarTakenAway
from domain.orders.offering import PrecontractInfoGiven
from domain.orders.reserving import ReservationPlaced
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalDeclared, WithdrawalDenied
from domain.settlements.planning import PlanPublished
from projections.kernel import Change, Key, Projection, Row, Rows

Subject = Literal["order", "vehicle"]

OF_ORDERS: frozenset[type[Event]] = frozenset(
    {
        ReservationPlaced,
        PrecontractInfoGiven,
        ContractSigned,
        Delivered,
        WithdrawalDeclared,
        WithdrawalAccepted,
        WithdrawalDenied,
        OrderCancelled,
    }
)
OF_VEHICLES: frozenset[type[Event]] = frozenset(
    {VehicleAllocated, VehicleReallocated, VehicleReleased, CarAllocated, CarTakenAway}
)


@dataclass(frozen=True, kw_only=True)
class ComplianceFinding(Finding):
    """`subject_id` is the order or the vehicle that was audited."""

    table: ClassVar[str] = "compliance_finding"
    key: ClassVar[tuple[str, ...]] = ("subject_id", "rule")
    indexes: ClassVar[tuple[str, ...]] = ("verdict",)

    subject: Subject
    subject_id: UUID


@dataclass(frozen=True, kw_only=True)
class AuditedOrder:
    """What the rules know of an order."""

    table: ClassVar[str] = "compliance_order"
    key: ClassVar[tuple[str, ...]] = ("order_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    order_id: UUID
    facts: OrderFacts = field(default_factory=OrderFacts)


@dataclass(frozen=True, kw_only=True)
class AuditedVehicle:
    """What the rules know of a car, from its own stream and from the orders that name it."""

    table: ClassVar[str] = "compliance_vehicle"
    key: ClassVar[tuple[str, ...]] = ("vehicle_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    vehicle_id: UUID
    facts: VehicleFacts = field(default_factory=VehicleFacts)


@dataclass(frozen=True, kw_only=True)
class AuditedPlan:
    """What the rules know of a plan; `orders` are those whose contract names a version that is not there yet."""

    table: ClassVar[str] = "compliance_plan"
    key: ClassVar[tuple[str, ...]] = ("plan_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    plan_id: UUID
    facts: PlanFacts = field(default_factory=PlanFacts)
    orders: tuple[UUID, ...] = ()


def project(markets: Markets, recorded: Recorded, rows: Rows) -> Iterator[Change]:
    event = recorded.event
    if type(event) in OF_ORDERS:
        yield from _order(markets, recorded, rows)
    elif isinstance(event, PlanPublished):
        yield from _plan(markets, recorded, event.plan_id, rows)
    else:
        yield from _vehicle(recorded, rows)


def _order(markets: Markets, recorded: Recorded, rows: Rows) -> Iterator[Change]:
    before = rows.get(AuditedOrder, recorded.stream_id) or AuditedOrder(order_id=recorded.stream_id)
    order = replace(before, facts=evolve_order_facts(before.facts, recorded))
    yield order
    yield from _audited(markets, order, rows)
    if isinstance(recorded.event, ContractSigned) and recorded.event.plan_id:
        plan = rows.get(AuditedPlan, recorded.event.plan_id) or AuditedPlan(plan_id=recorded.event.plan_id)
        if _waits(order, plan) and order.order_id not in plan.orders:
            yield replace(plan, orders=(*plan.orders, order.order_id))


def _audited(markets: Markets, order: AuditedOrder, rows: Rows) -> Iterator[Change]:
    named = next((one.plan_id for one in order.facts.contracts if one.agent_id), None)
    plan = rows.get(AuditedPlan, named) if named else None
    findings = audit.audit_order(order.facts, markets, plan.facts if plan else None)
    yield from _changed("order", order.order_id, findings, rows)


def _plan(markets: Markets, recorded: Recorded, plan_id: UUID, rows: Rows) -> Iterator[Change]:
    before = rows.get(AuditedPlan, plan_id) or AuditedPlan(plan_id=plan_id)
    plan = replace(before, facts=evolve_plan_facts(before.facts, recorded))
    orders = [order for order_id in plan.orders if (order := rows.get(AuditedOrder, order_id))]
    yield replace(plan, orders=tuple(order.order_id for order in orders if _waits(order, plan)))
    for order in orders:
        yield from _audited(markets, order, rows)


def _waits(order: AuditedOrder, plan: AuditedPlan) -> bool:
    known = {version.version for version in plan.facts.versions}
    contracts = (one for one in order.facts.contracts if one.plan_id == plan.plan_id)
    return any(one.plan_version not in known for one in contracts)


def _vehicle(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    vehicle_id = vehicle_of(recorded)
    if vehicle_id is None:
        return
    before = rows.get(AuditedVehicle, vehicle_id) or AuditedVehicle(vehicle_id=vehicle_id)
    vehicle = replace(before, facts=evolve_vehicle_facts(before.facts, recorded))
    yield vehicle
    yield from _changed("vehicle", vehicle_id, audit.audit_vehicle(vehicle.facts), rows)


def _changed(
    subject: Subject, subject_id: UUID, findings: Iterable[Finding], rows: Rows
) -> Iterator[ComplianceFinding]:
    for finding in findings:
        found = ComplianceFinding(subject=subject, subject_id=subject_id, **vars(finding))
        if rows.get(ComplianceFinding, (subject_id, finding.rule)) != found:
            yield found


def hint(recorded: Recorded) -> Iterator[tuple[type[Row], Key]]:
    match recorded.event:
        case PlanPublished(plan_id=plan_id):
            yield AuditedPlan, plan_id
        case event if type(event) in OF_ORDERS:
            yield AuditedOrder, recorded.stream_id
            for rule, _ in audit.OF_ORDERS:
                yield ComplianceFinding, (recorded.stream_id, rule.id)
            if isinstance(event, ContractSigned) and event.plan_id:
                yield AuditedPlan, event.plan_id
        case _:
            vehicle_id = vehicle_of(recorded)
            if vehicle_id:
                yield AuditedVehicle, vehicle_id
                for rule, _ in audit.OF_VEHICLES:
                    yield ComplianceFinding, (vehicle_id, rule.id)


def market_compliance(markets: Markets, edition: str) -> Projection:
    """The audit under these rows of the markets; `edition` tells them from any other. Findings that were made
    under another edition ask for a rebuild."""
    return Projection(
        name="market_compliance",
        version=1,
        rows=(ComplianceFinding, AuditedOrder, AuditedVehicle, AuditedPlan),
        project=partial(project, markets),
        hint=hint,
        wants=OF_ORDERS | OF_VEHICLES | {PlanPublished},
        edition=edition,
    )
