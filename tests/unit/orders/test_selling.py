"""Who signs is asked for his agreement and his licence, as far as the network knows him."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from domain.kernel import Event, Rule
from domain.orders.contracting import ContractSigned
from domain.partners.answering import AgreementDeclined, AgreementSigned
from domain.partners.ending import AgreementTerminated
from domain.partners.housing import SiteOpened
from domain.partners.licensing import LicenceGranted, LicenceRevoked
from domain.partners.offering import AgreementOffered
from domain.partners.owning import StakeRecorded
from domain.partners.registering import PartnerRegistered
from domain.partners.state import partner_stream
from tests.examples import (
    AGENT_ID,
    DEALER_ID,
    EU_01,
    MAKER_ID,
    OFFERED,
    US_01,
    ident,
    informed,
    placed_nc,
    quoted,
    report_sale,
    sha,
    sign,
    signed,
    usd,
)
from tests.story import Outcome, Story, given

SINCE: Final = date(2013, 1, 1)
ROWS: Final = ("US-BMW-group-dealers", "US-NC-dealers", "US-BMW-group-franchise")
agent: Final = PartnerRegistered(partner_id=AGENT_ID, market="DE", seat="DE", makes=())
dealer: Final = PartnerRegistered(partner_id=DEALER_ID, market="US-NC", seat="US-NC", makes=())
maker: Final = PartnerRegistered(partner_id=MAKER_ID, market="DE", seat="DE", makes=("MINI",))
offered: Final = AgreementOffered(
    partner_id=AGENT_ID,
    agreement_id=ident(71),
    principal_id=MAKER_ID,
    role="agent",
    brand="MINI",
    market="DE",
    valid_from=date(2024, 10, 1),
    valid_to=None,
    lines=(),
    customers=(),
    notice_months=24,
    terms_sha256=sha("a"),
    offered_on=date(2024, 3, 1),
)
agreed: Final = AgreementSigned(
    partner_id=AGENT_ID,
    agreement_id=ident(71),
    under_protest=False,
    doc_sha256=sha("b"),
    signed_on=date(2024, 4, 1),
)
declined: Final = AgreementDeclined(partner_id=AGENT_ID, agreement_id=ident(71), declined_on=date(2024, 4, 1))
terminated: Final = AgreementTerminated(
    partner_id=AGENT_ID,
    agreement_id=ident(71),
    ended_by="principal",
    reason="mutual",
    ends_on=date(2026, 3, 2),
)
dealership: Final = (
    replace(offered, partner_id=DEALER_ID, role="dealer", brand="BMW", market="US"),
    replace(agreed, partner_id=DEALER_ID),
)
licence: Final = LicenceGranted(
    partner_id=DEALER_ID,
    licence_id=ident(81),
    place="US-NC",
    granted_on=SINCE,
    valid_to=None,
    brands=(),
    site_id=None,
)
revoked: Final = LicenceRevoked(
    partner_id=DEALER_ID, licence_id=ident(81), reason="breach", revoked_on=date(2026, 3, 2)
)
dollars: Final = replace(quoted, list_price=usd(66_000), net=usd(63_000), tax=usd(2_000), gross=usd(65_000))


def of(partner: PartnerRegistered, *events: Event, story: Story) -> Story:
    return story.on(partner_stream(partner.partner_id), partner, *events)


def german(*events: Event) -> Story:
    """A MINI in Germany, offered by the maker; and the agent."""
    return of(agent, *events, story=given(*OFFERED))


def american(*events: Event) -> Story:
    """A BMW in North Carolina, offered by a dealer; and that dealer."""
    quote = replace(dollars, price_authority="dealer")
    return of(dealer, *events, story=given(placed_nc, quote, informed))


by_dealer: Final = replace(
    sign, seller="dealer", seller_id=DEALER_ID, agent_id=None, plan_id=None, plan_version=None
)


def told(outcome: Outcome) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """On which grounds it was refused, and by which rows."""
    assert outcome.refusal is not None
    return outcome.refusal.grounds, outcome.refusal.rows


def test_an_agent_who_is_appointed_acts_for_the_maker() -> None:
    german(offered, agreed).when(sign).then(signed)


@pytest.mark.parametrize(
    "events",
    [
        (),
        (offered,),
        (offered, declined),
        (offered, agreed, terminated),
        (replace(offered, brand="BMW"), agreed),
        (replace(offered, role="dealer"), agreed),
        (replace(offered, market="AT"), agreed),
        (replace(offered, lines=("aceman",)), agreed),
        (replace(offered, customers=("fleet",)), agreed),
    ],
)
def test_an_agent_whom_no_agreement_appoints_does_not(events: tuple[Event, ...]) -> None:
    refused = german(*events).when(sign).refused("not_appointed", rule=EU_01)
    assert told(refused) == (("contract",), ("DE-MINI-agency",))
    assert refused.refusal is not None
    assert refused.refusal.source == "bmwblog, 2024-07-29 and 2024-10-10"
    assert "no agreement in force appoints him" in str(refused.refusal)


def test_the_licence_is_that_of_the_seller_and_the_agreement_that_of_the_agent() -> None:
    lost = (replace(licence, partner_id=AGENT_ID, place="DE"), replace(revoked, partner_id=AGENT_ID))
    german(offered, agreed, *lost).when(sign).then(signed)
    of_maker = (replace(licence, partner_id=MAKER_ID, place="DE"), replace(revoked, partner_id=MAKER_ID))
    both = of(maker, *of_maker, story=german(offered, agreed))
    assert told(both.when(sign).refused("not_licensed", rule=EU_01)) == (("licence",), ("DE-MINI-agency",))
    of(maker, of_maker[0], story=german(offered, agreed)).when(sign).then(signed)
    of(maker, of_maker[0], story=german()).when(sign).refused("not_appointed", rule=EU_01)


def test_a_maker_needs_nobody_to_appoint_it() -> None:
    alone = replace(sign, agent_id=None, plan_id=None, plan_version=None)
    of(maker, story=given(*OFFERED)).when(alone).then(ContractSigned)


def test_a_dealer_in_the_united_states_needs_an_agreement_and_a_licence() -> None:
    american(*dealership, licence).when(by_dealer).then(ContractSigned)
    unlicensed = american(*dealership).when(by_dealer).refused("not_licensed", rule=US_01)
    assert told(unlicensed)[0] == ("licence",)
    american(*dealership, licence, revoked).when(by_dealer).refused("not_licensed", rule=US_01)
    american(*dealership, replace(licence, place="US-SC")).when(by_dealer).refused("not_licensed", rule=US_01)
    neither = american().when(by_dealer).refused("not_appointed", rule=US_01)
    assert told(neither) == (("contract", "licence"), ROWS)


def test_a_dealer_whom_a_maker_owns_is_refused_by_law() -> None:
    florida = tuple(
        replace(event, market="US-FL", region="US-FL") if event is placed_nc else event
        for event in american().own
    )
    stake = StakeRecorded(
        partner_id=DEALER_ID,
        owner_id=MAKER_ID,
        owned_id=DEALER_ID,
        share_bp=3_000,
        since=SINCE,
        makes=("BMW",),
    )
    at_home = (*dealership, replace(licence, place="US-FL"))
    of(dealer, *at_home, story=given(*florida)).when(by_dealer).then(ContractSigned)
    owned = of(dealer, *at_home, stake, story=given(*florida))
    refused = owned.when(by_dealer).refused("forbidden_by_law", rule=Rule("US-04", 1))
    assert "US-FL-affiliates" in told(refused)[1]


def test_one_store_too_many_is_refused_by_law() -> None:
    tesla = replace(maker, market="US-TX", seat="US-TX", makes=("TESLA",))
    placed = replace(
        placed_nc, brand="TESLA", model="Model 3", powertrain="BEV", market="US-NJ", region="US-NJ"
    )
    base = replace(licence, partner_id=MAKER_ID, place="US-NJ")
    sites = tuple(
        SiteOpened(
            partner_id=MAKER_ID,
            site_id=ident(200 + n),
            kind="store" if n else "service",
            place="US-NJ",
            opened_on=SINCE,
        )
        for n in range(6)
    )
    asked = replace(sign, agent_id=None, plan_id=None, plan_version=None)
    story = given(placed, dollars, informed)
    of(tesla, base, *sites[:5], story=story).when(asked).then(ContractSigned)
    refused = of(tesla, base, *sites, story=story).when(asked)
    refused.refused("forbidden_by_law", rule=Rule("US-02", 1))
    assert "US-NJ-tesla" in told(refused)[1]
    refused = of(tesla, base, *sites[1:5], story=story).when(asked)
    refused.refused("forbidden_by_law", rule=Rule("US-02", 1))


def test_a_sale_that_was_told_is_flagged_and_not_refused() -> None:
    informed_nc = (placed_nc, informed)
    story = of(dealer, *dealership, licence, story=given(*informed_nc))
    story.when(report_sale).flagged()
    of(dealer, *dealership, story=given(*informed_nc)).when(report_sale).flagged("not_licensed")
    of(dealer, licence, story=given(*informed_nc)).when(report_sale).flagged("not_appointed")
    of(dealer, story=given(*informed_nc)).when(report_sale).flagged("not_appointed", "not_licensed")
    given(*informed_nc).when(report_sale).flagged()


def test_what_is_told_of_an_agent_is_asked_of_him() -> None:
    told_sale = replace(
        report_sale,
        seller="maker",
        seller_id=MAKER_ID,
        agent_id=AGENT_ID,
        price_setter="maker",
        stock_owner="maker",
        invoicer="maker",
        gross=signed.gross,
        net=signed.net,
    )
    german(offered, agreed).when(told_sale).flagged()
    german(offered, declined).when(told_sale).flagged("not_appointed")
