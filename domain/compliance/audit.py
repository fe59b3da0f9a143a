"""Every rule asked of one order, and of one car. Pure: the same facts give the same findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from domain.compliance.allocating import AL_01, VehicleFacts, al_01
from domain.compliance.commissioning import CO_03, PAY, co_03
from domain.compliance.facts import Known, OrderFacts, PlanFacts
from domain.compliance.finding import AuditRule, Finding
from domain.compliance.selling import EU_01, SALE, US_01, eu_01, us_01
from domain.compliance.withdrawing import CR_03, cr_03, withdrawal
from domain.markets.resolver import Markets

# Each rule, and what of an order's facts it asks: as long as that is the same, so is what the rule finds.
OF_ORDERS: Final[
    tuple[tuple[AuditRule, Callable[[OrderFacts, Known], Finding], Callable[[OrderFacts], object]], ...]
] = (
    (EU_01, eu_01, SALE),
    (US_01, us_01, SALE),
    (CR_03, cr_03, withdrawal),
    (CO_03, co_03, PAY),
)
OF_VEHICLES: Final[tuple[tuple[AuditRule, Callable[[VehicleFacts], Finding]], ...]] = ((AL_01, al_01),)


def audit_order(
    facts: OrderFacts,
    markets: Markets,
    plan: PlanFacts | None = None,
    *,
    since: OrderFacts | None = None,
) -> tuple[Finding, ...]:
    """The findings on one order, one a rule. `plan` is the plan that its contract names. With `since`, only those
    that can differ from what these earlier facts gave, by the same markets and the same terms of pay."""
    known = Known(markets=markets, plan=plan)
    return tuple(
        [
            ask(facts, known)
            for _, ask, rests_on in OF_ORDERS
            if since is None or rests_on(since) != rests_on(facts)
        ]
    )


def audit_vehicle(facts: VehicleFacts) -> tuple[Finding, ...]:
    """The findings on one car."""
    return tuple(ask(facts) for _, ask in OF_VEHICLES)
