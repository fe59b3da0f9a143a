"""What each partner is owed: one row a commission line, with its formula, inputs, state and evidence.

Confidential. The arithmetic is the domain's; this keeps what it works from: the facts of each order, the terms
of each plan and each partner's open month. A line of a closed month never changes; what is learnt later is
posted to the open one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Final
from uuid import UUID

from domain.frozen import frozen
from domain.handovers.delivering import Delivered
from domain.kernel import Recorded, extend, replace
from domain.orders.cancelling import OrderCancelled
from domain.orders.changing import ChangeAccepted
from domain.orders.contracting import ContractSigned
from domain.orders.novating import OrderNovated
from domain.orders.paying import PaymentReceived
from domain.orders.reserving import ReservationLapsed
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalWindowClosed
from domain.settlements.accruing import Engagement, all_lines, comes_to_the_same
from domain.settlements.closing import PeriodClosed
from domain.settlements.facts import CommissionFacts, partners
from domain.settlements.lines import Line
from domain.settlements.novating import NOBODY_ENGAGED, evolve_engagements
from domain.settlements.planning import PlanPublished
from domain.settlements.state import PlanTerms
from projections.kernel import Change, Gone, Key, Projection, Row, Rows


@frozen
class CommissionLine(Line):
    """`period` is "" while the line stands on no statement."""

    table: ClassVar[str] = "commission_line"
    key: ClassVar[tuple[str, ...]] = ("order_id", "partner_id", "line_type", "period")
    indexes: ClassVar[tuple[str, ...]] = ("partner_id",)


@frozen
class CommissionOrder:
    """What the lines of an order follow from, and those that stand. `facts` are those under the terms that pay
    now, `earlier` those under terms that it was novated from."""

    table: ClassVar[str] = "commission_order"
    key: ClassVar[tuple[str, ...]] = ("order_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    order_id: UUID
    facts: CommissionFacts = NOBODY_ENGAGED
    lines: tuple[Line, ...] = ()
    earlier: tuple[CommissionFacts, ...] = ()

    @property
    def engagements(self) -> tuple[CommissionFacts, ...]:
        return (*self.earlier, self.facts)


@frozen
class CommissionPlan:
    """One version of a plan. A contract may be told that names it before it is published: then `terms` is
    None, and `waiting` names the orders."""

    table: ClassVar[str] = "commission_plan"
    key: ClassVar[tuple[str, ...]] = ("plan_id", "version")
    indexes: ClassVar[tuple[str, ...]] = ()

    plan_id: UUID
    version: int
    terms: PlanTerms | None = None
    waiting: tuple[UUID, ...] = ()


@frozen
class PartnerPeriod:
    """The month that is open for a partner; every month before it is closed."""

    table: ClassVar[str] = "commission_period"
    key: ClassVar[tuple[str, ...]] = ("partner_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    partner_id: UUID
    open_period: str


def project(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    match recorded.event:
        case PlanPublished() as published:
            yield from _published(published, rows)
        case PeriodClosed(partner_id=partner_id, next_period=open_period):
            yield PartnerPeriod(partner_id=partner_id, open_period=open_period)
        case _:
            order = rows.get(CommissionOrder, recorded.stream_id) or CommissionOrder(
                order_id=recorded.stream_id
            )
            engagements = order.engagements
            *earlier, facts = after = evolve_engagements(engagements, recorded)
            if after != engagements:
                order = replace(order, facts=facts, earlier=tuple(earlier))
                yield from _reckoned(order, rows, since=engagements)


def _published(published: PlanPublished, rows: Rows) -> Iterator[Change]:
    plan = rows.get(CommissionPlan, (published.plan_id, published.version))
    known = CommissionPlan(plan_id=published.plan_id, version=published.version, terms=published.terms)
    yield known
    for order_id in plan.waiting if plan else ():
        order = rows.get(CommissionOrder, order_id)
        if order:
            yield from _reckoned(order, rows)


def _reckoned(
    order: CommissionOrder, rows: Rows, *, since: tuple[CommissionFacts, ...] = ()
) -> Iterator[Change]:
    """The order and its lines, as far as its plans are known. Its lines stand as they follow from `since`."""
    paying: list[Engagement] = []
    missing: list[CommissionPlan] = []
    stands = len(since) == len(order.engagements)
    for index, facts in enumerate(order.engagements):
        if facts.agent_id is None or facts.plan_id is None or facts.plan_version is None:
            continue
        plan = rows.get(CommissionPlan, (facts.plan_id, facts.plan_version))
        if plan and plan.terms:
            paying.append((facts, plan.terms))
            stands = stands and comes_to_the_same(since[index], facts, plan.terms)
        else:
            missing.append(plan or CommissionPlan(plan_id=facts.plan_id, version=facts.plan_version))
    if paying and not missing and not stands:
        yield from _posted(order, paying, rows)
        return
    yield order
    for plan in missing:
        if order.order_id not in plan.waiting:
            yield replace(plan, waiting=(*plan.waiting, order.order_id))


def _posted(order: CommissionOrder, paying: list[Engagement], rows: Rows) -> Iterator[Change]:
    """The order and the lines that changed."""
    owed = {partner for facts in order.engagements for partner in partners(facts)}
    periods = {partner: rows.get(PartnerPeriod, partner) for partner in owed}
    opened = {partner: period.open_period for partner, period in periods.items() if period}
    posted = all_lines(paying, opened, order.lines)
    yield replace(order, lines=posted)
    before, after = _by_key(order.lines), _by_key(posted)
    for key in before.keys() - after.keys():
        yield Gone(CommissionLine, key)
    for key, line in after.items():
        if before.get(key) != line:
            yield extend(line, CommissionLine)


def _by_key(posted: Iterable[Line]) -> dict[Key, Line]:
    return {(line.order_id, line.partner_id, line.line_type, line.period): line for line in posted}


def hint(recorded: Recorded) -> Iterator[tuple[type[Row], Key]]:
    match recorded.event:
        case PlanPublished(plan_id=plan_id, version=version):
            yield CommissionPlan, (plan_id, version)
        case PeriodClosed():
            return
        case (
            ContractSigned(agent_id=UUID() as agent, plan_id=UUID() as plan, plan_version=int() as version)
            | OrderNovated(agent_id=UUID() as agent, plan_id=UUID() as plan, plan_version=int() as version)
        ):
            yield CommissionOrder, recorded.stream_id
            yield CommissionPlan, (plan, version)
            yield PartnerPeriod, agent
        case Delivered(handed_by=partner):
            yield CommissionOrder, recorded.stream_id
            yield PartnerPeriod, partner
        case _:
            yield CommissionOrder, recorded.stream_id


DEALER_COMMISSIONS: Final = Projection(
    name="dealer_commissions",
    version=2,
    rows=(CommissionLine, CommissionOrder, CommissionPlan, PartnerPeriod),
    project=project,
    hint=hint,
    wants=frozenset(
        {
            ContractSigned,
            OrderNovated,
            ChangeAccepted,
            PaymentReceived,
            Delivered,
            WithdrawalWindowClosed,
            WithdrawalAccepted,
            OrderCancelled,
            ReservationLapsed,
            PlanPublished,
            PeriodClosed,
        }
    ),
    everywhere=frozenset({PlanPublished, PeriodClosed}),
    copied=frozenset({CommissionPlan, PartnerPeriod}),
)
