"""The shipped catalogue: what the scenarios need, and what the demo sells."""

from __future__ import annotations

from datetime import date

import pytest

from app.demo.season import season
from app.demo.tale import week_start
from domain.catalogue.book import Catalogue
from domain.kernel import Refused
from domain.orders.changing import RequestChange
from domain.orders.offering import IssueQuote
from domain.orders.reserving import ReserveOrder
from domain.words import Powertrain
from infra.catalogue import load_catalogue

CATALOGUE: Catalogue = load_catalogue()


@pytest.mark.parametrize(
    ("brand", "line", "powertrain"),
    [
        ("BMW", "3-series", "ICE"),
        ("BMW", "8-series", "ICE"),
        ("BMW", "i3", "BEV"),
        ("BMW", "ix3", "BEV"),
        ("BMW", "x5", "ICE"),
        ("MINI", "cooper", "ICE"),
        ("MINI", "cooper-e", "BEV"),
        ("MINI", "countryman", "ICE"),
        ("RIVIAN", "r1t", "BEV"),
        ("RIVIAN", "r2", "BEV"),
        ("ROLLS-ROYCE", "spectre", "BEV"),
        ("TESLA", "model-3", "BEV"),
        ("TESLA", "model-y", "BEV"),
        ("VW", "golf", "ICE"),
        ("VW", "id3", "BEV"),
    ],
)
def test_a_line_has_its_powertrain(brand: str, line: str, powertrain: Powertrain) -> None:
    found = CATALOGUE.line(brand, line)
    assert found is not None
    assert found.powertrain == powertrain


@pytest.mark.parametrize(
    ("brand", "line", "market", "on", "code"),
    [
        ("BMW", "x5", "FR", date(2018, 10, 4), "not_yet_orderable"),
        ("BMW", "3-series", "FR", date(2018, 10, 4), "not_yet_orderable"),
        ("BMW", "8-series", "FR", date(2018, 10, 4), "not_yet_orderable"),
        ("BMW", "i3", "FR", date(2013, 8, 1), "not_yet_orderable"),
        ("BMW", "i3", "FR", date(2023, 1, 1), "no_longer_orderable"),
        ("BMW", "ix3", "DE", date(2025, 9, 9), "not_yet_orderable"),
        ("TESLA", "model-3", "US-CA", date(2016, 4, 1), "not_yet_orderable"),
        ("RIVIAN", "r1t", "DE", date(2024, 1, 1), "not_offered_here"),
        ("RIVIAN", "r2", "US-WA", date(2026, 3, 2), "not_yet_orderable"),
    ],
)
def test_what_cannot_be_ordered_then(brand: str, line: str, market: str, on: date, code: str) -> None:
    with pytest.raises(Refused) as refused:
        CATALOGUE.check(brand, line, (), on, market)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("brand", "line", "market", "on"),
    [
        ("BMW", "x5", "FR", date(2018, 12, 1)),
        ("BMW", "i3", "FR", date(2018, 10, 31)),
        ("BMW", "i3", "FR", date(2018, 11, 1)),
        ("BMW", "i3", "FR", date(2019, 6, 1)),
        ("BMW", "ix3", "DE", date(2026, 3, 2)),
        ("MINI", "cooper", "DE", date(2024, 2, 29)),
        ("MINI", "cooper", "DE", date(2024, 3, 1)),
        ("MINI", "cooper-e", "IT", date(2024, 1, 1)),
        ("ROLLS-ROYCE", "spectre", "GB", date(2023, 1, 1)),
        ("TESLA", "model-3", "US-TX", date(2024, 1, 1)),
        ("RIVIAN", "r1t", "US-OH", date(2025, 8, 1)),
        ("RIVIAN", "r2", "US-WA", date(2026, 10, 1)),
        ("VW", "id3", "DE", date(2026, 1, 1)),
    ],
)
def test_what_can_be_ordered_then(brand: str, line: str, market: str, on: date) -> None:
    CATALOGUE.check(brand, line, (), on, market)


def test_rows_without_a_source_say_so() -> None:
    years = [year for line in CATALOGUE.lines for year in line.model_years]
    assert all((year.source == "none") == (year.confidence == "GK") for year in years)
    assert all(year.says for year in years)


def test_everything_that_the_demo_sells_can_be_ordered_and_built_at_its_list_price() -> None:
    asked = priced = 0
    for tale in season(120, 7).tales:
        orders: dict[object, ReserveOrder] = {}
        for week, asks in sorted(tale.asked.items()):
            on = week_start(week).date()
            for command in (ask.command for ask in asks):
                if isinstance(command, ReserveOrder):
                    orders[command.order_id] = command
                if isinstance(command, IssueQuote | RequestChange):
                    order = orders[command.order_id]
                    market = order.region or order.market
                    named = (order.brand, order.model, command.options, on, market)
                    CATALOGUE.check(*named, powertrain=order.powertrain)
                    price = CATALOGUE.list_price(*named)
                    asked += 1
                    if price is not None:
                        assert price.amount == command.gross
                        priced += 1
    assert asked >= priced > 100


def test_a_maker_of_one_powertrain_needs_no_line_to_tell_it() -> None:
    shipped = load_catalogue()
    assert shipped.powertrain("TESLA", "") == shipped.powertrain("RIVIAN", "r1s") == "BEV"
    assert shipped.powertrain("MINI", "") is None
    assert shipped.powertrain("MINI", "cooper-e") == "BEV"
