"""What a timeline shows, before anybody draws it: bands of stretches, and what has to be said below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.markets.looks import LOOKS, look_of
from domain.markets.plans import Distribution, Step
from domain.markets.regions import country
from domain.markets.resolver import Markets
from domain.markets.timeline import OTHERS, Lane, plans_open

SEVERAL: Final = 2
CODE: Final = 5  # US-TX
STEPS: Final = {"announced": "announced", "postponed": "put off"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """One look from a day to another, the second excluded."""

    look: str
    begins: date
    ends: date

    @property
    def told(self) -> str:
        return f"{LOOKS[self.look].word}, {self.begins} to {self.ends}"


@dataclass(frozen=True, slots=True)
class Band:
    """One row of the drawing: a market, or all parts of a country that have one story, or a brand (then without
    `codes`). `what` is a name, or which cars and customers of the market it tells of."""

    codes: tuple[str, ...]
    head: str
    what: str
    stretches: tuple[Stretch, ...]

    @property
    def first(self) -> str:
        """What it is sorted by: its first market, or its brand where brands are the rows."""
        return self.codes[0] if self.codes else self.head


@dataclass(frozen=True, slots=True)
class Chart:
    """Bands between two days, the second excluded. `cars` says of which cars and customers they tell."""

    title: str
    cars: str
    first: date
    last: date
    bands: tuple[Band, ...]
    notes: tuple[str, ...]

    @property
    def looks(self) -> list[str]:
        """The looks that occur, in the order of the legend."""
        seen = {one.look for band in self.bands for one in band.stretches}
        return [name for name in LOOKS if name in seen]

    @property
    def heads(self) -> int:
        """How many characters the heads of the bands need, with a space."""
        return max([CODE, *(len(band.head) for band in self.bands)]) + 1

    def along(self, day: date) -> float:
        """How far a day is from the first to the last, from 0 to 1."""
        return (min(max(day, self.first), self.last) - self.first) / (self.last - self.first)


def bands(
    found: Iterable[Lane], first: date, last: date, markets: Markets, *, by_brand: bool = False
) -> tuple[Band, ...]:
    """The lanes as rows of a drawing: those that change first stand first, and a market's stay together. With
    `by_brand` the lanes are those of one market, and a brand's stay together."""
    alike: dict[tuple[object, ...], list[Lane]] = {}
    parts: dict[str, set[str]] = {}
    for lane in found:
        whole = country(lane.market)
        parts.setdefault(whole, set()).add(lane.market)
        seen = _stretches(lane.within(first, last))
        place = lane.market if lane.market == whole else whole
        alike.setdefault((lane.brand, place, lane.lines, lane.customers, lane.powertrains, seen), []).append(
            lane
        )
    rows = [
        _band(
            group,
            _stretches(group[0].within(first, last)),
            parts[country(group[0].market)],
            markets,
            by_brand=by_brand,
        )
        for group in alike.values()
    ]
    earliest: dict[str, date] = {}
    for row in rows:
        earliest[row.first] = min(_changes(row, last), earliest.get(row.first, last))
    return tuple(
        sorted(rows, key=lambda row: ("-" in row.first and not by_brand, earliest[row.first], row.first))
    )


def plans_told(brand: str, codes: Sequence[str], markets: Markets) -> Iterator[str]:
    """What was announced and is not in force, a sentence a plan."""
    for code in codes:
        for plan in plans_open(markets, brand, code):
            yield plan_told(brand, code, plan)


def plan_told(brand: str, code: str, plan: Distribution) -> str:
    """A plan that is not in force, with all its steps, in a sentence."""
    steps = "; ".join(map(_step, plan.steps))
    return f"{brand} in {code}: {LOOKS[plan.model].word} is planned, not in force: {steps}."


def _step(step: Step) -> str:
    if step.effective is None:
        return (
            f"{STEPS[step.step]} on {step.on} without a day"
            if step.step in STEPS
            else f"{step.step} {step.on}"
        )
    until = "to" if step.step == "postponed" else "for"
    effective = str(step.effective)
    return f"{STEPS.get(step.step, step.step)} {step.on} " + (
        effective if step.effective.by else f"{until} {effective}"
    )


def _stretches(lane: Lane) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for one in lane.segments:
        look = look_of(one)
        if found and found[-1].look == look:
            found[-1] = Stretch(look, found[-1].begins, one.ends)
        else:
            found.append(Stretch(look, one.begins, one.ends))
    return tuple(found)


def _changes(band: Band, last: date) -> date:
    """The day of its first change; `last` if it has none."""
    return band.stretches[1].begins if len(band.stretches) > 1 else last


def _band(
    group: Sequence[Lane], seen: tuple[Stretch, ...], parts: set[str], markets: Markets, *, by_brand: bool
) -> Band:
    lane = group[0]
    codes = tuple(sorted(one.market for one in group))
    cars = " · ".join(filter(None, (_lines(lane.lines), " ".join(lane.customers), _drives(lane))))
    if by_brand:
        return Band((), lane.brand, cars, seen)
    if len(codes) == 1:
        place = markets.rows[codes[0]].place
        return Band(codes, codes[0], cars or (place.name if place else ""), seen)
    whole = country(codes[0])
    missing = sorted(code.partition("-")[2] for code in parts - set(codes))
    if len(missing) * SEVERAL < len(codes):
        what = f"all but {' '.join(missing)}" if missing else f"all {len(codes)}"
    else:
        what = " ".join(code.partition("-")[2] for code in codes)
    return Band(codes, whole, " · ".join(filter(None, (what, cars))), seen)


def _lines(lines: tuple[str, ...]) -> str:
    named = " ".join(line for line in lines if line != OTHERS)
    return (
        f"{named} and other lines" if named and OTHERS in lines else named or ("other lines" if lines else "")
    )


def _drives(lane: Lane) -> str:
    return " ".join(drive or "powertrain unknown" for drive in lane.powertrains)
