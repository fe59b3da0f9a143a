"""What the commission of one order depends on, folded from the events of its stream."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.frozen import frozen
from domain.handovers.delivering import Delivered
from domain.kernel import Recorded, replace
from domain.money import Money
from domain.orders.cancelling import OrderCancelled
from domain.orders.changing import ChangeAccepted
from domain.orders.contracting import ContractSigned
from domain.orders.paying import PaymentReceived
from domain.orders.reserving import ReservationLapsed
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalWindowClosed
from domain.words import Fault


@frozen
class Moment:
    """An event that a commission turns on, and when it happened."""

    event_id: UUID
    at: datetime


@frozen
class Ending:
    """The order came to nothing. `faults` says whose fault a plan may call it: a withdrawal is nobody's
    fault, and the customer's act. A car that comes back ends nothing while no withdrawal is accepted."""

    moment: Moment
    cause: str
    faults: tuple[Fault, ...]


@frozen
class CommissionFacts:
    """Facts of one order under the terms of one plan. What comes after its end earns nothing, so it is not taken
    up; nor is what happened after another model took over, at `novated`.

    `paid_up` is the moment when what was paid first reached the gross price, `window_closed` the end of a
    right to withdraw; `has_window` says whether the handover opened one.
    """

    order_id: UUID | None = None
    agent_id: UUID | None = None
    plan_id: UUID | None = None
    plan_version: int | None = None
    contract: Moment | None = None
    priced: tuple[UUID, ...] = ()
    net_price: Money | None = None
    gross_price: Money | None = None
    paid: Money | None = None
    paid_up: Moment | None = None
    delivered: Moment | None = None
    handed_by: UUID | None = None
    has_window: bool = False
    window_closed: Moment | None = None
    ended: Ending | None = None
    novated: Moment | None = None


def evolve_facts(facts: CommissionFacts, recorded: Recorded) -> CommissionFacts:
    """The facts after one more event of the order's stream. Events that pay nobody change nothing."""
    if facts.ended:
        return facts
    if facts.novated and facts.novated.at <= recorded.occurred_at:
        return replace(facts, ended=_ending(recorded))
    return _paid_up(_evolve(facts, recorded), recorded)


def moment(recorded: Recorded) -> Moment:
    """This event, as one that a commission turns on."""
    return Moment(event_id=recorded.event_id, at=recorded.occurred_at)


def partners(facts: CommissionFacts) -> frozenset[UUID]:
    """Everybody to whom this order may owe something."""
    return frozenset(partner for partner in (facts.agent_id, facts.handed_by) if partner)


def _evolve(facts: CommissionFacts, recorded: Recorded) -> CommissionFacts:
    match recorded.event:
        case ContractSigned() as contract if facts.contract is None:
            return replace(
                facts,
                order_id=recorded.stream_id,
                agent_id=contract.agent_id,
                plan_id=contract.plan_id,
                plan_version=contract.plan_version,
                contract=moment(recorded),
                priced=(recorded.event_id,),
                net_price=contract.net,
                gross_price=contract.gross,
            )
        case ChangeAccepted() as change:
            return replace(
                facts,
                priced=(*facts.priced, recorded.event_id),
                net_price=change.net,
                gross_price=change.gross,
            )
        case PaymentReceived(amount=amount, contradicts=contradicts) if "told_otherwise" not in contradicts:
            return replace(facts, paid=_sum(facts.paid, amount))
        case Delivered() as delivered if facts.delivered is None:
            return replace(
                facts,
                delivered=moment(recorded),
                handed_by=delivered.handed_by,
                has_window=delivered.withdraw_until is not None,
            )
        case WithdrawalWindowClosed():
            return replace(facts, window_closed=facts.window_closed or moment(recorded))
        case _:
            return replace(facts, ended=_ending(recorded))


def _ending(recorded: Recorded) -> Ending | None:
    match recorded.event:
        case OrderCancelled(fault=fault):
            return Ending(moment=moment(recorded), cause="cancelled", faults=(fault,))
        case WithdrawalAccepted():
            return Ending(moment=moment(recorded), cause="withdrawn", faults=("none", "customer"))
        case ReservationLapsed():
            return Ending(moment=moment(recorded), cause="lapsed", faults=("none", "customer"))
        case _:
            return None


def _paid_up(facts: CommissionFacts, recorded: Recorded) -> CommissionFacts:
    if facts.paid_up or not facts.paid or not facts.gross_price:
        return facts
    if facts.paid.currency != facts.gross_price.currency or facts.paid < facts.gross_price:
        return facts
    return replace(facts, paid_up=moment(recorded))


def _sum(paid: Money | None, amount: Money) -> Money:
    """What was paid; an amount in another currency than the first does not count."""
    if paid is None:
        return amount
    return paid + amount if paid.currency == amount.currency else paid
