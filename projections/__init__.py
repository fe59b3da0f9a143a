"""The read models of Carnet: what each shows, and the engine that keeps them up to date."""

from typing import Final

from infra.markets import edition, load_markets
from projections.customer_status import CUSTOMER_STATUS
from projections.deadlines import DEADLINES
from projections.dealer_commissions import DEALER_COMMISSIONS
from projections.kernel import Projection
from projections.market_compliance import market_compliance

ALL: Final[tuple[Projection, ...]] = (
    CUSTOMER_STATUS,
    DEALER_COMMISSIONS,
    market_compliance(load_markets(), edition()),
    DEADLINES,
)
