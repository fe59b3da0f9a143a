"""What the authorities tell of a partner: his licences to sell, and how many of his cars they registered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as with_changes
from datetime import date
from typing import Literal
from uuid import UUID

from domain.checks import codes
from domain.context import Context
from domain.kernel import Refused
from domain.partners.asking import PartnerReport, iso_place, named_once, period
from domain.partners.facts import Licence, Registrations
from domain.partners.state import Partner, PartnerEvent

RevocationReason = Literal["eligibility_lost", "breach", "returned", "court_order"]


class LicenceGranted(PartnerEvent):
    """A licence to sell cars in `place` (ISO 3166); `valid_to` is the first day without it. For these brands,
    or all if none is named; for one site, or all."""

    licence_id: UUID
    place: str
    granted_on: date
    valid_to: date | None
    brands: tuple[str, ...]
    site_id: UUID | None

    @property
    def licence(self) -> Licence:
        return Licence(
            licence_id=self.licence_id,
            place=self.place,
            granted_on=self.granted_on,
            valid_to=self.valid_to,
            brands=self.brands,
            site_id=self.site_id,
        )

    def evolve(self, partner: Partner, /) -> Partner:
        return partner.with_facts(licences=(*partner.facts.licences, self.licence))


class LicenceRevoked(PartnerEvent):
    """From `revoked_on` on the licence does not hold. `lapsed` in `contradicts`: it did not hold before."""

    licence_id: UUID
    reason: RevocationReason
    revoked_on: date
    contradicts: tuple[str, ...] = ()

    def evolve(self, partner: Partner, /) -> Partner:
        licences = tuple(
            with_changes(one, revoked_on=self.revoked_on) if one.licence_id == self.licence_id else one
            for one in partner.facts.licences
        )
        return partner.with_facts(licences=licences)


class RegistrationsCounted(PartnerEvent):
    """So many of the partner's cars were registered in `place` on that day."""

    place: str
    counted_on: date
    cars: int

    def evolve(self, partner: Partner, /) -> Partner:
        count = Registrations(place=self.place, counted_on=self.counted_on, cars=self.cars)
        return partner.with_facts(registrations=(*partner.facts.registrations, count))


class RecordLicence(PartnerReport):
    """An authority licensed the partner. The same licence again tells nothing new; a renewal is another one."""

    licence_id: UUID
    place: str
    granted_on: date
    valid_to: date | None = None
    brands: tuple[str, ...] = ()
    site_id: UUID | None = None

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        iso_place(place=self.place)
        period(self.granted_on, self.valid_to, named=("granted_on", "valid_to"))
        named_once(brands=self.brands)
        granted = LicenceGranted(
            partner_id=self.partner_id,
            licence_id=self.licence_id,
            place=self.place,
            granted_on=self.granted_on,
            valid_to=self.valid_to,
            brands=self.brands,
            site_id=self.site_id,
        )
        known = _licence(partner, self.licence_id)
        if known is None:
            yield granted
        elif with_changes(known, revoked_on=None) != granted.licence:
            raise Refused(
                "exists",
                "licence_id {licence_id} is another licence: which of two holds nobody could tell",
                licence_id=self.licence_id,
            )


class RecordRevocation(PartnerReport):
    """An authority took a licence away, or the partner gave it back. Told again, it tells nothing new."""

    licence_id: UUID
    reason: RevocationReason
    revoked_on: date

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        licence = _licence(partner, self.licence_id)
        if licence is None:
            raise Refused(
                "unknown_licence",
                "licence_id {licence_id} names no licence of this partner",
                licence_id=self.licence_id,
            )
        if licence.revoked_on is not None:
            return
        yield LicenceRevoked(
            partner_id=self.partner_id,
            licence_id=self.licence_id,
            reason=self.reason,
            revoked_on=self.revoked_on,
            contradicts=codes(lapsed=not licence.in_force(self.revoked_on)),
        )


class CountRegistrations(PartnerReport):
    """So many of the partner's cars are registered in a place. The same count again tells nothing new."""

    place: str
    counted_on: date
    cars: int

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        iso_place(place=self.place)
        if self.cars < 0:
            raise Refused("cars", "cars is {cars}: it cannot be negative", cars=self.cars)
        told = Registrations(place=self.place, counted_on=self.counted_on, cars=self.cars)
        if told in partner.facts.registrations:
            return
        yield RegistrationsCounted(
            partner_id=self.partner_id, place=self.place, counted_on=self.counted_on, cars=self.cars
        )


def _licence(partner: Partner, licence_id: UUID) -> Licence | None:
    return next((one for one in partner.facts.licences if one.licence_id == licence_id), None)
