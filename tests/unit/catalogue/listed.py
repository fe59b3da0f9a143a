"""A small catalogue that the tests ask: one line, shown in June, ordered from November, changed a year later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from domain.catalogue.book import Catalogue
from domain.catalogue.rows import Line, ModelYear, Option, PriceList, Variant
from domain.kernel import Refused
from domain.markets.validity import parse_moment

OPTIONS: Final = (
    Option(code="metallic"),
    Option(code="air"),
    Option(code="off-road", requires=("air",)),
    Option(code="sport", excludes=("off-road",)),
)
GERMAN: Final = PriceList(
    market="DE",
    currency="EUR",
    valid_from=date(2018, 11, 1),
    valid_to=date(2019, 7, 1),
    includes_tax=True,
    variants={"diesel": 6_900_000},
    options={"metallic": 100_000, "air": 170_000},
)
FIRST: Final = ModelYear(
    source="none",
    confidence="GK",
    published_on=date(2018, 6, 6),
    verified_on=date(2026, 11, 22),
    review_by=date(2027, 11, 22),
    author="catalogue desk",
    reason="test",
    year=2019,
    announced=parse_moment("2018-06-06"),
    orderable=parse_moment("2018-11"),
    last_order=parse_moment("2019-09-29"),
    variants=(Variant(code="diesel", powertrain="ICE"), Variant(code="hybrid", powertrain="PHEV")),
    options=OPTIONS,
    prices=(GERMAN,),
)
SECOND: Final = replace(
    FIRST,
    year=2020,
    announced=parse_moment("2019-08"),
    orderable=parse_moment("2019-10-15"),
    last_order=parse_moment("2021"),
    prices=(),
)
X5: Final = Line(brand="BMW", slug="x5", powertrain="ICE", model_years=(FIRST, SECOND))
CATALOGUE: Final = Catalogue([X5])
IN_SALE: Final = date(2019, 3, 1)


def offering(*options: Option) -> Catalogue:
    """A catalogue whose only model year has these options."""
    return Catalogue([replace(X5, model_years=(replace(FIRST, options=options, prices=()),))])


def refusal(
    *options: str, catalogue: Catalogue = CATALOGUE, on: date = IN_SALE, market: str = "DE", line: str = "x5"
) -> Refused:
    """The refusal of this car."""
    with pytest.raises(Refused) as refused:
        catalogue.check("BMW", line, options, on, market)
    return refused.value
