"""A partner opens and closes sites: stores that sell, galleries that only show, service sites that repair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as with_changes
from datetime import date
from uuid import UUID

from domain.checks import codes
from domain.context import Context
from domain.kernel import Refused
from domain.partners.asking import PartnerReport, iso_place
from domain.partners.facts import Site, SiteKind
from domain.partners.state import Partner, PartnerEvent


class SiteOpened(PartnerEvent):
    """`place` is ISO 3166; a house that sells and repairs is two sites."""

    site_id: UUID
    kind: SiteKind
    place: str
    opened_on: date

    @property
    def site(self) -> Site:
        return Site(site_id=self.site_id, kind=self.kind, place=self.place, opened_on=self.opened_on)

    def evolve(self, partner: Partner, /) -> Partner:
        return partner.with_facts(sites=(*partner.facts.sites, self.site))


class SiteClosed(PartnerEvent):
    """`closed_on` is the first day without it. `not_open` in `contradicts`: it had not opened by then."""

    site_id: UUID
    closed_on: date
    contradicts: tuple[str, ...] = ()

    def evolve(self, partner: Partner, /) -> Partner:
        sites = tuple(
            with_changes(one, closed_on=self.closed_on) if one.site_id == self.site_id else one
            for one in partner.facts.sites
        )
        return partner.with_facts(sites=sites)


class RecordOpening(PartnerReport):
    """A site opened. The same site again tells nothing new; one that opens anew is another site."""

    site_id: UUID
    kind: SiteKind
    place: str
    opened_on: date

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        iso_place(place=self.place)
        opened = SiteOpened(
            partner_id=self.partner_id,
            site_id=self.site_id,
            kind=self.kind,
            place=self.place,
            opened_on=self.opened_on,
        )
        known = _site(partner, self.site_id)
        if known is None:
            yield opened
        elif with_changes(known, closed_on=None) != opened.site:
            raise Refused(
                "exists",
                "site_id {site_id} is another site: which of two stands there nobody could tell",
                site_id=self.site_id,
            )


class RecordClosing(PartnerReport):
    """A site closed. Told again, it tells nothing new."""

    site_id: UUID
    closed_on: date

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        site = _site(partner, self.site_id)
        if site is None:
            raise Refused(
                "unknown_site", "site_id {site_id} names no site of this partner", site_id=self.site_id
            )
        if site.closed_on is not None:
            return
        yield SiteClosed(
            partner_id=self.partner_id,
            site_id=self.site_id,
            closed_on=self.closed_on,
            contradicts=codes(not_open=self.closed_on < site.opened_on),
        )


def _site(partner: Partner, site_id: UUID) -> Site | None:
    return next((one for one in partner.facts.sites if one.site_id == site_id), None)
