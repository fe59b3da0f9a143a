"""What a market asks of the agreements between makers and their partners: claims like all others of its rows.

A request is held to every row that may hold. A report is told to contradict only what holds surely, by rows
that are not weak.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Generic, TypeVar

from domain.deadlines import months_later
from domain.kernel import Rule
from domain.markets.claims import Claim, Selectors
from domain.markets.validity import Validity, Window
from domain.partners.facts import Agreement, AgreementRole, earliest, lies_in


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementClaim(Claim):
    """A claim about agreements to these roles, for these brands or, if none is named, for any. `rule` is what a
    refusal cites."""

    roles: tuple[AgreementRole, ...]
    brands: tuple[str, ...] = ()
    rule: Rule
    validity: Validity

    @property
    def speaks_of(self) -> Selectors:
        return Selectors(brands=self.brands)

    def names(self, agreement: Agreement) -> bool:
        """Whether it speaks of the role and the brand of an agreement."""
        return agreement.role in self.roles and (not self.brands or agreement.brand in self.brands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incompatible(AgreementClaim):
    """Nobody may have two of these roles for one brand at a time. `unless_delineated`: both may be had if no
    line and no kind of customer falls to both."""

    unless_delineated: bool = False

    @property
    def value(self) -> tuple[object, ...]:
        return self.roles, self.unless_delineated

    def forbids(self, one: Agreement, other: Agreement) -> bool:
        """Whether these two agreements of one partner cannot go together, where and while it holds."""
        first = first_common_day(one, other)
        return (
            self.names(one)
            and self.names(other)
            and one.brand == other.brand
            and one.role != other.role
            and (lies_in(one.market, other.market) or lies_in(other.market, one.market))
            and _before(first, one.last_end)
            and _before(first, other.last_end)
            and not (self.unless_delineated and _delineated(one, other))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointing(AgreementClaim):
    """What an agreement to one of these roles must give: a list of the costs and services that the pay covers,
    `costs_told_days` before it begins; if it is open-ended, `notice_months_min` of notice; if it ends by
    itself, a term of `term_months_min`. 0 asks nothing."""

    costs_told_days: int = 0
    notice_months_min: int = 0
    term_months_min: int = 0

    @property
    def value(self) -> tuple[object, ...]:
        return self.roles, self.costs_told_days, self.notice_months_min, self.term_months_min

    def costs_due(self, agreement: Agreement) -> date | None:
        """The last day on which the list of costs is in time, if one is asked."""
        if not self.costs_told_days:
            return None
        return agreement.valid_from - timedelta(days=self.costs_told_days)

    def costs_late(self, agreement: Agreement, on: date) -> bool:
        """Whether the list of costs was not told in time, as far as is known on that day."""
        due = self.costs_due(agreement)
        return due is not None and (agreement.costs_told_on or on) > due

    def notice_short(self, agreement: Agreement) -> bool:
        return agreement.valid_to is None and agreement.notice_months < self.notice_months_min

    def term_short(self, agreement: Agreement) -> bool:
        end = agreement.valid_to
        return end is not None and end < months_later(agreement.valid_from, self.term_months_min)


R = TypeVar("R", Incompatible, Appointing)


@dataclass(frozen=True, slots=True)
class Held(Generic[R]):
    """A row, the place in which it holds with all its parts, and the days on which it may and surely does.
    `contested`: a court has it, so it never surely does."""

    row: R
    place: str
    window: Window
    contested: bool = False

    def on(self, day: date, *, surely: bool) -> bool:
        """Whether it may hold on a day; or whether it surely does, and is not weak."""
        reading = self.window.on(day)
        if surely:
            return reading == "holds" and not self.contested and not self.row.weak(day)
        return reading != "not"

    def during(self, begins: date, end: date | None, *, surely: bool) -> bool:
        """Whether it may hold on a day from one to another (excluded; None: without end); or whether it surely
        does, and is not weak."""
        first = max(begins, self.window.sure_from if surely else self.window.maybe_from)
        return (end is None or first < end) and self.on(first, surely=surely)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerRules:
    """All rows about agreements."""

    incompatible: tuple[Held[Incompatible], ...] = ()
    appointing: tuple[Held[Appointing], ...] = ()

    def clash(
        self, agreement: Agreement, others: Iterable[Agreement], *, surely: bool = False
    ) -> tuple[Incompatible, Agreement] | None:
        """The first row that forbids an agreement beside another, and that other. Only what was signed counts:
        whoever is offered two roles may choose."""
        signed = [one for one in others if one.agreement_id != agreement.agreement_id and one.signed]
        clashes = (
            (held.row, one)
            for held in self.incompatible
            for one in signed
            if lies_in(agreement.market, held.place)
            and held.during(
                first_common_day(agreement, one), earliest(agreement.last_end, one.last_end), surely=surely
            )
            and held.row.forbids(agreement, one)
        )
        return next(clashes, None)

    def asked_of(self, agreement: Agreement, *, surely: bool = False) -> Iterator[Appointing]:
        """The rows that hold for an agreement on the day when it begins."""
        for held in self.appointing:
            if (
                lies_in(agreement.market, held.place)
                and held.on(agreement.valid_from, surely=surely)
                and held.row.names(agreement)
            ):
                yield held.row


NO_PARTNER_RULES: Final = PartnerRules()


def first_common_day(one: Agreement, other: Agreement) -> date:
    """The first day on which both may hold, if any."""
    return max(one.valid_from, other.valid_from)


def _before(day: date, end: date | None) -> bool:
    return end is None or day < end


def _delineated(one: Agreement, other: Agreement) -> bool:
    """Whether no sale falls to both: they name lines that differ, or kinds of customer that do."""
    return _apart(one.lines, other.lines) or _apart(one.customers, other.customers)


def _apart(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return bool(some) and bool(others) and not set(some) & set(others)
