"""A partner is certified to look after a powertrain: not everybody may open a battery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as with_changes
from datetime import date
from uuid import UUID

from domain.context import Context
from domain.kernel import Refused
from domain.partners.asking import PartnerRequest, period
from domain.partners.facts import Certification
from domain.partners.state import Partner, PartnerEvent
from domain.words import Powertrain


class PartnerCertified(PartnerEvent):
    """From `valid_from` (included) to `valid_to` (excluded; None: until it is withdrawn); at one site, or at
    all."""

    certification_id: UUID
    brand: str
    powertrain: Powertrain
    valid_from: date
    valid_to: date | None
    site_id: UUID | None

    def evolve(self, partner: Partner, /) -> Partner:
        certification = Certification(
            certification_id=self.certification_id,
            brand=self.brand,
            powertrain=self.powertrain,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            site_id=self.site_id,
        )
        return partner.with_facts(certifications=(*partner.facts.certifications, certification))


class CertificationWithdrawn(PartnerEvent):
    """`withdrawn_on` is the first day without it."""

    certification_id: UUID
    withdrawn_on: date

    def evolve(self, partner: Partner, /) -> Partner:
        certifications = tuple(
            with_changes(one, withdrawn_on=self.withdrawn_on)
            if one.certification_id == self.certification_id
            else one
            for one in partner.facts.certifications
        )
        return partner.with_facts(certifications=certifications)


class CertifyPartner(PartnerRequest):
    """Certify a partner for a powertrain of a brand."""

    certification_id: UUID
    brand: str
    powertrain: Powertrain
    valid_from: date
    valid_to: date | None = None
    site_id: UUID | None = None

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        period(self.valid_from, self.valid_to)
        if _certification(partner, self.certification_id):
            raise Refused("exists", "certification {known} stands already", known=self.certification_id)
        yield PartnerCertified(
            partner_id=self.partner_id,
            certification_id=self.certification_id,
            brand=self.brand,
            powertrain=self.powertrain,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            site_id=self.site_id,
        )


class WithdrawCertification(PartnerRequest):
    """Withdraw a certification from this day on."""

    certification_id: UUID
    withdrawn_on: date

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        certification = _certification(partner, self.certification_id)
        if certification is None:
            raise Refused(
                "unknown_certification",
                "certification_id {certification_id} names no certification of this partner",
                certification_id=self.certification_id,
            )
        if not certification.holds(self.withdrawn_on):
            raise Refused(
                "not_certified",
                "withdrawn_on is {withdrawn_on}, when the certification does not hold",
                withdrawn_on=self.withdrawn_on,
            )
        yield CertificationWithdrawn(
            partner_id=self.partner_id,
            certification_id=self.certification_id,
            withdrawn_on=self.withdrawn_on,
        )


def _certification(partner: Partner, certification_id: UUID) -> Certification | None:
    return next(
        (one for one in partner.facts.certifications if one.certification_id == certification_id), None
    )
