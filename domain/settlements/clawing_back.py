"""An order ends: what it earned is kept or taken back.

An agent loses commission only when the contract will not be carried out and the maker is not to blame
(Directive 86/653/EEC, Article 11; C-48/16 ERGO). So, with fault `principal`, the line is kept, earned before
or not. With another fault, what was not earned yet comes to nothing, and what was earned is taken back if the
plan names that fault. The fee for a handover that took place pays for work done and stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.money import Money
from domain.settlements.facts import CommissionFacts, Ending, Moment
from domain.settlements.lines import Due, Line, LineState
from domain.settlements.state import PlanTerms


def ended(ending: Ending, earned: Moment | None, *, keeps: bool) -> tuple[LineState, Moment | None]:
    """The state of a line of an order that ended, and the fact that put it on a statement."""
    if "principal" in ending.faults and keeps:
        return "kept", earned or ending.moment
    if earned:
        return "earned", earned
    return "reversed", None


def clawback(facts: CommissionFacts, plan: PlanTerms, base: Sequence[Line]) -> Iterator[Due]:
    """What is taken back of these base lines: at most one due, negative."""
    ending = facts.ended
    if ending is None or "principal" in ending.faults or not set(ending.faults) & set(plan.clawback_faults):
        return
    posted = [line for line in base if line.period]
    if not posted:
        return
    amount = sum(line.amount.minor for line in posted)
    yield Due(
        partner_id=posted[0].partner_id,
        line_type="clawback",
        basis="−base",
        inputs=(("base", str(Money(amount, plan.currency))), ("end", ending.cause)),
        amount=Money(-amount, plan.currency),
        state="reversed",
        cause=ending.moment,
        event_ids=tuple(dict.fromkeys((*posted[0].event_ids, ending.moment.event_id))),
    )
