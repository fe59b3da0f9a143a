"""Every rule asked of one order, and of one car. Pure: the same facts give the same findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from domain.compliance.allocating import AL_01, VehicleFacts, al_01
from domain.compliance.commissioning import CO_03, co_03
from domain.compliance.facts import Known, OrderFacts, PlanFacts
from domain.compliance.finding import AuditRule, Finding
from domain.compliance.selling import EU_01, US_01, eu_01, us_01
from domain.compliance.withdrawing import CR_03, cr_03
from domain.markets.resolver import Markets

OF_ORDERS: Final[tuple[tuple[AuditRule, Callable[[OrderFacts, Known], Finding]], ...]] = (
    (EU_01, eu_01),
    (US_01, us_01),
    (CR_03, cr_03),
    (CO_03, co_03),
)
OF_VEHICLES: Final[tuple[tuple[AuditRule, Callable[[VehicleFacts], Finding]], ...]] = ((AL_01, al_01),)


def audit_order(facts: OrderFacts, markets: Markets, plan: PlanFacts | None = None) -> tuple[Finding, ...]:
    """The findings on one order, one a rule. `plan` is the plan that its contract names."""
    known = Known(markets=markets, plan=plan)
    return tuple(ask(facts, known) for _, ask in OF_ORDERS)


def audit_vehicle(facts: VehicleFacts) -> tuple[Finding, ...]:
    """The findings on one car."""
    return tuple(ask(facts) for _, ask in OF_VEHICLES)
