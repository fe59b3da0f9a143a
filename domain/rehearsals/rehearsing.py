"""A rehearsal: the orders that a log tells of, read again as if a switch of the distribution model held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from domain.kernel import Recorded
from domain.markets.resolver import Markets
from domain.rehearsals.costing import Costed, PartnerCost, Plans, by_partner, cost
from domain.rehearsals.judging import OUTCOMES, Outcome, judge
from domain.rehearsals.switching import Switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What became of the orders, in the order in which they were opened. `others` is how many orders of the
    market were read that no switch speaks of, or that were over by then."""

    market: str
    effective_on: date
    switches: tuple[str, ...]
    orders: tuple[Costed, ...]
    others: int
    partners: tuple[PartnerCost, ...]

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many orders there are of each outcome."""
        found = [one.judgement.outcome for one in self.orders]
        return {outcome: found.count(outcome) for outcome in OUTCOMES}


class Rehearsing:
    """Judges one order after the other, so that no more than one history is needed at a time."""

    def __init__(self, switches: Sequence[Switch], markets: Markets) -> None:
        self._switches = switches
        self._markets = markets
        self._orders: list[Costed] = []
        self._others = 0

    def take(self, history: Sequence[Recorded], plans: Plans) -> None:
        """The whole history of one order, and the terms of the plans that it names."""
        judgement = judge(history, self._switches, self._markets)
        if judgement is None:
            self._others += 1
            return
        zone = self._markets.place(judgement.market).zone
        self._orders.append(cost(history, judgement, self._switches[0].begins(zone), plans))

    def done(self) -> Rehearsal:
        """What came of it."""
        return Rehearsal(
            market=self._switches[0].market,
            effective_on=self._switches[0].effective_on,
            switches=tuple(switch.row for switch in self._switches),
            orders=tuple(self._orders),
            others=self._others,
            partners=by_partner(self._orders),
        )
