"""What an auditor finds: one row a rule and order, or rule and car, with its verdict and evidence.

The rules are the domain's. Each is asked again whenever a fact that it could depend on was learnt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from operator import attrgetter
from typing import ClassVar, Final, Literal
from uuid import UUID

from domain.allocations.allocating import VehicleAllocated, VehicleReallocated, VehicleReleased
from domain.compliance import audit
from domain.compliance.allocating import VehicleFacts, evolve_vehicle_facts, vehicle_of
from domain.compliance.facts import OrderFacts, PlanFacts, evolve_order_facts, evolve_plan_facts
from domain.compliance.finding import Finding
from domain.frozen import frozen
from domain.handovers.delivering import Delivered
from domain.kernel import Event, Recorded, extend, replace
from domain.markets.book import MarketBook, MarketEvent
from domain.markets.regions import country
from domain.markets.resolver import Markets
from domain.markets.rows import MarketRows
from domain.orders.cancelling import OrderCancelled
from domain.orders.contracting import ContractSigned
from domain.orders.following import CarAllocated, CarTakenAway
from domain.orders.novating import OrderNovated
from domain.orders.offering import PrecontractInfoGiven
from domain.orders.reserving import ReservationPlaced
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalDeclared, WithdrawalDenied
from domain.settlements.planning import PlanPublished
from projections.kernel import Change, Key, Projection, Route, Row, Rows

Subject = Literal["order", "vehicle"]

OF_ORDERS: frozenset[type[Event]] = frozenset(
    {
        ReservationPlaced,
        PrecontractInfoGiven,
        ContractSigned,
        OrderNovated,
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
OF_MARKETS: frozenset[type[Event]] = frozenset(
    event for event in Event.named.values() if issubclass(event, MarketEvent)
)
BOOKS_MAX = 64
NOTHING_TOLD: Final = OrderFacts()
NEVER_MEANT: Final = VehicleFacts()
NOTHING_AGREED: Final = PlanFacts()


@frozen
class ComplianceFinding(Finding):
    """`subject_id` is the order or the vehicle that was audited."""

    table: ClassVar[str] = "compliance_finding"
    key: ClassVar[tuple[str, ...]] = ("subject_id", "rule")
    indexes: ClassVar[tuple[str, ...]] = ("verdict",)

    subject: Subject
    subject_id: UUID


@frozen
class AuditedOrder:
    """What the rules know of an order. `markets` are the loads of rows by which it was last audited, for the rules
    are asked again where others came."""

    table: ClassVar[str] = "compliance_order"
    key: ClassVar[tuple[str, ...]] = ("order_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    order_id: UUID
    facts: OrderFacts = NOTHING_TOLD
    markets: tuple[UUID, ...] = ()


@frozen
class AuditedVehicle:
    """What the rules know of a car, from its own stream and from the orders that name it."""

    table: ClassVar[str] = "compliance_vehicle"
    key: ClassVar[tuple[str, ...]] = ("vehicle_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    vehicle_id: UUID
    facts: VehicleFacts = NEVER_MEANT


@frozen
class AuditedPlan:
    """What the rules know of a plan; `orders` are those whose contract names a version that is not there yet."""

    table: ClassVar[str] = "compliance_plan"
    key: ClassVar[tuple[str, ...]] = ("plan_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    plan_id: UUID
    facts: PlanFacts = NOTHING_AGREED
    orders: tuple[UUID, ...] = ()


@frozen
class AuditedMarket:
    """The rows of a place as they were loaded into the log; `as_of` is the last event that changed them."""

    table: ClassVar[str] = "compliance_market"
    key: ClassVar[tuple[str, ...]] = ("market",)
    indexes: ClassVar[tuple[str, ...]] = ()

    market: str
    as_of: UUID
    book: MarketRows


class Books:
    """The markets by which an order is audited: the rows that the log holds of its place, and the shipped ones of
    places that were never loaded."""

    def __init__(self, shipped: Markets) -> None:
        self._shipped = shipped
        self._overlaid: dict[tuple[UUID, ...], Markets] = {}
        self._codes: dict[str, tuple[str, ...]] = {}

    def codes(self, market: str) -> tuple[str, ...]:
        """The places whose rows reach a market."""
        codes = self._codes.get(market)
        if codes is None:
            regions = (one.region for one in self._shipped.regions.of(market))
            codes = self._codes[market] = tuple(dict.fromkeys((market, country(market), *regions)))
        return codes

    def loaded(self, market: str, rows: Rows) -> tuple[AuditedMarket, ...]:
        """The rows that the log holds of these places."""
        found = [rows.get(AuditedMarket, code) for code in self.codes(market)]
        return tuple(one for one in found if one)

    def known(self, loaded: tuple[AuditedMarket, ...]) -> Markets:
        if not loaded:
            return self._shipped
        key = tuple(one.as_of for one in loaded)
        if key not in self._overlaid:
            if len(self._overlaid) >= BOOKS_MAX:
                self._overlaid.clear()
            self._overlaid[key] = self._shipped.overlaid(one.book for one in loaded)
        return self._overlaid[key]


def project(books: Books, recorded: Recorded, rows: Rows) -> Iterator[Change]:
    event = recorded.event
    if type(event) in OF_ORDERS:
        return _order(books, recorded, rows)
    if isinstance(event, MarketEvent):
        return iter((_market(event, recorded, rows),))
    if isinstance(event, PlanPublished):
        return _plan(books, recorded, event.plan_id, rows)
    return _vehicle(recorded, rows)


def _order(books: Books, recorded: Recorded, rows: Rows) -> Iterator[Change]:
    before = rows.get(AuditedOrder, recorded.stream_id)
    facts = evolve_order_facts(before.facts if before else NOTHING_TOLD, recorded)
    loaded = books.loaded(facts.market, rows)
    markets = tuple(one.as_of for one in loaded)
    order = AuditedOrder(order_id=recorded.stream_id, facts=facts, markets=markets)
    yield order
    since = before.facts if before and before.markets == markets else None
    yield from _audited(books.known(loaded), order, rows, since)
    named = _plan_named(recorded.event)
    if named:
        plan = rows.get(AuditedPlan, named) or AuditedPlan(plan_id=named)
        if _waits(order, plan) and order.order_id not in plan.orders:
            yield replace(plan, orders=(*plan.orders, order.order_id))


def _plan_named(event: Event) -> UUID | None:
    """The plan that a contract, or its novation, names."""
    match event:
        case ContractSigned(plan_id=plan_id) | OrderNovated(plan_id=plan_id):
            return plan_id
        case _:
            return None


def _market(event: MarketEvent, recorded: Recorded, rows: Rows) -> AuditedMarket:
    before = rows.get(AuditedMarket, recorded.market)
    book = MarketBook(recorded.market, before.book) if before else MarketBook()
    return AuditedMarket(market=recorded.market, as_of=recorded.event_id, book=event.evolve(book).rows)


def _audited(
    markets: Markets, order: AuditedOrder, rows: Rows, since: OrderFacts | None = None
) -> list[ComplianceFinding]:
    standing = order.facts.standing
    named = standing.plan_id if standing and standing.agent_id else None
    plan = rows.get(AuditedPlan, named) if named else None
    findings = audit.audit_order(order.facts, markets, plan.facts if plan else None, since=since)
    return _found("order", order.order_id, findings)


def _plan(books: Books, recorded: Recorded, plan_id: UUID, rows: Rows) -> Iterator[Change]:
    before = rows.get(AuditedPlan, plan_id) or AuditedPlan(plan_id=plan_id)
    plan = replace(before, facts=evolve_plan_facts(before.facts, recorded))
    orders = [order for order_id in plan.orders if (order := rows.get(AuditedOrder, order_id))]
    yield replace(plan, orders=tuple(order.order_id for order in orders if _waits(order, plan)))
    for order in orders:
        loaded = books.loaded(order.facts.market, rows)
        audited = replace(order, markets=tuple(one.as_of for one in loaded))
        yield audited
        yield from _audited(books.known(loaded), audited, rows)


def _waits(order: AuditedOrder, plan: AuditedPlan) -> bool:
    known = {version.version for version in plan.facts.versions}
    told = (*order.facts.contracts, *order.facts.novations)
    return any(one.plan_version not in known for one in told if one.plan_id == plan.plan_id)


def _vehicle(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    vehicle_id = vehicle_of(recorded)
    if vehicle_id is None:
        return
    before = rows.get(AuditedVehicle, vehicle_id)
    facts = evolve_vehicle_facts(before.facts if before else NEVER_MEANT, recorded)
    if before is None or facts != before.facts:
        yield AuditedVehicle(vehicle_id=vehicle_id, facts=facts)
        yield from _found("vehicle", vehicle_id, audit.audit_vehicle(facts))


def _found(subject: Subject, subject_id: UUID, findings: Iterable[Finding]) -> list[ComplianceFinding]:
    return [
        extend(finding, ComplianceFinding, subject=subject, subject_id=subject_id) for finding in findings
    ]


def hint(recorded: Recorded) -> Iterator[tuple[type[Row], Key]]:
    match recorded.event:
        case PlanPublished(plan_id=plan_id):
            yield AuditedPlan, plan_id
        case MarketEvent():
            yield AuditedMarket, recorded.market
        case event if type(event) in OF_ORDERS:
            yield AuditedOrder, recorded.stream_id
            if named := _plan_named(event):
                yield AuditedPlan, named
        case _:
            vehicle_id = vehicle_of(recorded)
            if vehicle_id:
                yield AuditedVehicle, vehicle_id


# An order's stream tells of its car, and what the rules know of the car stands with the car.
CAR: Final[Route] = attrgetter("event.vehicle_id")


def market_compliance(markets: Markets, edition: str) -> Projection:
    """The audit under these rows of the markets, and under those that the log holds; `edition` tells the shipped
    ones from any other. Findings that were made under another edition ask for a rebuild. Rows that are loaded
    later count for an order from its next event on."""
    books = Books(markets)
    return Projection(
        name="market_compliance",
        version=3,
        rows=(ComplianceFinding, AuditedOrder, AuditedVehicle, AuditedPlan, AuditedMarket),
        project=partial(project, books),
        hint=hint,
        wants=OF_ORDERS | OF_VEHICLES | OF_MARKETS | {PlanPublished},
        edition=edition,
        elsewhere={CarAllocated: CAR, CarTakenAway: CAR},
        everywhere=OF_MARKETS | {PlanPublished},
        copied=frozenset({AuditedPlan, AuditedMarket}),
    )
