"""A maker tells its dealers of a system that takes reservations, before it is used: some states want notice of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as with_changes
from datetime import date

from domain.checks import hashes
from domain.context import Context
from domain.kernel import replace
from domain.partners.asking import PartnerReport
from domain.partners.state import Partner, PartnerEvent, SystemNotice


class ReservationSystemTold(PartnerEvent):
    """The partner was told on this local day that reservations of a brand are taken in a market, by the document
    with this SHA-256 (hex)."""

    brand: str
    market: str
    doc_sha256: str
    told_on: date

    def evolve(self, partner: Partner, /) -> Partner:
        notice = SystemNotice(
            brand=self.brand, market=self.market, doc_sha256=self.doc_sha256, told_on=self.told_on
        )
        return replace(partner, systems=(*partner.systems, notice))


class TellReservationSystem(PartnerReport):
    """The partner was told of the system. The same document again tells nothing new."""

    brand: str
    market: str
    doc_sha256: str

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        hashes(doc_sha256=self.doc_sha256)
        market = context.markets.place(self.market).market
        day = context.markets.today(market, context.occurred_at)
        notice = SystemNotice(brand=self.brand, market=market, doc_sha256=self.doc_sha256, told_on=day)
        if any(with_changes(known, told_on=day) == notice for known in partner.systems):
            return
        yield ReservationSystemTold(
            partner_id=self.partner_id,
            brand=self.brand,
            market=market,
            doc_sha256=self.doc_sha256,
            told_on=day,
        )
