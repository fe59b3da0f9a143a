"""A car is shown long before it can be ordered, and one day it cannot be ordered any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.catalogue.book import Catalogue
from domain.kernel import Refused
from domain.markets.validity import parse_moment
from domain.money import Money
from tests.unit.catalogue.listed import CATALOGUE, FIRST, IN_SALE, SECOND, X5, refusal


def test_what_is_on_sale_can_be_ordered() -> None:
    CATALOGUE.check("BMW", "x5", ("metallic",), IN_SALE, "DE")


def test_a_car_that_was_only_shown_cannot_be_ordered_and_the_refusal_says_from_when() -> None:
    refused = refusal(on=date(2018, 10, 2))
    assert refused.code == "not_yet_orderable"
    assert refused.fields["from_day"] == "2018-12-01"
    assert "announced 2018-06-06" in str(refused)


def test_a_car_that_nobody_has_heard_of_cannot_be_ordered_either() -> None:
    assert refusal(on=date(2010, 1, 1)).code == "not_yet_orderable"


def test_a_month_counts_when_every_reading_of_it_agrees() -> None:
    assert refusal(on=date(2018, 11, 30)).code == "not_yet_orderable"
    CATALOGUE.check("BMW", "x5", (), date(2018, 12, 1), "DE")
    CATALOGUE.check("BMW", "x5", (), date(2021, 1, 1), "DE")
    assert refusal(on=date(2021, 1, 2)).code == "no_longer_orderable"


def test_after_the_last_day_it_is_too_late() -> None:
    refused = refusal(on=date(2022, 1, 1))
    assert (refused.code, refused.fields["until"]) == ("no_longer_orderable", "2021-01-01")


def test_between_two_model_years_the_next_one_is_waited_for() -> None:
    CATALOGUE.check("BMW", "x5", (), date(2019, 9, 29), "DE")
    refused = refusal(on=date(2019, 9, 30))
    assert (refused.code, refused.fields["from_day"]) == ("not_yet_orderable", "2019-10-15")


def test_a_successor_that_nobody_has_heard_of_is_not_waited_for() -> None:
    later = replace(SECOND, announced=parse_moment("2019-10-01"))
    catalogue = Catalogue([replace(X5, model_years=(FIRST, later))])
    assert refusal(catalogue=catalogue, on=date(2019, 9, 30)).code == "no_longer_orderable"
    assert refusal(catalogue=catalogue, on=date(2019, 10, 1)).code == "not_yet_orderable"


def test_a_car_without_a_first_day_is_shown_and_no_more() -> None:
    shown = replace(FIRST, orderable=None, last_order=None)
    refused = refusal(catalogue=Catalogue([replace(X5, model_years=(shown,))]))
    assert (refused.code, refused.fields["from_day"]) == ("not_yet_orderable", "a day that nobody has told")


def test_a_line_that_is_not_listed_is_not_judged() -> None:
    CATALOGUE.check("BMW", "z9", ("fins",), date(1950, 1, 1), "DE")
    CATALOGUE.check("MINI", "x5", ("fins",), IN_SALE, "DE")
    Catalogue().check("BMW", "x5", ("fins",), IN_SALE, "DE")
    assert CATALOGUE.line("BMW", "z9") is None
    assert CATALOGUE.list_price("BMW", "z9", (), IN_SALE, "DE") is None


def test_a_line_tells_its_powertrain() -> None:
    line = CATALOGUE.line("BMW", "x5")
    assert line is not None
    assert line.powertrain == "ICE"


def test_a_model_year_that_names_the_market_counts_before_its_country_and_that_before_everywhere() -> None:
    american = replace(FIRST, markets=("US",), orderable=parse_moment("2019-06-01"))
    californian = replace(FIRST, markets=("US-CA",), orderable=parse_moment("2019-07-01"))
    catalogue = Catalogue([replace(X5, model_years=(FIRST, american, californian))])
    catalogue.check("BMW", "x5", (), IN_SALE, "DE")
    assert refusal(catalogue=catalogue, market="US-NC").fields["from_day"] == "2019-06-01"
    assert refusal(catalogue=catalogue, market="US-CA").fields["from_day"] == "2019-07-01"


def test_where_no_model_year_is_offered_nothing_can_be_ordered() -> None:
    american = Catalogue([replace(X5, model_years=(replace(FIRST, markets=("US",)),))])
    assert refusal(catalogue=american).code == "not_offered_here"


def test_a_list_price_is_that_of_the_variant_and_its_options() -> None:
    price = CATALOGUE.list_price("BMW", "x5", ("metallic", "air"), IN_SALE, "DE")
    assert price is not None
    assert (price.amount, price.includes_tax) == (Money(7_170_000, "EUR"), True)
    assert (price.confidence, price.source) == ("GK", "none")


@pytest.mark.parametrize(
    ("options", "on", "market", "variant"),
    [
        ((), IN_SALE, "FR", ""),
        ((), date(2019, 7, 1), "DE", ""),
        (("sport",), IN_SALE, "DE", ""),
        ((), IN_SALE, "DE", "hybrid"),
    ],
    ids=["no list of the market", "the list has ended", "an option without a price", "a variant without one"],
)
def test_what_no_list_has_has_no_list_price(
    options: tuple[str, ...], on: date, market: str, variant: str
) -> None:
    assert CATALOGUE.list_price("BMW", "x5", options, on, market, variant=variant) is None


def test_a_list_of_a_country_holds_in_its_parts() -> None:
    assert CATALOGUE.list_price("BMW", "x5", (), IN_SALE, "DE-BY") is not None


def test_a_price_is_asked_only_of_what_can_be_ordered() -> None:
    with pytest.raises(Refused, match="exclude each other"):
        CATALOGUE.list_price("BMW", "x5", ("sport", "air", "off-road"), IN_SALE, "DE")
    with pytest.raises(Refused, match="no variant steam: it has diesel, hybrid") as refused:
        CATALOGUE.list_price("BMW", "x5", (), IN_SALE, "DE", variant="steam")
    assert refused.value.code == "unknown_variant"
