"""What rows with conditions say to one seller: each is asked before they are weighed, by networks of that day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

import pytest

from domain.markets.answers import Answer
from domain.markets.claims import Conditions, Law, Network
from domain.markets.questions import Question
from domain.markets.resolver import Markets
from domain.markets.rows import Row
from tests.unit.markets.claimed import (
    OHIO,
    TODAY,
    ask,
    law,
    markets_of,
    network,
    plan,
    rows_of,
    ruling,
    sells,
    since,
    step,
)
from tests.unit.markets.selling import Facts

DIRECT: Final = sells("direct")
THREE_STORES: Final = Facts(count=3)
NEW_ONLY: Final = Conditions(never_franchised=True)


def capped(stores: int, **changes: Any) -> Law:
    return law("permits", conditions=Conditions(stores_max=stores), **changes)


def franchised(*brands: str, begins: str = "2000-01-01", ends: str = "", **changes: Any) -> Network:
    told = network("franchised", *(brands or ("MINI",)), **changes)
    return Network(
        **{name: getattr(told, name) for name in Network.__dataclass_fields__ if name != "validity"},
        validity=since(begins, ends),
    )


def ohio(*rows: Row) -> Markets:
    return markets_of(DIRECT, rows_of(sells("direct", row="US-OH-direct"), *rows, market="US-OH", place=OHIO))


def in_ohio(markets: Markets, **changes: Any) -> Answer:
    return markets.resolve(ask(market="US-OH", **changes))


@pytest.mark.parametrize(
    ("other", "ground"),
    [
        (law("permits", "2026", row="DE-vague", powertrains=("BEV",), brands=("MINI",)), "undetermined"),
        (capped(5, row="DE-five", brands=("MINI",)), "undetermined"),
        (capped(5, row="DE-five", brands=("MINI",), confidence="H"), "undetermined"),
        (capped(2, row="DE-two", brands=("MINI",)), "law"),
    ],
)
def test_readings_that_disagree_about_this_seller_decide_nothing(other: Law, ground: str) -> None:
    markets = markets_of(DIRECT, capped(1, row="DE-one", brands=("MINI",)), other)
    refused = markets.resolve(ask(powertrain="BEV", facts=THREE_STORES))
    assert (refused.allowed, refused.ground) == (False, ground)
    assert {"DE-one", other.id} <= set(refused.decided_by)
    assert markets.resolve(ask(powertrain="BEV", facts=Facts(count=1))).allowed
    untold = markets.resolve(ask(powertrain="BEV"))
    assert untold.allowed
    assert "stores_max" in untold.not_asked


@pytest.mark.parametrize(
    ("rows", "ground", "precautionary", "told"),
    [
        ((franchised(),), "law", False, True),
        ((franchised(confidence="GK"),), "law", True, True),
        ((franchised(begins="2026"),), "undetermined", False, True),
        ((franchised(begins="2030-01-01"),), None, False, False),
        ((franchised(ends="2016-01-01"),), None, False, False),
        ((franchised(), ruling("DE-network")), "undetermined", False, True),
        (
            (
                franchised(),
                network("never_franchised", "MINI", row="DE-never"),
                ruling("DE-network", "DE-never", selects="DE-never"),
            ),
            None,
            False,
            False,
        ),
        ((network("never_franchised", "MINI", confidence="L"),), "undetermined", False, True),
    ],
)
def test_who_has_dealers_is_what_holds_that_day(
    rows: tuple[Row, ...], ground: str | None, precautionary: bool, told: bool
) -> None:
    answer = markets_of(DIRECT, law("permits", conditions=NEW_ONLY), *rows).resolve(ask())
    assert (answer.ground, answer.precautionary) == (ground, precautionary)
    assert ("DE-network" in answer.decided_by) is told


@dataclass(frozen=True)
class OfVW(Facts):
    """VW holds 30 per cent of the seller."""

    def affiliate_pct(self, *, brands: Collection[str], **_: object) -> Fraction:
        return Fraction(30 if "VW" in brands else 0)


@pytest.mark.parametrize(
    ("row", "says", "precautionary"),
    [
        (franchised("VW"), "no", False),
        (franchised("VW", confidence="L"), "no", True),
        (franchised("VW", begins="2026"), "undetermined", False),
        (franchised("VW", begins="2030-01-01"), "yes", False),
        (franchised("BMW"), "yes", False),
    ],
)
def test_so_is_who_of_its_owners_has_dealers(row: Network, says: str, precautionary: bool) -> None:
    beyond = law("forbids", conditions=Conditions(affiliate_max_pct=29))
    found = markets_of(DIRECT, beyond, row).resolve(ask(seller="maker", facts=OfVW())).layer("law")
    assert (found.says, found.precautionary) == (says, precautionary)
    assert ("DE-network" in found.rows) is (says != "yes")


def _everywhere(place: str) -> dict[str, str]:
    return dict.fromkeys(("home", "contract", "delivery", "title", "licence"), place)


@pytest.mark.parametrize(
    ("places", "allowed"),
    [
        ({}, True),
        (_everywhere("US-OH"), False),
        ({"contract": "US-OH"}, False),
        ({"licence": "US-OH"}, False),
        ({"home": "US-OH"}, False),
        ({"home": "FR", "delivery": "FR"}, True),
    ],
)
def test_a_sale_that_is_placed_in_a_state_needs_a_row_that_permits(
    places: dict[str, str], allowed: bool
) -> None:
    answer = ohio().resolve(ask(**places))
    assert (answer.allowed, answer.ground) == (allowed, None if allowed else "undetermined")


def test_each_state_of_the_contract_and_the_licence_needs_one() -> None:
    markets = ohio(law("permits", row="US-OH-law"))
    assert markets.resolve(ask(**_everywhere("US-OH"))).allowed
    assert in_ohio(markets, home="US-TX", title="US-TX").allowed
    assert in_ohio(markets, licence="US-TX").ground == "undetermined"
    assert in_ohio(markets, contract="US-TX").ground == "undetermined"


def test_a_reversal_had_not_come_when_it_was_told() -> None:
    taken, ended = step("adopted", "2020-01-01", "2020-02-01"), step("reversed", "2025-03-01", "by 2026")
    markets = markets_of(plan("direct", taken, ended))
    days = date(2021, 1, 1), date(2025, 2, 28), date(2025, 3, 1), date(2026, 12, 31), date(2027, 1, 1)
    found = [markets.resolve(ask(on=day)).distribution_model for day in days]
    assert found == ["direct", "direct", "undetermined", "undetermined", "undetermined"]
    assert markets.resolve(ask(on=days[-1])).decided_by == ()


def test_a_row_is_told_once_however_many_places_ask_for_it() -> None:
    never = rows_of(network("never_franchised", "MINI", row="US-never"), market="US", place=None)
    state = rows_of(
        sells("direct", row="US-OH-direct"),
        law("permits", row="US-OH-contract", network="never_franchised"),
        law("permits", row="US-OH-licence", tests="licence", network="never_franchised"),
        market="US-OH",
        place=OHIO,
    )
    question: Question = ask(market="US-OH", home="US-TX", on=TODAY)
    rows = markets_of(state, never).resolve(question).layer("law").rows
    assert rows == ("US-OH-contract", "US-OH-licence", "US-never")
