"""Who sells is known: what is asked of him, and what a row makes a condition."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import pytest

from domain.markets.claims import Conditions, Shown
from domain.words import Party
from tests.unit.markets.claimed import OHIO, ask, law, markets_of, network, rows_of, sells
from tests.unit.markets.selling import Facts

FRANCHISE = sells("franchise")


@pytest.mark.parametrize(
    ("seller", "facts", "grounds"),
    [
        ("dealer", Facts(), ()),
        ("dealer", Facts(appointed=False), ("contract",)),
        ("dealer", Facts(licensed="lapsed"), ("licence",)),
        ("dealer", Facts(licensed="none"), ()),
        ("maker", Facts(appointed=False, licensed="revoked"), ("maker_policy", "licence")),
        ("agent", Facts(appointed=False), ("contract", "maker_policy")),
    ],
)
def test_agreement_and_licence_decide_where_a_seller_is_known(
    seller: Party, facts: Facts, grounds: tuple[str, ...]
) -> None:
    answer = markets_of(FRANCHISE).resolve(ask(seller=seller, facts=facts))
    assert answer.grounds == grounds
    assert "agreement" not in answer.not_asked


@pytest.mark.parametrize(
    ("wanted", "met", "broken"),
    [
        (Conditions(stores_max=3), Facts(count=3), Facts(count=4)),
        (Conditions(licensed_by=date(2014, 1, 1)), Facts(), Facts(since=date(2015, 1, 1))),
        (Conditions(licensed_by=date(2014, 1, 1)), Facts(), Facts(since=None)),
        (Conditions(service_sites_min=1), Facts(count=1), Facts(count=0)),
        (Conditions(registrations_min=300), Facts(count=300), Facts(count=299)),
        (Conditions(affiliate_max_pct=30), Facts(), None),
        (Conditions(affiliate_max_pct=29), None, Facts()),
        (Conditions(us_company=True), Facts(), Facts(seat="NL")),
    ],
)
def test_a_permission_holds_while_its_conditions_are_met(
    wanted: Conditions, met: Facts | None, broken: Facts | None
) -> None:
    permitted = markets_of(sells("direct"), law("permits", conditions=wanted))
    beyond = markets_of(sells("direct"), law("forbids", conditions=wanted))
    for markets in (permitted, beyond):
        answer = markets.resolve(ask())
        assert answer.allowed
        assert len(answer.not_asked) == 3
        if met:
            assert markets.resolve(ask(facts=met)).allowed
        if broken:
            assert markets.resolve(ask(facts=broken)).grounds == ("law",)


def test_a_gallery_and_the_place_of_the_title_are_asked_of_the_sale_itself() -> None:
    gallery = markets_of(sells("direct"), law("forbids", conditions=Conditions(gallery_forbids=("order",))))
    assert gallery.resolve(ask()).allowed
    assert gallery.resolve(ask(channel="gallery")).ground == "law"
    outside = markets_of(sells("direct"), law("permits", conditions=Conditions(title_outside=True)))
    assert outside.resolve(ask()).not_asked == ("title_outside", "agreement", "licence")
    assert outside.resolve(ask(title="FR")).allowed
    assert outside.resolve(ask(title="DE")).ground == "law"


@pytest.mark.parametrize(
    ("shown", "allowed", "not_asked"), [(("price",), True, True), (("price", "order"), False, False)]
)
def test_no_question_tells_whether_a_gallery_names_prices(
    shown: tuple[Shown, ...], allowed: bool, not_asked: bool
) -> None:
    gallery = markets_of(sells("direct"), law("forbids", conditions=Conditions(gallery_forbids=shown)))
    answer = gallery.resolve(ask(channel="gallery"))
    assert (answer.allowed, "gallery_forbids" in answer.not_asked) == (allowed, not_asked)
    assert "gallery_forbids" not in gallery.resolve(ask()).not_asked


@dataclass(frozen=True)
class OwnedByMini(Facts):
    def affiliate_pct(self, *, brands: Collection[str], **_: object) -> Fraction:
        return Fraction(30 if "MINI" in brands else 0)


@pytest.mark.parametrize("wanted", [Conditions(never_franchised=True), Conditions(affiliate_max_pct=29)])
def test_a_condition_is_asked_of_the_network_in_the_place_that_is_tested(wanted: Conditions) -> None:
    by_title = law("permits", row="US-OH-title", tests="title", conditions=wanted)
    asked = ask(title="US-OH", facts=OwnedByMini(), seller="maker")
    dealers = network("franchised", "MINI")
    there = rows_of(by_title, replace(dealers, id="US-OH-network"), market="US-OH", place=OHIO)
    assert markets_of(sells("direct"), there).resolve(asked).ground == "law"
    nowhere_there = rows_of(by_title, market="US-OH", place=OHIO)
    assert markets_of(sells("direct"), dealers, nowhere_there).resolve(asked).allowed
