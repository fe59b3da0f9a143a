"""A partner becomes known: a dealer, an agent, a workshop, all of them at once, or a maker that sells itself."""

from __future__ import annotations

from collections.abc import Iterator

from domain.context import Context
from domain.kernel import Decision, Refused, Request, States, replace
from domain.partners.asking import PartnerCommand, iso_place, named_once
from domain.partners.facts import SellerFacts
from domain.partners.state import Partner, PartnerEvent, partner_stream


class PartnerRegistered(PartnerEvent):
    """`market` is where he is at home, `seat` the place (ISO 3166) where his company is registered; `makes` are
    the brands that he makes. What he may do, his agreements say."""

    market: str
    seat: str
    makes: tuple[str, ...]

    def evolve(self, partner: Partner, /) -> Partner:
        return replace(
            partner,
            market=self.market,
            registered=True,
            facts=SellerFacts(partner_id=self.partner_id, seat=self.seat, makes=self.makes),
        )


class RegisterPartner(PartnerCommand, Request):
    """Begin a partner. `seat` is `market` unless told; `makes` is for makers alone."""

    market: str
    seat: str = ""
    makes: tuple[str, ...] = ()

    def decide(self, states: States, context: Context) -> Decision:
        stream = partner_stream(self.partner_id)
        if states[stream].exists:
            raise Refused("exists", "partner {partner_id} is registered already", partner_id=self.partner_id)
        for event in self.happens(states[stream], context):
            yield stream, event

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        market, seat = context.markets.place(self.market).market, self.seat or self.market
        iso_place(seat=seat)
        named_once(makes=self.makes)
        yield PartnerRegistered(partner_id=self.partner_id, market=market, seat=seat, makes=self.makes)
