"""The sale of the examples as an auditor reads it: recorded events, folded to facts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.compliance.audit import audit_order
from domain.compliance.facts import OrderFacts, PlanFacts, evolve_order_facts
from domain.compliance.finding import Finding
from domain.kernel import Event
from tests.examples import MARKETS, NOON, ORDER_ID
from tests.recording import history

Told = Event | tuple[datetime, Event]


def facts_of(*told: Told, order_id: UUID = ORDER_ID) -> OrderFacts:
    """Facts of these events; an event alone happened at noon."""
    facts = OrderFacts()
    timed = [one if isinstance(one, tuple) else (NOON, one) for one in told]
    for recorded in history(order_id, timed):
        facts = evolve_order_facts(facts, recorded)
    return facts


def under(rule: str, *told: Told, plan: PlanFacts | None = None) -> Finding:
    """The one finding under this rule."""
    (found,) = (one for one in audit_order(facts_of(*told), MARKETS, plan) if one.rule == rule)
    assert found.says.startswith(f"finding under rule {rule} v{found.rule_version}: ")
    return found
