"""What somebody claims of a market: who says so, how sure that is, when it was made public, when it holds.

A claim is no truth. One alone decides at its confidence; claims that disagree decide nothing until a ruling.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Final, Literal

from domain.kernel import Rule
from domain.markets.validity import Validity
from domain.words import ContractChannel, Counted, CustomerType, Party, Powertrain

Confidence = Literal["H", "M", "L", "GK"]  # statute or court seen; press; weak source; general knowledge
Role = Literal["maker", "agent", "dealer", "nobody"]
SalesRule = Literal["EU-01", "US-01"]
Age = Literal["new", "nearly_new", "used"]
SalesChannel = Literal["showroom", "online", "phone", "gallery", "marketplace"]
Effect = Literal["permits", "forbids"]
Tested = Literal["home", "contract", "delivery", "title", "licence"]
NetworkKind = Literal["franchised", "never_franchised"]
Shown = Literal["price", "order"]
AssignmentBasis = Literal["customer_choice", "nearest", "objective_rule"]

SURENESS: Final[tuple[Confidence, ...]] = ("H", "M", "L", "GK")  # the surest first
WEAK: Final[frozenset[Confidence]] = frozenset({"L", "GK"})
NO_SOURCE: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What every claim has. `source` may be "none": then nothing is surer than general knowledge. Nobody looked
    at it again after `review_by`: for later days it is overdue, and as weak as one of confidence L."""

    id: str
    confidence: Confidence
    source: str
    published_on: date
    verified_on: date
    review_by: date
    author: str
    reason: str
    says: str = ""

    def weak(self, on: date) -> bool:
        """Whether it is too weak to permit anything on a day, or to find anybody at fault."""
        return self.confidence in WEAK or on > self.review_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """What a claim speaks of; an empty one leaves it open. The more are set, the more specific the claim."""

    brands: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    powertrains: tuple[Powertrain, ...] = ()
    customers: tuple[CustomerType, ...] = ()
    ages: tuple[Age, ...] = ()
    channels: tuple[SalesChannel, ...] = ()
    network: NetworkKind | None = None

    @property
    def count(self) -> int:
        return sum(bool(getattr(self, one.name)) for one in fields(self))


EVERYTHING: Final = Selectors()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a seller must fulfil to make use of a permission; a prohibition with conditions forbids whoever goes
    beyond them. Each is asked only where the question brings the fact. Caps and minimums are counts,
    `affiliate_max_pct` is a percentage, `licensed_by` the last day of the licence's first grant."""

    stores_max: int | None = None
    stores_counted: Counted = "store"
    licensed_by: date | None = None
    never_franchised: bool = False
    service_sites_min: int | None = None
    registrations_min: int | None = None
    affiliate_max_pct: int | None = None
    gallery_forbids: tuple[Shown, ...] = ()
    title_outside: bool = False
    us_company: bool = False


UNCONDITIONAL: Final = Conditions()


def sourced(source: str) -> bool:
    """Whether a source is told: it is not empty, and not "none" however that is written."""
    return source.strip().casefold() not in {"", NO_SOURCE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Law(Claim):
    """The law of a place permits or forbids these sellers to sell. `tests` names the place of the sale that it
    asks about. `disputes` is another law that tells the days of the same thing otherwise."""

    effect: Effect
    sellers: tuple[Party, ...] = ()
    tests: Tested
    rule: Rule
    validity: Validity
    speaks_of: Selectors = EVERYTHING
    conditions: Conditions = UNCONDITIONAL
    disputes: str = ""

    @property
    def value(self) -> Effect:
        return self.effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Network(Claim):
    """Whether makers have franchised dealers in the place, or never had."""

    brands: tuple[str, ...]
    network: NetworkKind
    validity: Validity

    @property
    def value(self) -> NetworkKind:
        return self.network

    @property
    def speaks_of(self) -> Selectors:
        return Selectors(brands=self.brands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms(Claim):
    """What the market gives every buyer. The right to withdraw: so many days after possession, for these
    kinds of customer and contract, by `withdrawal_rule`; `withdrawal_extension_months` more for who was
    never told. `rolls_over`: a deadline that ends on no working day moves to the next one."""

    validity: Validity
    withdrawal_days: int
    withdrawal_rule: Rule | None = None
    withdrawal_for: tuple[CustomerType, ...] = ()
    withdrawal_channels: tuple[ContractChannel, ...] = ()
    withdrawal_extension_months: int = 0
    rolls_over: bool
    deposit_due_days: int
    refund_days: int
    registration_required: bool

    @property
    def value(self) -> tuple[object, ...]:
        return (
            self.withdrawal_days,
            self.withdrawal_rule,
            self.withdrawal_for,
            self.withdrawal_channels,
            self.withdrawal_extension_months,
            self.rolls_over,
            self.deposit_due_days,
            self.refund_days,
            self.registration_required,
        )

    @property
    def speaks_of(self) -> Selectors:
        return EVERYTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(Claim):
    """A reservation goes to a dealer, found on one of these bases. Nobody may take it from him within
    `respond_days`, but the customer. Dealers are told of the system `notice_days` before it is used."""

    validity: Validity
    respond_days: int
    rule: Rule
    basis: tuple[AssignmentBasis, ...] = ("customer_choice", "nearest")
    notice_days: int = 0

    @property
    def value(self) -> tuple[object, ...]:
        return self.respond_days, self.rule, self.basis, self.notice_days

    @property
    def speaks_of(self) -> Selectors:
        return EVERYTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Claim):
    """Our own choice for a market: what is undetermined there is sold as by franchise."""

    undetermined: Literal["franchise"]
    validity: Validity
    speaks_of: Selectors = EVERYTHING

    @property
    def value(self) -> str:
        return self.undetermined


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A market: a country (ISO 3166-1), or a part of it (ISO 3166-2) where the parts have laws of their own.
    `zone` is an IANA name, `currency` ISO 4217, `calendar` names one of the calendars, `sales_rule` the rule
    by which an audit asks who sold there."""

    market: str
    name: str
    zone: str
    currency: str
    calendar: str
    sales_rule: SalesRule
