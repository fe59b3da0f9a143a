"""A switch that is rehearsed: from which day it holds, and of which orders it speaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from domain import deadlines
from domain.kernel import Recorded
from domain.markets.claims import Selectors
from domain.markets.plans import Distribution, StepKind
from domain.markets.questions import line_of
from domain.orders.reserving import ReservationPlaced
from domain.orders.settling import SALES_CHANNELS
from domain.orders.state import Order

# Nothing is in force by any other step.
IN_FORCE: Final[frozenset[StepKind]] = frozenset({"adopted", "reversed"})
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """The plan `row` of a market is adopted or reversed on the local day `effective_on`, for what it speaks of."""

    row: str
    market: str
    effective_on: date
    speaks_of: Selectors

    def concerns(self, order: Order) -> bool:
        """Whether the plan speaks of the order's car, customer and channel. An order is for a new car."""
        of = self.speaks_of
        asked: tuple[tuple[tuple[str, ...], str], ...] = (
            (of.brands, order.brand),
            (of.lines, line_of(order.model)),
            (of.powertrains, order.powertrain),
            (of.customers, order.customer_type),
            (of.ages, "new"),
            (of.channels, SALES_CHANNELS[order.channel]),
        )
        here = order.market == self.market or order.market.startswith(f"{self.market}-")
        return here and all(not named or told in named for named, told in asked)

    def begins(self, zone: str) -> datetime:
        """The first moment of the effective day by the clocks of a zone, in UTC."""
        return deadlines.day_end(self.effective_on - ONE_DAY, zone)


def happened_by(history: Iterable[Recorded], moment: datetime) -> list[Recorded]:
    """What had happened before a moment, whenever it was told. What the order is for is known in any case: a sale
    may be told that took place before the order was opened here."""
    return [one for one in history if one.occurred_at < moment or isinstance(one.event, ReservationPlaced)]


def switch_of(plan: Distribution, market: str) -> Switch | None:
    """The switch with which a plan ends; None if its last step puts nothing in force. Of an imprecise date the
    first day counts on which it has come for sure."""
    last = plan.steps[-1] if plan.steps else None
    if last is None or last.step not in IN_FORCE or last.effective is None:
        return None
    return Switch(row=plan.id, market=market, effective_on=last.effective.sure, speaks_of=plan.speaks_of)
