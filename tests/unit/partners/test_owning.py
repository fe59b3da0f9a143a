"""Who owns the seller: directly, through others, and in circles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest

from domain.partners.ownership import Stake, held_pct
from domain.partners.owning import RecordStake, StakeRecorded
from tests.examples import ident
from tests.story import given
from tests.unit.partners.network import PARTNER, facts, registered

VW, GM, HOLDING, MIDDLE, FUND = (ident(number) for number in range(101, 106))
DAY = date(2026, 3, 1)
record = RecordStake(
    partner_id=PARTNER, owner_id=VW, share_bp=10_000, since=date(2022, 5, 1), makes=("VW", "AUDI")
)


def stake(owner: object, owned: object, share_bp: int, *makes: str, since: date = date(2020, 1, 1)) -> Stake:
    return Stake(owner_id=owner, owned_id=owned, share_bp=share_bp, since=since, makes=makes)  # type: ignore[arg-type]


def held(*stakes: Stake, brands: tuple[str, ...] = ("VW",), on: date = DAY) -> Fraction:
    return held_pct(stakes, PARTNER, brands, on).get(VW, Fraction(0))


def test_a_stake_stands_on_the_partners_own_stream() -> None:
    outcome = given(registered).when(record)
    told = outcome.event(StakeRecorded)
    assert told.owned_id == PARTNER
    assert facts(outcome).affiliate_pct(brands={"VW"}, on=DAY) == 100
    assert facts(outcome).affiliate_pct(brands={"VW"}, on=date(2022, 4, 30)) == 0
    assert facts(outcome).affiliate_pct(brands={"FORD"}, on=DAY) == 0
    given(registered, told).when(record).nothing()


def test_more_than_the_whole_is_flagged() -> None:
    told = given(registered).when(record).event(StakeRecorded)
    given(registered, told).when(replace(record, owner_id=GM, share_bp=1)).flagged("over_the_whole")
    sold = given(registered, told).when(replace(record, share_bp=0, since=DAY))
    sold.flagged()
    assert facts(sold).affiliate_pct(brands={"VW"}, on=DAY) == 0


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"share_bp": 10_001}, "share", "share_bp"),
        ({"share_bp": -1}, "share", "share_bp"),
        ({"owner_id": PARTNER}, "own_owner", "owner_id"),
        ({"makes": ("VW", "VW")}, "named_twice", "makes"),
    ],
)
def test_a_stake_is_well_formed(wrong: dict[str, object], code: str, field: str) -> None:
    refused = given(registered).when(replace(record, **wrong)).refused(code)  # type: ignore[arg-type]
    assert field in str(refused.refusal)


def test_what_is_held_through_a_company_counts_in_proportion() -> None:
    assert held(stake(VW, HOLDING, 5_000, "VW"), stake(HOLDING, PARTNER, 4_000)) == 20
    assert held(stake(VW, HOLDING, 3_333, "VW"), stake(HOLDING, PARTNER, 3_333)) == Fraction("11.108889")


def test_what_is_held_through_more_than_half_of_a_company_counts_in_full() -> None:
    assert held(stake(VW, HOLDING, 5_001, "VW"), stake(HOLDING, PARTNER, 4_000)) == 40
    chain = (stake(VW, HOLDING, 5_100, "VW"), stake(HOLDING, MIDDLE, 5_100), stake(MIDDLE, PARTNER, 3_000))
    assert held(*chain) == 30


def test_several_ways_add_up() -> None:
    ways = (
        stake(VW, PARTNER, 1_000, "VW"),
        stake(VW, HOLDING, 10_000, "VW"),
        stake(HOLDING, PARTNER, 2_000),
        stake(FUND, PARTNER, 7_000),
    )
    assert held(*ways) == 30


def test_companies_that_own_each_other_come_to_an_end_and_never_to_more_than_all() -> None:
    circle = (stake(VW, HOLDING, 3_000, "VW"), stake(HOLDING, PARTNER, 5_000), stake(PARTNER, HOLDING, 5_000))
    share = held(*circle)
    assert Fraction("19.999") < share <= 20
    whole = (stake(VW, PARTNER, 10_000, "VW"), stake(PARTNER, HOLDING, 10_000), stake(HOLDING, PARTNER, 0))
    assert held(*whole) == 100


def test_a_chain_longer_than_any_is_followed_to_its_end() -> None:
    links = [VW, *(ident(number) for number in range(200, 300)), PARTNER]
    chain = [stake(one, other, 10_000, *(["VW"] if one == VW else [])) for one, other in pairwise(links)]
    assert held(*chain) == 100
    assert held(*reversed(chain)) == 100


def test_the_latest_stake_of_the_day_counts() -> None:
    bought = stake(VW, PARTNER, 3_000, "VW")
    sold = replace(bought, share_bp=1_000, since=DAY)
    assert held(sold, bought) == 10
    assert held(sold, bought, on=date(2026, 2, 28)) == 30
