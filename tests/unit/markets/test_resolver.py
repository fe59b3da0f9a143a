"""Who may sell what to whom, where, on which day: as the shipped rows say."""

from __future__ import annotations

from datetime import date

import pytest

from domain.kernel import Refused, Rule
from domain.markets.resolver import Markets, Resolution
from domain.markets.rows import Assignment, Place, Sale, Terms
from domain.words import ContractChannel
from tests.examples import CR_03, EU_01, MARKETS, MK_01, NOON, US_01, US_05


def resolved(brand: str, market: str, on: date = date(2026, 3, 2), *, consumer: bool = True) -> Resolution:
    return MARKETS.resolve(
        brand=brand, market=market, customer_type="private" if consumer else "fleet", on=on
    )


@pytest.mark.parametrize(
    ("brand", "market", "on", "model", "seller"),
    [
        ("MINI", "DE", date(2024, 9, 30), "franchise", "dealer"),
        ("MINI", "DE", date(2024, 10, 1), "agency_genuine", "maker"),
        ("BMW", "DE", date(2026, 3, 2), "franchise", "dealer"),
        ("MINI", "GB", date(2025, 2, 28), "franchise", "dealer"),
        ("MINI", "GB", date(2025, 3, 1), "agency_genuine", "maker"),
        ("BMW i", "FR", date(2018, 12, 31), "agency_genuine", "maker"),
        ("BMW i", "FR", date(2019, 1, 1), "franchise", "dealer"),
        ("BMW", "US-NC", date(2026, 3, 2), "franchise", "dealer"),
        ("MINI", "MX", date(2026, 3, 2), "undetermined", "nobody"),
    ],
)
def test_the_row_of_the_day_answers(brand: str, market: str, on: date, model: str, seller: str) -> None:
    answer = resolved(brand, market, on)
    assert (answer.distribution_model, answer.seller_of_record) == (model, seller)


@pytest.mark.parametrize(
    ("market", "rule", "ground"),
    [("DE", EU_01, "franchise_contract"), ("US-TX", US_01, "law"), ("MX", MK_01, "undecided")],
)
def test_every_answer_names_its_rule_and_its_ground(market: str, rule: Rule, ground: str) -> None:
    answer = resolved("BMW", market)
    assert (answer.rule, answer.ground) == (rule, ground)
    assert answer.source
    assert answer.confidence in {"H", "M", "L", "GK"}


def test_a_consumer_may_withdraw_from_a_contract_at_a_distance() -> None:
    answer = resolved("MINI", "DE")
    assert answer.withdrawal_rule == CR_03
    channels: tuple[ContractChannel, ...] = ("distance", "off_premises", "on_premises", "unknown")
    assert [answer.withdrawal_days_by(channel) for channel in channels] == [14, 14, 0, 0]


def test_a_business_may_not() -> None:
    answer = resolved("MINI", "DE", consumer=False)
    assert (answer.withdrawal_days_by("distance"), answer.withdrawal_rule) == (0, None)


def test_a_reservation_in_north_carolina_goes_to_a_dealer() -> None:
    row = resolved("BMW", "US-NC").assignment
    assert row is not None
    assert (row.rule, row.respond_days) == (US_05, 10)
    assert resolved("MINI", "DE").assignment is None


def test_a_part_with_its_own_law_governs_and_any_other_does_not() -> None:
    assert MARKETS.governing("US", "US-NC") == "US-NC"
    assert MARKETS.governing("DE", "DE-BY") == "DE"
    assert MARKETS.governing("GB", "") == "GB"


def test_a_market_is_never_guessed_from_its_neighbours() -> None:
    with pytest.raises(Refused, match="no market US: name one of DE, FR") as refusal:
        MARKETS.governing("US", "US-WY")
    assert refusal.value.code == "unknown_market"


def test_no_row_no_answer() -> None:
    with pytest.raises(Refused, match="no row says how Tesla is sold in DE on 2026-03-02") as refusal:
        resolved("Tesla", "DE")
    assert refusal.value.code == "no_market_row"


def test_the_contradictions_are_named() -> None:
    answer = resolved("MINI", "DE")
    told = answer.contradictions(
        seller="dealer", price_setter="maker", stock_owner="dealer", invoicer="maker"
    )
    assert told == ("seller", "stock_owner")


def test_every_place_can_count_a_deadline() -> None:
    for market in ("DE", "FR", "GB", "US-CA", "US-NC", "US-TX", "MX"):
        assert resolved("BMW", market).deadline(NOON, days=14) > NOON


def franchise(**changes: object) -> Sale:
    row: dict[str, object] = {
        "brands": ("MINI",),
        "market": "DE",
        "valid_from": date(2020, 1, 1),
        "confidence": "H",
        "source": "test",
        "distribution_model": "franchise",
        "seller_of_record": "dealer",
        "price_setter": "dealer",
        "stock_owner": "dealer",
        "invoicer": "dealer",
        "rule": EU_01,
        "ground": "law",
    }
    return Sale(**{**row, **changes})  # type: ignore[arg-type]  # a row with one thing changed


def markets_of(*sales: Sale, places: tuple[Place, ...] = ()) -> Markets:
    no_terms: tuple[Terms, ...] = ()
    no_assignments: tuple[Assignment, ...] = ()
    return Markets(places=places, sales=sales, terms=no_terms, assignments=no_assignments, calendars=())


def test_two_rows_may_not_hold_on_one_day() -> None:
    with pytest.raises(ValueError, match="hold on 2022-01-01"):
        markets_of(franchise(), franchise(valid_from=date(2022, 1, 1)))


def test_a_row_may_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        markets_of(franchise(valid_to=date(2019, 1, 1)))


def test_a_row_may_not_name_a_place_that_is_not_listed() -> None:
    with pytest.raises(ValueError, match="not listed: DE"):
        markets_of(franchise())


def test_a_place_may_not_name_a_calendar_that_is_not_there() -> None:
    berlin = Place(market="DE", zone="Europe/Berlin", currency="EUR", calendar="DE", sales_rule="EU-01")
    with pytest.raises(ValueError, match="calendar DE"):
        markets_of(places=(berlin,))
