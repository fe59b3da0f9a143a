"""What is known of one seller, as the resolver asks it: appointed, licensed, housed, owned, certified. Pure.

Every question names its day: the local day of the market. A beginning is included, an end excluded. A fact of
a country holds in its parts; one of a part (`US-NC`) holds in no other. What nobody told is `none` or None.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, Literal
from uuid import UUID

from domain.partners.ownership import Stake, held_pct
from domain.words import Counted, CustomerType, Licensing, Powertrain

AgreementRole = Literal["agent", "dealer", "service"]
Answer = Literal["", "signed", "under_protest", "declined"]
Standing = Literal["none", "offered", "declined", "ended", "signed", "under_notice"]
SiteKind = Literal["store", "gallery", "service"]

ONE_DAY: Final = timedelta(days=1)
# Of several agreements the furthest counts.
STANDINGS: Final[tuple[Standing, ...]] = ("none", "offered", "declined", "ended", "under_notice", "signed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A principal appoints a partner to one role, for a brand in a market and a period. `lines` and
    `customers` narrow it; empty, it is for all. Either side ends it with `notice_months` of notice; `ends_on` is
    the first day without it, by notice or at once. `answer` is "" while there is none."""

    agreement_id: UUID
    principal_id: UUID
    role: AgreementRole
    brand: str
    market: str
    valid_from: date
    valid_to: date | None
    lines: tuple[str, ...]
    customers: tuple[CustomerType, ...]
    notice_months: int
    offered_on: date
    answer: Answer = ""
    answered_on: date | None = None
    notice_on: date | None = None
    ends_on: date | None = None
    costs_told_on: date | None = None

    @property
    def signed(self) -> bool:
        return self.answer in {"signed", "under_protest"}

    @property
    def last_end(self) -> date | None:
        """The first day on which it cannot hold any more, as far as is known."""
        return earliest(self.valid_to, self.ends_on)

    def standing(self, on: date) -> Standing:
        """How far it had come by that day."""
        if on < self.offered_on:
            return "none"
        if self.answered_on is None or on < self.answered_on:
            return "offered"
        if self.answer == "declined":
            return "declined"
        if self.last_end is not None and self.last_end <= on:
            return "ended"
        return "signed" if self.notice_on is None or on < self.notice_on else "under_notice"

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and self.standing(on) in {"signed", "under_notice"}

    def speaks_of(self, brand: str, market: str, line: str, customer_type: CustomerType) -> bool:
        return (
            self.brand == brand
            and lies_in(market, self.market)
            and (not self.lines or line in self.lines)
            and (not self.customers or customer_type in self.customers)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A licence to sell cars in a place; for these brands, or for all if none is named; for one site, or for
    all."""

    licence_id: UUID
    place: str
    granted_on: date
    valid_to: date | None
    brands: tuple[str, ...]
    site_id: UUID | None
    revoked_on: date | None = None

    def in_force(self, on: date) -> bool:
        end = earliest(self.valid_to, self.revoked_on)
        return self.granted_on <= on and (end is None or on < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place with an address of its own: a store sells, a gallery only shows, a service site repairs."""

    site_id: UUID
    kind: SiteKind
    place: str
    opened_on: date
    closed_on: date | None = None

    def open(self, on: date) -> bool:
        return self.opened_on <= on and (self.closed_on is None or on < self.closed_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """Able to look after a powertrain of a brand; at one site, or at all."""

    certification_id: UUID
    brand: str
    powertrain: Powertrain
    valid_from: date
    valid_to: date | None
    site_id: UUID | None
    withdrawn_on: date | None = None

    def holds(self, on: date) -> bool:
        end = earliest(self.valid_to, self.withdrawn_on)
        return self.valid_from <= on and (end is None or on < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrations:
    """So many of the seller's cars were registered in a place, counted on that day."""

    place: str
    counted_on: date
    cars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """The answer about agreements: of those that speak of the question, the furthest one."""

    standing: Standing = "none"
    in_force: bool = False
    under_protest: bool = False
    agreement_id: UUID | None = None


NOT_APPOINTED: Final = Appointment()


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerFacts:
    """Everything about one seller that a row of a market can ask. `seat` is where the company is registered
    (ISO 3166), "" while nobody told; `makes` are the brands that it makes, none unless it is a maker."""

    partner_id: UUID
    seat: str = ""
    makes: tuple[str, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    licences: tuple[Licence, ...] = ()
    sites: tuple[Site, ...] = ()
    certifications: tuple[Certification, ...] = ()
    registrations: tuple[Registrations, ...] = ()
    stakes: tuple[Stake, ...] = ()

    def appointment(
        self,
        *,
        brand: str,
        market: str,
        on: date,
        role: AgreementRole,
        line: str = "",
        customer_type: CustomerType = "private",
    ) -> Appointment:
        """Whether a principal appointed the seller to this role. One in force counts before all others. A maker
        that sells by itself has no agreement: it is not asked."""
        spoken = [
            one
            for one in self.agreements
            if one.role == role and one.speaks_of(brand, market, line, customer_type)
        ]
        if not spoken:
            return NOT_APPOINTED
        best = max(spoken, key=lambda one: (one.in_force(on), STANDINGS.index(one.standing(on))))
        standing = best.standing(on)
        if standing == "none":
            return NOT_APPOINTED
        return Appointment(
            standing=standing,
            in_force=best.in_force(on),
            under_protest=standing in {"signed", "under_notice"} and best.answer == "under_protest",
            agreement_id=best.agreement_id,
        )

    def licensing(self, *, place: str, on: date, brand: str = "") -> Licensing:
        """Whether the seller may sell there by licence, and if not, why."""
        licences = [one for one in self._licences(place, brand) if one.granted_on <= on]
        if any(one.in_force(on) for one in licences):
            return "in_force"
        if not licences:
            return "none"
        latest = max(licences, key=lambda one: one.granted_on)
        return "revoked" if latest.revoked_on is not None and latest.revoked_on <= on else "lapsed"

    def licensed_since(self, *, place: str, on: date, brand: str = "") -> date | None:
        """Since when the seller has been licensed there without a break; None if it is not licensed now."""
        licences = sorted(self._licences(place, brand), key=lambda one: one.granted_on, reverse=True)
        since = None
        for one in licences:
            if since is None:
                since = one.granted_on if one.in_force(on) else None
            elif one.granted_on < since and one.in_force(since - ONE_DAY):
                since = one.granted_on
        return since

    def stores(self, *, place: str, on: date, kind: SiteKind = "store") -> int:
        """How many sites of this kind are open there."""
        return sum(one.kind == kind and one.open(on) and lies_in(one.place, place) for one in self.sites)

    def counted(self, *, unit: Counted, place: str, on: date) -> int | None:
        """How many there are of what a cap counts; cars are the last count that was told by then, if any."""
        match unit:
            case "store":
                return self.stores(place=place, on=on)
            case "licence":
                return sum(one.in_force(on) and lies_in(one.place, place) for one in self.licences)
            case "car":
                return self.registered(place=place, on=on)

    def registered(self, *, place: str, on: date) -> int | None:
        """How many of the seller's cars are registered there, by the last count of that place."""
        counts = [one for one in self.registrations if one.place == place and one.counted_on <= on]
        return max(counts, key=lambda one: one.counted_on).cars if counts else None

    def certified(self, powertrain: Powertrain, *, brand: str, on: date, site_id: UUID | None = None) -> bool:
        """Whether the seller may look after this powertrain; with a site, whether it may there."""
        return any(
            one.powertrain == powertrain
            and one.brand == brand
            and one.holds(on)
            and (site_id is None or one.site_id in {None, site_id})
            for one in self.certifications
        )

    def affiliate_pct(self, *, brands: Collection[str], on: date) -> Fraction:
        """The largest share, in percent, that one maker of these brands holds of the seller, directly or
        through others. Ask with the brands that have franchised dealers in the place."""
        held = held_pct(self.stakes, self.partner_id, brands, on)
        return max(held.values(), default=Fraction(0))

    def _licences(self, place: str, brand: str) -> Iterable[Licence]:
        return [
            one
            for one in self.licences
            if lies_in(place, one.place) and (not brand or not one.brands or brand in one.brands)
        ]


def lies_in(place: str, whole: str) -> bool:
    """Whether a place is another or a part of it: `US-NC` lies in `US`."""
    return place == whole or place.startswith(f"{whole}-")


def earliest(*days: date | None) -> date | None:
    """The earliest of the days that are known."""
    return min((day for day in days if day is not None), default=None)
