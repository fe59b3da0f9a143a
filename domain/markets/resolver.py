"""Who may sell a brand in a market on a day, and what the law of the place adds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import TypeVar

from domain import deadlines
from domain.deadlines import Calendar
from domain.kernel import Refused, Rule
from domain.markets.rows import (
    Assignment,
    Confidence,
    Dated,
    DistributionModel,
    Ground,
    Place,
    Role,
    Sale,
    Terms,
)
from domain.words import ContractChannel, CustomerType

__all__ = ["Confidence", "DistributionModel", "Markets", "Resolution"]

R = TypeVar("R", bound=Dated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The answer. `withdrawal_days` is 0 for a customer who has no right to withdraw; whether the channel of
    his contract gives it to him, `withdrawal_days_by` tells. `assignment` is None where no row sends
    reservations to dealers."""

    distribution_model: DistributionModel
    seller_of_record: Role
    price_setter: Role
    stock_owner: Role
    invoicer: Role
    rule: Rule
    ground: Ground
    confidence: Confidence
    source: str
    zone: str
    currency: str
    calendar: Calendar
    rolls_over: bool
    withdrawal_days: int
    withdrawal_confidence: Confidence
    withdrawal_rule: Rule | None
    withdrawal_channels: tuple[ContractChannel, ...]
    withdrawal_extension_months: int
    deposit_due_days: int
    refund_days: int
    registration_required: bool
    assignment: Assignment | None

    def withdrawal_days_by(self, channel: ContractChannel) -> int:
        return self.withdrawal_days if channel in self.withdrawal_channels else 0

    def deadline(self, moment: datetime, *, days: int, months: int = 0) -> datetime:
        """The first moment at which it is too late, in UTC.

        Raises:
            Refused: `calendar_missing`.
        """
        return deadlines.deadline(
            moment,
            days=days,
            months=months,
            zone=self.zone,
            calendar=self.calendar,
            rolls_over=self.rolls_over,
        )

    def contradictions(
        self, *, seller: Role, price_setter: Role, stock_owner: Role, invoicer: Role
    ) -> tuple[str, ...]:
        """In which of the four an arrangement departs from the model in force."""
        asked = {
            "seller": (seller, self.seller_of_record),
            "price_setter": (price_setter, self.price_setter),
            "stock_owner": (stock_owner, self.stock_owner),
            "invoicer": (invoicer, self.invoicer),
        }
        return tuple(name for name, (told, in_force) in asked.items() if told != in_force)


class Markets:
    """All rows, indexed.

    Raises:
        ValueError: two rows hold on the same day, or a row names a place or calendar that is not there.
    """

    def __init__(
        self,
        *,
        places: Iterable[Place],
        sales: Iterable[Sale],
        terms: Iterable[Terms],
        assignments: Iterable[Assignment],
        calendars: Iterable[Calendar],
    ) -> None:
        self._places = {place.market: place for place in places}
        self._calendars = {calendar.name: calendar for calendar in calendars}
        self._sales = _indexed(((brand, row.market), row) for row in sales for brand in row.brands)
        self._terms = _indexed((row.market, row) for row in terms)
        self._assignments = _indexed((row.market, row) for row in assignments)
        named = {market for _, market in self._sales} | self._terms.keys() | self._assignments.keys()
        if missing := sorted(named - self._places.keys()):
            raise ValueError(f"rows name places that are not listed: {', '.join(missing)}")
        for place in self._places.values():
            if place.calendar not in self._calendars:
                raise ValueError(
                    f"place {place.market} names the calendar {place.calendar}, which is not there"
                )
            if not deadlines.is_zone(place.zone):
                raise ValueError(
                    f"place {place.market} names the zone {place.zone}, which IANA does not know"
                )

    def place(self, market: str) -> Place:
        """The place of a market.

        Raises:
            Refused: `unknown_market`.
        """
        try:
            return self._places[market]
        except KeyError:
            raise Refused(
                "unknown_market",
                "there is no market {market}: name one of {known}",
                market=market,
                known=", ".join(sorted(self._places)),
            ) from None

    def governing(self, market: str, region: str) -> str:
        """The market whose law governs: the region if it has laws of its own, else the market itself."""
        return region if region in self._places else self.place(market).market

    def today(self, market: str, moment: datetime) -> date:
        """The local date of a market."""
        return deadlines.local_day(moment, self.place(market).zone)

    def resolve(self, *, brand: str, market: str, customer_type: CustomerType, on: date) -> Resolution:
        """What holds for a brand in a market, for a kind of customer, on a local day.

        Raises:
            Refused: `unknown_market`, or `no_market_row` if no row tells about that brand or that day.
        """
        place = self.place(market)
        sale = _on(self._sales.get((brand, market), ()), on)
        terms = _on(self._terms.get(market, ()), on)
        if sale is None or terms is None:
            raise Refused(
                "no_market_row",
                "no row says how {brand} is sold in {market} on {on}; there are rows for {known}",
                brand=brand,
                market=market,
                on=on,
                known=", ".join(sorted(named for named, place in self._sales if place == market))
                or "no brand",
            )
        entitled = customer_type in terms.withdrawal_for
        return Resolution(
            distribution_model=sale.distribution_model,
            seller_of_record=sale.seller_of_record,
            price_setter=sale.price_setter,
            stock_owner=sale.stock_owner,
            invoicer=sale.invoicer,
            rule=sale.rule,
            ground=sale.ground,
            confidence=sale.confidence,
            source=sale.source,
            zone=place.zone,
            currency=place.currency,
            calendar=self._calendars[place.calendar],
            rolls_over=terms.rolls_over,
            withdrawal_days=terms.withdrawal_days if entitled else 0,
            withdrawal_confidence=terms.confidence,
            withdrawal_rule=terms.withdrawal_rule if entitled else None,
            withdrawal_channels=terms.withdrawal_channels if entitled else (),
            withdrawal_extension_months=terms.withdrawal_extension_months if entitled else 0,
            deposit_due_days=terms.deposit_due_days,
            refund_days=terms.refund_days,
            registration_required=terms.registration_required,
            assignment=_on(self._assignments.get(market, ()), on),
        )


K = TypeVar("K")


def _indexed(rows: Iterable[tuple[K, R]]) -> Mapping[K, Sequence[R]]:
    """Rows by key, in the order of their days.

    Raises:
        ValueError: two rows of one key hold on the same day, or a row ends before it begins.
    """
    index: defaultdict[K, list[R]] = defaultdict(list)
    for key, row in rows:
        index[key].append(row)
    for key, dated in index.items():
        dated.sort(key=lambda row: row.valid_from)
        for row in dated:
            if row.valid_to is not None and row.valid_to <= row.valid_from:
                raise ValueError(
                    f"the row for {key} from {row.valid_from} ends on {row.valid_to}, before it begins"
                )
        for earlier, later in pairwise(dated):
            if earlier.holds(later.valid_from):
                raise ValueError(f"two rows for {key} hold on {later.valid_from}")
    return index


def _on(rows: Sequence[R], on: date) -> R | None:
    return next((row for row in rows if row.holds(on)), None)
