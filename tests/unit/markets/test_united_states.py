"""The United States as the shipped rows tell it, asked with what the log knows of a seller: its sites, licences, owners
and registrations, as events."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from domain.kernel import fold
from domain.markets.answers import Answer
from domain.markets.questions import Question
from domain.partners.facts import SellerFacts, SiteKind
from domain.partners.housing import SiteClosed, SiteOpened
from domain.partners.licensing import LicenceGranted, LicenceRevoked, RegistrationsCounted
from domain.partners.owning import StakeRecorded
from domain.partners.registering import PartnerRegistered
from domain.partners.state import Partner, PartnerEvent
from tests.examples import DEALER_ID, MAKER_ID, MARKETS, ident

TODAY: Final = date(2026, 11, 22)
NEXT_YEAR: Final = date(2027, 5, 3)
EARLY: Final = date(2013, 1, 1)

tesla: Final = PartnerRegistered(partner_id=MAKER_ID, market="US-TX", seat="US-TX", makes=("TESLA",))
rivian: Final = PartnerRegistered(partner_id=MAKER_ID, market="US-CA", seat="US-CA", makes=("RIVIAN",))
dealer: Final = PartnerRegistered(partner_id=DEALER_ID, market="US-FL", seat="US-FL", makes=())


def licensed(place: str, since: date = EARLY) -> LicenceGranted:
    return LicenceGranted(
        partner_id=MAKER_ID,
        licence_id=ident(100),
        place=place,
        granted_on=since,
        valid_to=None,
        brands=(),
        site_id=None,
    )


def sites(count: int, place: str, kind: SiteKind = "store") -> tuple[SiteOpened, ...]:
    first = {"store": 200, "service": 300, "gallery": 400}[kind]
    return tuple(
        SiteOpened(partner_id=MAKER_ID, site_id=ident(first + n), kind=kind, place=place, opened_on=EARLY)
        for n in range(count)
    )


def stake(percent: int, owner: int, owned: int, *makes: str) -> StakeRecorded:
    return StakeRecorded(
        partner_id=ident(owned),
        owner_id=ident(owner),
        owned_id=ident(owned),
        share_bp=percent * 100,
        since=EARLY,
        makes=makes,
    )


def counted(cars: int, place: str) -> RegistrationsCounted:
    return RegistrationsCounted(partner_id=MAKER_ID, place=place, counted_on=date(2026, 1, 1), cars=cars)


def known(*events: PartnerEvent) -> SellerFacts:
    return fold(Partner(), events).facts


def ask(market: str, facts: SellerFacts | None, **more: Any) -> Answer:
    told: dict[str, Any] = {
        "brand": "TESLA",
        "line": "model-3",
        "powertrain": "BEV",
        "market": market,
        "on": TODAY,
        "seller": "maker",
    }
    return MARKETS.resolve(Question(**{**told, **more}, facts=facts))


NEW_JERSEY: Final = (tesla, licensed("US-NJ"), *sites(1, "US-NJ", "service"))


@pytest.mark.parametrize(
    ("events", "allowed"),
    [
        ((*NEW_JERSEY, *sites(4, "US-NJ")), True),
        ((*NEW_JERSEY, *sites(5, "US-NJ")), False),
        (
            (
                *NEW_JERSEY,
                *sites(5, "US-NJ"),
                SiteClosed(partner_id=MAKER_ID, site_id=ident(200), closed_on=TODAY),
            ),
            True,
        ),
        ((*NEW_JERSEY, *sites(4, "US-NJ"), *sites(9, "US-NJ", "gallery")), True),
        ((*NEW_JERSEY[:2], *sites(4, "US-NJ")), False),
        ((tesla, licensed("US-NJ", date(2014, 1, 2)), *NEW_JERSEY[2:]), False),
    ],
)
def test_new_jersey_lets_tesla_have_four_stores_if_it_services_and_was_there_in_time(
    events: tuple[PartnerEvent, ...], allowed: bool
) -> None:
    answer = ask("US-NJ", known(*events))
    assert answer.allowed is allowed
    assert answer.ground == (None if allowed else "law")
    assert not answer.precautionary
    assert "US-NJ-tesla" in answer.decided_by
    assert answer.rule.id == ("US-01" if allowed else "US-02")


def test_what_nobody_told_of_a_seller_is_listed_and_not_held_against_it() -> None:
    answer = ask("US-NJ", None)
    assert answer.allowed
    assert set(answer.not_asked) == {
        "agreement",
        "licence",
        "stores_max",
        "licensed_by",
        "service_sites_min",
    }


def test_georgia_knows_no_maker_that_came_later() -> None:
    assert ask("US-GA", known(tesla, licensed("US-GA", date(2015, 1, 1)), *sites(5, "US-GA"))).allowed
    assert ask("US-GA", known(tesla, licensed("US-GA", date(2015, 1, 2)))).grounds == ("law",)
    assert ask("US-GA", known(tesla, licensed("US-GA"), *sites(6, "US-GA"))).grounds == ("law",)
    late = ask("US-GA", known(rivian, licensed("US-GA")), brand="RIVIAN", line="r1t")
    assert (late.grounds, late.rule.id) == (("law",), "US-02")


def test_ohio_lets_tesla_alone_and_from_three_stores() -> None:
    assert ask("US-OH", known(tesla, licensed("US-OH"), *sites(3, "US-OH"))).allowed
    assert ask("US-OH", known(tesla, licensed("US-OH"), *sites(4, "US-OH"))).grounds == ("law",)
    other = ask("US-OH", known(rivian, licensed("US-OH")), brand="RIVIAN", line="r1t")
    assert (other.allowed, other.ground) == (False, "law")


def test_a_licence_that_was_revoked_or_never_granted_refuses_as_licence() -> None:
    revoked = LicenceRevoked(
        partner_id=MAKER_ID, licence_id=ident(100), reason="eligibility_lost", revoked_on=TODAY
    )
    assert ask("US-OH", known(tesla, licensed("US-OH"), revoked)).grounds == ("licence",)
    assert ask("US-OH", known(tesla)).grounds == ("licence",)
    assert ask("US-OH", known(tesla, licensed("US-NJ"))).grounds == ("licence",)


@pytest.mark.parametrize("market", ["US-NJ", "US-CO", "US-VT"])
def test_some_states_let_battery_cars_alone(market: str) -> None:
    facts = known(tesla, licensed(market), *sites(1, market, "service"))
    assert ask(market, facts).allowed
    assert ask(market, facts, powertrain="ICE").ground in {"law", "undetermined"}
    assert not ask(market, facts, powertrain="ICE").allowed


def test_who_has_dealers_is_never_a_newcomer() -> None:
    assert ask("US-FL", known(tesla, licensed("US-FL"))).allowed
    answer = ask("US-FL", known(rivian, licensed("US-FL")), brand="BMW", line="3-series")
    assert answer.grounds == ("law", "maker_policy")
    assert {"US-FL-agency-ban", "US-FL-franchised"} & set(answer.decided_by)


@pytest.mark.parametrize(("market", "most"), [("US-FL", 29), ("US-CA", 0), ("US-MT", 25)])
def test_a_dealer_may_not_belong_to_a_franchised_maker_through_however_many_firms(
    market: str, most: int
) -> None:
    """40 is BMW, 41 its holding, of which it has all: what the holding has of the dealer counts in full."""
    at_home = (replace(dealer, market=market, seat=market), licensed(market))
    chain = stake(100, 40, 41, "BMW")
    appointed = known(*at_home, chain, stake(most, 41, 33))
    owned = known(*at_home, chain, stake(most + 1, 41, 33))
    of_others = known(*at_home, stake(100, 40, 41, "RIVIAN"), stake(most + 1, 41, 33))
    law = [
        ask(market, facts, brand="BMW", line="3-series", powertrain="ICE", seller="dealer").layer("law")
        for facts in (appointed, owned, of_others)
    ]
    assert [one.says for one in law] == ["yes", "no", "yes"]
    assert f"{market}-affiliates" in law[1].rows
    assert not law[1].precautionary


@pytest.mark.parametrize(("market", "allowed"), [("US-FL", True), ("US-CA", False)])
def test_a_new_make_of_which_a_franchised_maker_holds_a_part(market: str, allowed: bool) -> None:
    part_of_vw = known(rivian, licensed(market), stake(12, 42, 31, "VW"))
    assert ask(market, part_of_vw, brand="RIVIAN", line="r1t").allowed is allowed
    more = known(rivian, licensed(market), stake(30, 42, 31, "VW"))
    answer = ask(market, more, brand="RIVIAN", line="r1t")
    assert (answer.grounds, answer.rule.id) == (("law",), "US-04")


def test_a_share_of_nothing_at_all_is_a_condition_too() -> None:
    assert "affiliate_max_pct" in ask("US-CA", None).not_asked


WASHINGTON: Final = (
    rivian,
    licensed("US-WA", date(2020, 1, 1)),
    counted(300, "US-WA"),
    *sites(1, "US-WA", "service"),
)


@pytest.mark.parametrize(
    ("events", "allowed"),
    [
        (WASHINGTON, True),
        ((*WASHINGTON[:2], counted(299, "US-WA"), *WASHINGTON[3:]), False),
        (WASHINGTON[:3], False),
        ((replace(rivian, seat="NL"), *WASHINGTON[1:]), False),
    ],
)
def test_washington_asks_newcomers_for_cars_a_service_site_and_a_seat(
    events: tuple[PartnerEvent, ...], allowed: bool
) -> None:
    answer = ask("US-WA", known(*events), brand="RIVIAN", line="r1t", on=NEXT_YEAR)
    assert answer.allowed is allowed
    assert allowed or (answer.ground, answer.rule.id) == ("law", "US-03")


def test_washington_before_its_new_law_knows_tesla_alone() -> None:
    before = date(2026, 9, 30)
    assert ask("US-WA", known(*WASHINGTON), brand="RIVIAN", line="r1t", on=before).grounds == ("law",)
    assert ask("US-WA", known(tesla, licensed("US-WA")), on=before).allowed
    assert ask("US-WA", known(tesla, licensed("US-WA", date(2014, 1, 2))), on=before).grounds == ("law",)


def test_michigan_asks_where_title_passes() -> None:
    facts = known(tesla, licensed("US-MI"))
    inside = ask("US-MI", facts)
    assert (inside.ground, inside.rule.id) == ("law", "US-09")
    outside = ask("US-MI", facts, title="US-OH")
    assert "US-MI-tesla" in outside.decided_by
    assert "law" not in outside.grounds


def test_a_gallery_in_texas_names_no_price_and_takes_no_order() -> None:
    answer = ask("US-TX", known(tesla, licensed("US-TX")), channel="gallery")
    assert answer.grounds == ("law",)
    assert "US-TX-galleries" in answer.decided_by
    assert "US-TX-galleries" not in ask("US-TX", known(tesla, licensed("US-TX"))).decided_by
