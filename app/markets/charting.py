"""From what somebody wants to see to charts: one a brand, or one of all brands in a market."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.markets.asking import Lines
from app.markets.chart import Chart, bands, plans_told
from app.markets.words import AGES
from domain.markets.claims import Age
from domain.markets.resolver import Markets
from domain.markets.timeline import OTHERS, Lane, lanes, plans_open, span, spoken_of, verified
from domain.words import CustomerType, Powertrain
from infra.errors import InputError

NOTHING_SURE: Final = date(2018, 1, 1), date(2028, 1, 1)  # the years that the shipped rows are about
YEARS_MIN: Final = 5  # fewer show no time


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be drawn: which brands and markets, of which cars and customers, between which days. `every`: no
    market was named, so those without a row are only listed. `lines`: the powertrains of the catalogue."""

    markets: Markets
    lines: Lines
    brands: Sequence[str]
    codes: Sequence[str]
    every: bool
    customer: CustomerType | None
    age: Age
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What was found of one brand: its lanes, and the markets in which no row tells how it is sold."""

    brand: str
    lanes: list[Lane]
    untold: list[str]


def stories(wanted: Wanted) -> list[Story]:
    """Each brand's story. Of a brand in a market that no row speaks of, only if both were named."""
    alone = len(wanted.brands) == 1
    found = [_story(brand, wanted, alone=alone and not wanted.every) for brand in wanted.brands]
    return [one for one in found if one.lanes or alone]


def charts(found: Sequence[Story], wanted: Wanted) -> list[Chart]:
    """What is shown of these stories. Raises InputError."""
    if len(wanted.codes) == 1 and len(found) > 1:
        place = wanted.markets.place(wanted.codes[0])
        return [_chart(f"{place.name} ({place.market})", found, wanted, by_brand=True)]
    return [_chart(one.brand, [one], wanted) for one in found]


def _chart(subject: str, found: Sequence[Story], wanted: Wanted, *, by_brand: bool = False) -> Chart:
    drawn = [lane for one in found for lane in one.lanes]
    first, last = _days(drawn, wanted)
    fleets = ", fleets where they differ" if any(lane.customers for lane in drawn) else ""
    return Chart(
        title=f"{subject}: who sells how, {first} to {last - timedelta(days=1)}",
        cars=f"{AGES[wanted.age]} cars, {wanted.customer or 'private'} customers{fleets}",
        first=first,
        last=last,
        bands=bands(drawn, first, last, wanted.markets, by_brand=by_brand),
        notes=tuple(note for one in found for note in _notes(one, wanted)),
    )


def _notes(one: Story, wanted: Wanted) -> Iterator[str]:
    told = list(dict.fromkeys(lane.market for lane in one.lanes))
    yield from plans_told(one.brand, told, wanted.markets)
    if one.untold:
        places = " ".join(one.untold)
        yield f"No row tells how {one.brand} is sold in {places}: undetermined there."


def _story(brand: str, wanted: Wanted, *, alone: bool) -> Story:
    def powertrains(of: str, line: str) -> list[Powertrain]:
        return [
            drive for (listed, slug), drive in wanted.lines.items() if listed == of and line in {slug, OTHERS}
        ]

    told, untold = spoken_of(wanted.markets, brand)
    found = [
        lane
        for code in wanted.codes
        if code in told or alone
        for lane in lanes(
            wanted.markets,
            brand,
            code,
            powertrains=powertrains,
            customer=wanted.customer,
            age=wanted.age,
        )
    ]
    return Story(brand=brand, lanes=found, untold=untold if wanted.every else [])


def _days(drawn: Sequence[Lane], wanted: Wanted) -> tuple[date, date]:
    """The first day to draw, and the one after the last."""
    told = dict.fromkeys((lane.brand, lane.market) for lane in drawn)
    plans = [plan for brand, code in told for plan in plans_open(wanted.markets, brand, code)]
    found = span(drawn, plans, verified(drawn, wanted.markets))
    first, last = found or NOTHING_SURE
    if last.year - first.year < YEARS_MIN:
        first = first.replace(year=first.year - 1)
        last = last.replace(year=max(last.year, first.year + YEARS_MIN))
    first = wanted.since or first
    last = min(wanted.until, date.max - timedelta(days=1)) + timedelta(days=1) if wanted.until else last
    if first >= last:
        raise InputError(f"--until must be {first} or later, for that is the first day to draw.")
    return first, last
