"""An order goes to another distribution model: from then on its commission follows other terms, or there is none."""

from __future__ import annotations

from typing import Final

from domain.kernel import Recorded, replace
from domain.orders.novating import OrderNovated
from domain.settlements.facts import CommissionFacts, Moment, evolve_facts

NOBODY_ENGAGED: Final = CommissionFacts()


def evolve_engagements(
    engagements: tuple[CommissionFacts, ...], recorded: Recorded
) -> tuple[CommissionFacts, ...]:
    """The facts of an order after one more event, plan by plan; the last one runs. A novation that changes neither
    the agent nor his plan changes nothing here."""
    after = tuple(evolve_facts(one, recorded) for one in engagements or (NOBODY_ENGAGED,))
    last = after[-1]
    match recorded.event:
        case OrderNovated() as novated if last.contract and not last.ended and not _stays(last, novated):
            moment = Moment(event_id=recorded.event_id, at=recorded.occurred_at)
            return (*after[:-1], replace(last, novated=moment), _begun(last, novated, moment))
        case _:
            return after


def _stays(facts: CommissionFacts, novated: OrderNovated) -> bool:
    return (facts.agent_id, facts.plan_id, facts.plan_version) == (
        novated.agent_id,
        novated.plan_id,
        novated.plan_version,
    )


def _begun(before: CommissionFacts, novated: OrderNovated, moment: Moment) -> CommissionFacts:
    """What the new terms begin with: the price as it stands, and what was paid of it. Who was paid in full before
    is paid up at the novation."""
    return CommissionFacts(
        order_id=before.order_id,
        agent_id=novated.agent_id,
        plan_id=novated.plan_id,
        plan_version=novated.plan_version,
        contract=moment,
        priced=(*before.priced, moment.event_id),
        net_price=before.net_price,
        gross_price=before.gross_price,
        paid=before.paid,
        paid_up=moment if before.paid_up else None,
        delivered=before.delivered,
        handed_by=before.handed_by,
        has_window=before.has_window,
        window_closed=before.window_closed,
    )
