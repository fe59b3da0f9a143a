"""What rows of the catalogue must be, beyond each being well formed: everything that is wrong, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise

from domain.catalogue.faults import Fault
from domain.catalogue.relations import option_faults
from domain.catalogue.rows import Line, ModelYear, PriceList
from domain.markets.regions import known_place
from domain.money import CURRENCY
from domain.words import BRAND, SLUG


def brand_faults(brand: str) -> Iterator[Fault]:
    if not BRAND.fullmatch(brand):
        yield Fault(("brand",), f"{brand!r} is no brand such as BMW or ROLLS-ROYCE")


def line_faults(line: Line) -> Iterator[Fault]:
    """What is wrong with a line and between its model years."""
    if not SLUG.fullmatch(line.slug):
        yield Fault(("slug",), f"{line.slug!r} is no slug such as 3-series")
    if not line.model_years:
        yield Fault((), f"line {line.slug} has no model year")
    for number, year in enumerate(line.model_years):
        if line.powertrain not in {variant.powertrain for variant in year.variants}:
            says = f"no variant is {line.powertrain}, which the line says is meant by default"
            yield Fault(("model_year", number, "variants"), says)
    yield from _overlaps(line)


def year_faults(year: ModelYear) -> Iterator[Fault]:
    """What is wrong with a model year by itself."""
    yield from _source_faults(year)
    if year.review_by < year.verified_on:
        yield Fault(("review_by",), f"{year.review_by} lies before verified_on {year.verified_on}")
    yield from _day_faults(year)
    for number, market in enumerate(year.markets):
        if not known_place(market):
            yield Fault(("markets", number), f"{market!r} is no market such as DE or US-NC")
    yield from _named("variants", [variant.code for variant in year.variants])
    yield from _named("options", [option.code for option in year.options])
    yield from option_faults(year.options)
    yield from _price_faults(year)


def listed_twice(lines: Iterable[Line]) -> Iterator[tuple[int, Fault]]:
    """Lines that another row lists already, by their numbers (from 0)."""
    seen: set[tuple[str, str]] = set()
    for number, line in enumerate(lines):
        if (line.brand, line.slug) in seen:
            yield number, Fault(("slug",), f"{line.brand} {line.slug} is listed twice")
        seen.add((line.brand, line.slug))


def _source_faults(row: ModelYear | PriceList) -> Iterator[Fault]:
    if not row.source:
        yield Fault(("source",), 'the source is empty: name it, or write "none"')
    if row.source == "none" and row.confidence != "GK":
        yield Fault(("confidence",), f"what has no source is GK at most, not {row.confidence}")


def _day_faults(year: ModelYear) -> Iterator[Fault]:
    if year.orderable and year.orderable.last < year.announced.first:
        yield Fault(("orderable",), f"{year.orderable} lies before announced {year.announced}")
    if year.last_order is None:
        return
    if year.orderable is None:
        yield Fault(("last_order",), "a last day to order needs a first: give `orderable` too")
    elif year.last_order.first < year.orderable.sure:
        says = f"{year.last_order} leaves no day on which it can surely be ordered after {year.orderable}"
        yield Fault(("last_order",), says)


def _overlaps(line: Line) -> Iterator[Fault]:
    numbers = {id(year): number for number, year in enumerate(line.model_years)}
    told: set[int] = set()
    for market in sorted({market for year in line.model_years for market in year.markets} | {""}):
        years = [year for year in line.model_years if market in (year.markets or ("",))]
        dated = sorted((year for year in years if year.begins), key=lambda year: year.begins or date.max)
        for earlier, later in pairwise(dated):
            number = numbers[id(later)]
            if later.begins and earlier.takes_orders(later.begins) and number not in told:
                told.add(number)
                says = f"both {earlier.year} and {later.year} could be ordered on {later.begins}"
                yield Fault(("model_year", number), f"two model years of {line.slug} overlap: {says}")


def _named(key: str, codes: Sequence[str]) -> Iterator[Fault]:
    for number, code in enumerate(codes):
        if not SLUG.fullmatch(code):
            yield Fault((key, number, "code"), f"{code!r} is no slug such as heat-pump")
        elif key == "variants" and code in codes[:number]:
            yield Fault((key, number, "code"), f"variant {code} is listed twice")


def _price_faults(year: ModelYear) -> Iterator[Fault]:
    variants = {variant.code for variant in year.variants}
    options = {option.code for option in year.options}
    for number, prices in enumerate(year.prices):
        for fault in _list_faults(prices, variants, options):
            yield fault.under("prices", number)
        for other in year.prices[:number]:
            if other.market == prices.market and _meet(other, prices):
                says = (
                    f"two price lists for {prices.market} hold on {max(other.valid_from, prices.valid_from)}"
                )
                yield Fault(("prices", number), says)
                break


def _list_faults(prices: PriceList, variants: set[str], options: set[str]) -> Iterator[Fault]:
    yield from _source_faults(prices)
    if not known_place(prices.market):
        yield Fault(("market",), f"{prices.market!r} is no market such as DE or US-NC")
    if not CURRENCY.fullmatch(prices.currency):
        yield Fault(("currency",), f"{prices.currency!r} is no currency such as EUR")
    if prices.valid_to is not None and prices.valid_to <= prices.valid_from:
        yield Fault(("valid_to",), f"{prices.valid_to} does not lie after valid_from {prices.valid_from}")
    for key, priced, known in (("variants", prices.variants, variants), ("options", prices.options, options)):
        for code, minor in priced.items():
            if code not in known:
                yield Fault((key, code), f"{code} is none of the model year's {key}")
            if minor < 0 or (minor == 0 and key == "variants"):
                yield Fault((key, code), f"the price of {code} is {minor}: it must be more than nothing")


def _meet(one: PriceList, other: PriceList) -> bool:
    return one.holds(other.valid_from) or other.holds(one.valid_from)
