"""The arithmetic of commissions: facts of an order and the terms of its plan give lines. Pure.

- `base`: the agent of the contract earns a share of its prices.
- `handover_fee`: whoever handed the car over earns a fixed fee for that.
- `clawback`: what was earned and is taken back, see `clawing_back`.

What was earned before another distribution model took the order over stays; what was not is the new one's to pay.

A line is `provisional` from the contract on, `held` while a right to withdraw is open that the plan waits for,
`earned` when `earn_on` has come: delivery, the end of the right to withdraw, or payment in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final, TypeAlias
from uuid import UUID

from domain.money import Money
from domain.settlements.clawing_back import clawback, ended
from domain.settlements.facts import CommissionFacts, Moment
from domain.settlements.lines import Due, Inputs, Line, LineState, LineType
from domain.settlements.posting import Ledger, is_closed
from domain.settlements.state import PlanTerms

NOTHING_CLOSED: Final[Mapping[UUID, str]] = {}
# The facts of an order while one plan paid for it, and that plan. An order that is novated has several.
Engagement: TypeAlias = tuple[CommissionFacts, PlanTerms]

# What counts for a line under any plan, beside the fact that its plan waits for.
_TERMS: Final = attrgetter(
    *("agent_id", "plan_id", "plan_version", "priced", "net_price", "gross_price"),
    *("delivered", "handed_by", "ended", "novated"),
)


def lines(
    facts: CommissionFacts,
    plan: PlanTerms,
    open_periods: Mapping[UUID, str] = NOTHING_CLOSED,
    standing: Iterable[Line] = (),
) -> tuple[Line, ...]:
    """All lines of an order that was sold by one plan alone; see `all_lines`."""
    return all_lines(((facts, plan),), open_periods, standing)


def all_lines(
    engagements: Iterable[Engagement],
    open_periods: Mapping[UUID, str] = NOTHING_CLOSED,
    standing: Iterable[Line] = (),
) -> tuple[Line, ...]:
    """All lines of one order, given the lines that stand now. They replace those.

    `open_periods` is each partner's first month that is not closed. A standing line of a closed month comes
    back unchanged; what differs from it is posted to the open month.
    """
    standing = tuple(standing)
    posted: list[Line] = []
    taken: list[Line] = []
    for facts, plan, due in _dues(engagements, open_periods, standing):
        assert facts.order_id is not None  # it has a contract, or nothing would be due
        ledger = Ledger(order_id=facts.order_id, plan=plan, open_periods=open_periods, standing=standing)
        found = ledger.post(due)
        posted += found
        if due.line_type == "base":
            for back in clawback(facts, plan, found):
                taken += ledger.post(back, about=found[0].period)
    return (*posted, *taken)


def comes_to_the_same(facts: CommissionFacts, others: CommissionFacts, plan: PlanTerms) -> bool:
    """Whether this plan owes the same for both: of the facts that it does not wait for, nothing is due."""
    return (_TERMS(facts), _earned(facts, plan)) == (_TERMS(others), _earned(others, plan))


def owed(posted: Iterable[Line]) -> dict[str, int]:
    """The sum of what stands on statements, in minor units, by currency."""
    sums: dict[str, int] = {}
    for line in posted:
        if line.period:
            sums[line.amount.currency] = sums.get(line.amount.currency, 0) + line.amount.minor
    return sums


def _dues(
    engagements: Iterable[Engagement], open_periods: Mapping[UUID, str], standing: Sequence[Line]
) -> Iterator[tuple[CommissionFacts, PlanTerms, Due]]:
    """What is due to each partner for each kind of work, by the plan of its day. What an earlier plan paid for no
    later one pays again; what it had not paid for when it was left, it never will."""
    found: dict[tuple[UUID, LineType], tuple[CommissionFacts, PlanTerms, Due]] = {}
    paid: dict[LineType, Moment | None] = {}
    for facts, plan in engagements:
        if facts.agent_id is None:
            continue
        mine = (_base(facts, plan, facts.agent_id), *_handover_fee(facts, plan, facts.agent_id))
        for due in mine:
            key = due.partner_id, due.line_type
            if due.line_type not in paid:
                found[key] = facts, plan, due
            elif key not in found and any(is_closed(line, due, open_periods) for line in standing):
                # It was posted before the earlier plan was known to have paid: it goes back in the open month.
                nothing = Money(0, plan.currency)
                cause = paid[due.line_type]
                found[key] = facts, plan, due._replace(amount=nothing, state="reversed", cause=cause)
        paid |= {due.line_type: due.cause for due in mine if due.cause}
    yield from found.values()


def _base(facts: CommissionFacts, plan: PlanTerms, agent_id: UUID) -> Due:
    prices = {"net_price": facts.net_price, "gross_price": facts.gross_price}
    named = tuple((name, prices[name]) for name in plan.basis)
    inputs: Inputs = (
        *((name, str(price)) for name, price in named),
        ("base_rate_bp", str(plan.base_rate_bp)),
    )
    formula = f"({' + '.join(plan.basis)}) × {plan.base_rate_bp} / 10000"
    amounts = tuple(price for _, price in named if price and price.currency == plan.currency)
    if len(amounts) < len(named):
        return Due(
            partner_id=agent_id,
            line_type="base",
            basis=f"{formula}: held, because the plan pays in {plan.currency}",
            inputs=inputs,
            amount=Money(0, plan.currency),
            state="held",
            cause=None,
            event_ids=facts.priced,
        )
    whole = Money(sum(amount.minor for amount in amounts), plan.currency)
    state, cause = _stage(facts, plan, _earned(facts, plan), keeps=True)
    return Due(
        partner_id=agent_id,
        line_type="base",
        basis=formula,
        inputs=inputs,
        amount=Money(0, plan.currency) if state == "reversed" else whole.share(plan.base_rate_bp),
        state=state,
        cause=cause,
        event_ids=_evidence(facts, cause),
    )


def _handover_fee(facts: CommissionFacts, plan: PlanTerms, agent_id: UUID) -> Iterator[Due]:
    if not plan.handover_fee.minor:
        return
    earned = _earned(facts, plan)
    if earned and facts.delivered:
        earned = max(earned, facts.delivered, key=lambda moment: moment.at)
    state, cause = _stage(facts, plan, earned if facts.delivered else None, keeps=facts.delivered is not None)
    yield Due(
        partner_id=facts.handed_by or agent_id,
        line_type="handover_fee",
        basis="handover_fee",
        inputs=(("handover_fee", str(plan.handover_fee)),),
        amount=Money(0, plan.currency) if state == "reversed" else plan.handover_fee,
        state=state,
        cause=cause,
        event_ids=_evidence(facts, cause),
    )


def _earned(facts: CommissionFacts, plan: PlanTerms) -> Moment | None:
    """The fact that the plan waits for, if it has happened."""
    match plan.earn_on:
        case "delivery":
            return facts.delivered
        case "payment":
            return facts.paid_up
        case "window_end":
            return facts.window_closed if facts.has_window else facts.delivered


def _stage(
    facts: CommissionFacts, plan: PlanTerms, earned: Moment | None, *, keeps: bool
) -> tuple[LineState, Moment | None]:
    """The state of a line, and the fact that put it on a statement. `keeps`: the work for it was done, so it
    is kept when the maker is to blame for the end. What another model took over before it was earned is lost."""
    if facts.novated and earned is None:
        return "reversed", None
    if facts.ended:
        return ended(facts.ended, earned, keeps=keeps)
    if earned:
        return "earned", earned
    waiting = plan.earn_on == "window_end" and facts.delivered
    return ("held" if waiting else "provisional"), None


def _evidence(facts: CommissionFacts, cause: Moment | None) -> tuple[UUID, ...]:
    end = (facts.ended.moment.event_id,) if facts.ended else ()
    return tuple(dict.fromkeys((*facts.priced, *((cause.event_id,) if cause else ()), *end)))
