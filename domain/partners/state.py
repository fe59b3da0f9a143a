"""What the events of one partner add up to, and the words its chapters share.

A partner's stream of the network is not his account: that one, of the settlements, has `partner_id` for its
id. No two streams share an id, so this one's is made of it: `uuid5(partner_id, "network")`.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from dataclasses import replace as with_changes
from datetime import date
from functools import lru_cache
from typing import ClassVar, Final, Literal
from uuid import UUID, uuid5

from domain.kernel import Event, Family, Refused, State, Stream, replace
from domain.partners.facts import Agreement, SellerFacts, lies_in

StaffRole = Literal["seller", "product_genius", "technician", "driver"]

NOBODY: Final = SellerFacts(partner_id=UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """What a technician is trained for, such as `high-voltage-2`. `proof_sha256` (hex) is the certificate's;
    `valid_to` is the first day without it, None if it lasts."""

    code: str
    proof_sha256: str
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A person, known by an opaque id, works for the partner in a role; `until` is the first day after."""

    person_id: UUID
    role: StaffRole
    since: date
    site_id: UUID | None
    skills: tuple[Skill, ...]
    until: date | None = None

    def held(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemNotice:
    """The partner was told on a day of a system that takes reservations of a brand in a market."""

    brand: str
    market: str
    doc_sha256: str
    told_on: date


@dataclass(frozen=True)
class Partner(State):
    """One partner: what rows of markets ask of him, who works for him, and what he was told of."""

    family: ClassVar[Family] = "network"

    registered: bool = False
    facts: SellerFacts = NOBODY
    posts: tuple[Post, ...] = ()
    systems: tuple[SystemNotice, ...] = ()

    @property
    def exists(self) -> bool:
        return self.registered

    def agreement(self, agreement_id: UUID) -> Agreement | None:
        return next((one for one in self.facts.agreements if one.agreement_id == agreement_id), None)

    def with_agreement(self, agreement_id: UUID, **changes: object) -> Partner:
        """The partner after one of his agreements changed."""
        # The names and types of the changes are the caller's; `replace` of dataclasses takes Any.
        agreements = tuple(
            with_changes(one, **changes) if one.agreement_id == agreement_id else one  # type: ignore[arg-type]
            for one in self.facts.agreements
        )
        return self.with_facts(agreements=agreements)

    def with_facts(self, **changes: object) -> Partner:
        """The partner after some of the facts changed."""
        return replace(self, facts=with_changes(self.facts, **changes))  # type: ignore[arg-type]

    def told_of_system(self, brand: str, market: str) -> date | None:
        """The day on which he was first told of a system that takes reservations of this brand there."""
        told = (one for one in self.systems if one.brand == brand and lies_in(market, one.market))
        return min((one.told_on for one in told), default=None)

    def works_as(self, person_id: UUID, role: str, on: date) -> bool:
        """Whether a person works for the partner in a role on a day."""
        return any(one.person_id == person_id and one.role == role and one.held(on) for one in self.posts)


class PartnerEvent(Event, of=Partner):
    """Something that happened to one partner. The id of the stream is made of `partner_id`."""

    partner_id: UUID

    @abstractmethod
    def evolve(self, partner: Partner, /) -> Partner: ...


@lru_cache(maxsize=10_000)
def partner_stream(partner_id: UUID) -> Stream[Partner]:
    """Where the partner's events stand."""
    return Stream(Partner, uuid5(partner_id, "network"))


def existing(partner: Partner, partner_id: UUID) -> Partner:
    """The partner, if he was registered.

    Raises:
        Refused: `unknown_partner`.
    """
    if not partner.exists:
        raise Refused(
            "unknown_partner", "there is no partner {partner_id}: register him first", partner_id=partner_id
        )
    return partner


def known_agreement(partner: Partner, agreement_id: UUID) -> Agreement:
    """One of the partner's agreements.

    Raises:
        Refused: `unknown_agreement`.
    """
    agreement = partner.agreement(agreement_id)
    if agreement is None:
        raise Refused(
            "unknown_agreement",
            "agreement_id {agreement_id} names no agreement of this partner: offer it first",
            agreement_id=agreement_id,
        )
    return agreement
