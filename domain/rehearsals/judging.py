"""What a switch does to one order: its history is read again under the rehearsed rows.

- `runs_off`: it was contracted before, and ends under the model it was sold by, for nobody can take it over.
- `needs_consent`: it was contracted before and may be novated, if those who are named agree; else it runs off.
- `refused`: what it was prepared for, or signed from that day on, the rehearsed rows do not allow.
- `goes_on`: nothing changes for it, or nothing is in the way of a contract under the new model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from domain.context import Context
from domain.kernel import Recorded, Refused, fold
from domain.markets.answers import Answer
from domain.markets.plans import DistributionModel
from domain.markets.resolver import Markets
from domain.orders.contracting import ContractSigned
from domain.orders.novating import adopting, agreed, concerned
from domain.orders.selling import REFUSED_AS, arranged, obey
from domain.orders.settling import resolve
from domain.orders.state import Consenter, Contract, Order, Sale
from domain.orders.status import OrderStatus, status
from domain.rehearsals.switching import Switch, happened_by

Outcome = Literal["runs_off", "needs_consent", "refused", "goes_on"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("runs_off", "needs_consent", "refused", "goes_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What becomes of an order that was open on the effective day. `status` is that of the day. `from_model` is
    that of its contract, None where there is none. `consents` are those that are still missing. `code` is that of a
    refusal, "" without one; `decided_by` are the rows."""

    order_id: UUID
    market: str
    outcome: Outcome
    status: OrderStatus
    from_model: DistributionModel | None
    to_model: DistributionModel
    consents: tuple[tuple[Consenter, UUID], ...] = ()
    code: str = ""
    says: str
    decided_by: tuple[str, ...]


def judge(history: Sequence[Recorded], switches: Sequence[Switch], markets: Markets) -> Judgement | None:
    """What becomes of an order, by its whole history. None if no switch speaks of it, or if it was over by then.
    `markets` hold the rehearsed rows. All switches have one effective day."""
    told = fold(Order(), (one.event for one in history))
    if not told.exists or not any(switch.concerns(told) for switch in switches):
        return None
    order_id, begins = history[0].stream_id, switches[0].begins(markets.place(told.market).zone)
    order = fold(Order(), (one.event for one in happened_by(history, begins)))
    if order.ended or order.settled:
        return None
    if order.contract is not None:
        return _contracted(order_id, order, order.contract, _context(markets, begins))
    for later in history:
        if isinstance(later.event, ContractSigned):
            order = fold(Order(), (one.event for one in history if one.version < later.version))
            return _signed_later(order_id, later.event, order, _context(markets, later.occurred_at))
    if told.ended and all(one.occurred_at >= begins for one in history):
        return None
    return _uncontracted(order_id, order, _context(markets, begins))


def _contracted(order_id: UUID, order: Order, contract: Contract, context: Context) -> Judgement:
    sale, answer = contract.sale, resolve(order, context).answer

    def become(outcome: Outcome, says: str, missing: tuple[tuple[Consenter, UUID], ...] = ()) -> Judgement:
        return Judgement(
            order_id=order_id,
            market=order.market,
            outcome=outcome,
            status=status(order),
            from_model=sale.distribution_model,
            to_model=answer.distribution_model,
            consents=missing,
            says=says,
            decided_by=answer.decided_by,
        )

    if answer.distribution_model == sale.distribution_model:
        return become("goes_on", "the model is the one that it was sold by")
    if order.delivered_at is not None:
        return become("runs_off", "the car was handed over: it ends under the model that it was sold by")
    if not answer.allowed:
        return become("runs_off", f"nobody may take it over: {' and '.join(answer.grounds)}")
    missing = _missing(order, sale, answer)
    if missing:
        return become("needs_consent", "it can be novated once all who are named here have agreed", missing)
    return become("needs_consent", "all agreed: it can be novated")


def _missing(order: Order, sale: Sale, answer: Answer) -> tuple[tuple[Consenter, UUID], ...]:
    """Who has not agreed yet, if those who sell the car now take it over."""
    return tuple(one for one in concerned(order, sale, sale.partners) if not _agreed(order, *one, answer))


def _agreed(order: Order, by: Consenter, who: UUID, answer: Answer) -> bool:
    try:
        agreed(order, by, who, answer)
    except Refused:
        return False
    return True


def _signed_later(order_id: UUID, signed: ContractSigned, order: Order, context: Context) -> Judgement:
    """A contract of the log that was signed from the effective day on, asked for again."""
    answer = resolve(order, context).answer
    code, says, rows = "", "its contract is as the model wants it", answer.decided_by
    try:
        arranged(order, signed.seller, signed.seller_id, signed.agent_id, context)
        obey("price_setter", signed.price_setter, answer.price_setter, order, answer)
    except Refused as refusal:
        code, says, rows = refusal.code, str(refusal), refusal.rows
    return Judgement(
        order_id=order_id,
        market=order.market,
        outcome="refused" if code else "goes_on",
        status=status(order),
        from_model=signed.distribution_model,
        to_model=answer.distribution_model,
        code=code,
        says=says,
        decided_by=rows,
    )


def _uncontracted(order_id: UUID, order: Order, context: Context) -> Judgement:
    """An order without a contract will be contracted by the new model; a quote of the old one does not fit it."""
    answer = resolve(order, context).answer
    code, says = "", "its contract will be made by the model of its day"
    if not answer.allowed:
        code, says = REFUSED_AS[answer.ground or "undetermined"], "nobody may sell it"
    elif order.quote is not None and order.quote.price_authority != answer.price_setter:
        code = "wrong_price_setter"
        says = (
            f"its quote is the {order.quote.price_authority}'s: the {answer.price_setter} must issue another"
        )
    return Judgement(
        order_id=order_id,
        market=order.market,
        outcome="refused" if code else "goes_on",
        status=status(order),
        from_model=None,
        to_model=answer.distribution_model,
        code=code,
        says=says,
        decided_by=adopting(answer) or answer.decided_by,
    )


def _context(markets: Markets, moment: datetime) -> Context:
    return Context(now=moment, occurred_at=moment, actor="rehearsal", markets=markets)
