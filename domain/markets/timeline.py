"""Who sells how, when: the resolver's answers, asked anew on every day on which one of the rows changes.

A lane is one market's story of one brand; a line, a customer or a powertrain has a lane of its own where its story
differs from that of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, TypeAlias, TypeVar, get_args

from domain.markets.claims import Age
from domain.markets.doubts import rows_of, spoken
from domain.markets.plans import Distribution
from domain.markets.questions import Question
from domain.markets.resolver import Markets
from domain.markets.scopes import scope_of, sheets_of
from domain.markets.segments import Segment, Teller
from domain.markets.verdicts import AnyReady
from domain.words import CustomerType, Powertrain

OTHERS: Final = ""  # the lines that no row names
CUSTOMERS: Final[tuple[CustomerType, ...]] = get_args(CustomerType)
A_LITTLE: Final = timedelta(days=183)
# The powertrains of a line, or of all lines of a brand (OTHERS); none while nobody told.
Powertrains: TypeAlias = Callable[[str, str], Sequence[Powertrain]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The story of a brand in a market. `lines`, `customers` and `powertrains` are empty where they make no
    difference; OTHERS among the lines are all that no row names, None is a powertrain that nobody told."""

    brand: str
    market: str
    lines: tuple[str, ...] = ()
    customers: tuple[CustomerType, ...] = ()
    powertrains: tuple[Powertrain | None, ...] = ()
    segments: tuple[Segment, ...]

    def within(self, first: date, last: date) -> Lane:
        """The part of it between two days, the second excluded."""
        cut = (
            replace(one, begins=max(one.begins, first), ends=min(one.ends, last))
            for one in self.segments
            if one.begins < last and first < one.ends
        )
        return replace(self, segments=tuple(cut))


# The answers over time, by line, customer and powertrain.
Stories: TypeAlias = Mapping[tuple[str, CustomerType, Powertrain | None], tuple[Segment, ...]]


def lanes(
    markets: Markets,
    brand: str,
    market: str,
    *,
    powertrains: Powertrains,
    customer: CustomerType | None = None,
    age: Age = "new",
) -> list[Lane]:
    """The lanes of a brand in a market: one, or as many as there are different stories."""
    rows = list(rows_of(scope_of(brand, sheets_of(market, markets.rows, markets.regions))))
    lines = (OTHERS, *dict.fromkeys(line for row in rows for line in row.lines))
    customers = (
        (customer,) if customer else CUSTOMERS if any(row.customers for row in rows) else CUSTOMERS[:1]
    )
    drives = {line: _drives(rows, powertrains(brand, line)) for line in lines}
    asked = Question(brand=brand, market=market, on=date.min, age=age)
    teller = Teller(markets, rows, spoken(markets, asked))
    stories = {
        (line, who, drive): teller.segments(asked._replace(line=line, customer_type=who, powertrain=drive))
        for line in lines
        for who in customers
        for drive in drives[line]
    }
    return list(_lanes(brand, market, stories, lines, customers, drives))


def _lanes(
    brand: str,
    market: str,
    stories: Stories,
    lines: Sequence[str],
    customers: Sequence[CustomerType],
    drives: Mapping[str, Sequence[Powertrain | None]],
) -> Iterator[Lane]:
    """One lane for all lines, customers and powertrains that tell the same."""
    for same in _alike(lines, [_told(stories, line, customers, drives[line]) for line in lines]):
        line = same[0]
        by_customer = [_told(stories, line, (who,), drives[line]) for who in customers]
        for people in _alike(customers, by_customer):
            by_drive = [_told(stories, line, people[:1], (drive,)) for drive in drives[line]]
            for driven in _alike(drives[line], by_drive):
                yield Lane(
                    brand=brand,
                    market=market,
                    lines=same if len(same) < len(lines) else (),
                    customers=people if len(people) < len(customers) else (),
                    powertrains=driven if len(driven) < len(drives[line]) else (),
                    segments=stories[line, people[0], driven[0]],
                )


def spoken_of(markets: Markets, brand: str) -> tuple[list[str], list[str]]:
    """The markets in which a row, be it a plan, says how a brand is sold; and the markets in which none does."""
    told: list[str] = []
    untold: list[str] = []
    for code, rows in sorted(markets.rows.items()):
        if rows.place:
            (told if any(True for _ in ways(markets, brand, code)) else untold).append(code)
    return told, untold


def plans_open(markets: Markets, brand: str, market: str) -> list[Distribution]:
    """The plans of a brand that were told, and that no step adopted or gave up."""
    return [
        one
        for one in ways(markets, brand, market)
        if one.steps and one.steps[-1].step in {"announced", "postponed"}
    ]


def verified(found: Iterable[Lane], markets: Markets) -> list[date]:
    """The days on which somebody last looked at the rows that decide in these lanes."""
    deciding = {row for lane in found for one in lane.segments for row in one.decided_by}
    claims = (claim for rows in markets.rows.values() for claim in rows.claims())
    return [claim.verified_on for claim in claims if claim.id in deciding]


def span(
    found: Iterable[Lane], plans: Iterable[Distribution] = (), looked: Iterable[date] = ()
) -> tuple[date, date] | None:
    """From the year of the first day on which anything is sure to the end of the year a little after the last
    change, or the last step of one of these plans, and no earlier than that of the last day on which anybody
    `looked`; that rows grow overdue is no change. None where nothing is sure."""
    segments = [one for lane in found for one in lane.segments if not one.overdue and one.begins > date.min]
    sure = [one.begins for one in segments if one.doubt is None]
    if not sure:
        return None
    told = [step.on.first for plan in plans for step in plan.steps]
    last = max([*looked, max([*told, *(one.begins for one in segments)]) + A_LITTLE])
    return date(min(sure).year, 1, 1), date(last.year + 1, 1, 1)


def ways(markets: Markets, brand: str, market: str) -> Iterator[Distribution]:
    """Every row, be it a plan, that names the brand and says how it is sold in a market."""
    for sheet in sheets_of(market, markets.rows, markets.regions):
        yield from (one for one in sheet.rows.distributions if brand in one.speaks_of.brands)


def _drives(rows: Iterable[AnyReady], told: Sequence[Powertrain]) -> tuple[Powertrain | None, ...]:
    """The powertrains to ask about: one is enough where no row minds; without a catalogue, all that rows name."""
    named = dict.fromkeys(one for row in rows for one in get_args(Powertrain) if one in row.powertrains)
    if not named:
        return (None,)
    return tuple(dict.fromkeys(told)) or (None, *named)


def _told(
    stories: Stories,
    line: str,
    customers: Iterable[CustomerType],
    drives: Sequence[Powertrain | None],
) -> Hashable:
    """What is told of a line to these customers, whatever the rows that say it."""
    return tuple(
        tuple((one.begins, one.story) for one in stories[line, who, drive])
        for who in customers
        for drive in drives
    )


def _alike(values: Sequence[T], stories: Sequence[Hashable]) -> list[tuple[T, ...]]:
    """The values in groups of one story each, in their order."""
    groups: dict[Hashable, list[T]] = {}
    for value, story in zip(values, stories, strict=True):
        groups.setdefault(story, []).append(value)
    return [tuple(group) for group in groups.values()]
