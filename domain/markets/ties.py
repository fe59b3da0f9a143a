"""Ties: rows with different selectors, equally specific, that match one question, disagree and may hold on one day.
Nobody could say which decides, so they are found when rows are loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations, product
from typing import Final, TypeAlias

from domain.markets import plans
from domain.markets.claims import UNCONDITIONAL, Law, Network, Selectors
from domain.markets.faults import Fault
from domain.markets.plans import Distribution
from domain.markets.regions import Regions
from domain.markets.rows import MarketRows
from domain.markets.rulings import passed_over
from domain.markets.validity import Window

Networks: TypeAlias = Mapping[str, frozenset[str]]
Tying: TypeAlias = Law | Distribution | Network
SETS: Final = ("brands", "lines", "powertrains", "customers", "ages", "channels")


def ties(rows: MarketRows, networks: Networks) -> Iterator[Fault]:
    """The ties among the rows of one place. `networks` says of each brand which kinds of network any row of the
    book gives it."""
    out = passed_over(rows.rulings)
    layers: Iterable[Sequence[Tying]] = (rows.laws, rows.networks, rows.distributions)
    for layer in layers:
        ranks: defaultdict[tuple[object, ...], list[Tying]] = defaultdict(list)
        for row in layer:
            if row.id not in out:
                ranks[_contest(row)].append(row)
        for level in ranks.values():
            for row, other in _meetings(level):
                if _tied(row, other, networks) and _overlap(row, other):
                    yield _tie(other, row)


def ties_between(
    rows: MarketRows, others: Iterable[MarketRows], regions: Regions, networks: Networks
) -> Iterator[Fault]:
    """The ties of the laws of a region with those of others, in countries that belong to both at one time."""
    for other in others:
        shared = _shared(rows.market, other.market, regions)
        out = passed_over(rows.rulings) | passed_over(other.rulings)
        for mine, theirs in product(rows.laws, other.laws):
            if (
                not out & {mine.id, theirs.id}
                and _contest(mine) == _contest(theirs)
                and _tied(mine, theirs, networks)
                and any(_overlap(mine, theirs, within=days) for days in shared)
            ):
                yield _tie(mine, theirs)


def same_selectors(one: Selectors, other: Selectors) -> bool:
    """Whether they select the same, in whatever order it is written."""
    return one.network == other.network and all(
        frozenset(getattr(one, name)) == frozenset(getattr(other, name)) for name in SETS
    )


def networks_of(all_rows: Iterable[MarketRows]) -> Networks:
    """Which kinds of network any row gives a brand."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for rows in all_rows:
        for row in rows.networks:
            for brand in row.brands:
                found[brand].add(row.network)
    return {brand: frozenset(kinds) for brand, kinds in found.items()}


def _tie(row: Tying, other: Tying) -> Fault:
    return Fault(
        row,
        "",
        f"it ties with {other.id}: both match one question, are equally specific and disagree; "
        "set one more selector, or the same ones in both",
    )


def _shared(one: str, other: str, regions: Regions) -> list[tuple[date, date]]:
    """From when to when (excluded) a country belongs to both regions."""
    found = set()
    for market in regions.members(one) & regions.members(other):
        mine, theirs = ([each for each in regions.of(market) if each.region == name] for name in (one, other))
        for first, second in product(mine, theirs):
            begins = max(first.joined_on, second.joined_on)
            ends = min(first.left_on or date.max, second.left_on or date.max)
            if begins < ends:
                found.add((begins, ends))
    return sorted(found)


def _contest(row: Tying) -> tuple[object, ...]:
    """Only rows of which this is equal can tie."""
    if isinstance(row, Law):
        return row.tests, row.speaks_of.count, row.effect == "forbids" and row.conditions != UNCONDITIONAL
    return (row.speaks_of.count,)


def _meetings(level: list[Tying]) -> Iterator[tuple[Tying, Tying]]:
    """The pairs that speak of one brand, each once, in their order."""
    brands: defaultdict[str, list[int]] = defaultdict(list)
    open_to_all = [number for number, row in enumerate(level) if not row.speaks_of.brands]
    for number, row in enumerate(level):
        for brand in row.speaks_of.brands:
            brands[brand].append(number)
    pairs = {pair for numbers in brands.values() for pair in combinations(sorted(numbers + open_to_all), 2)}
    pairs |= set(combinations(open_to_all, 2))
    for first, second in sorted(pairs):
        yield level[first], level[second]


def _tied(one: Tying, other: Tying, networks: Networks) -> bool:
    """Whether they disagree on one question; of their days nothing is asked."""
    if one.value == other.value or same_selectors(one.speaks_of, other.speaks_of):
        return False
    if isinstance(one, Law) and isinstance(other, Law):
        if one.sellers and other.sellers and not set(one.sellers) & set(other.sellers):
            return False
        if one.disputes == other.id or other.disputes == one.id:
            return False
    return _meet(one.speaks_of, other.speaks_of, networks)


def _meet(one: Selectors, other: Selectors, networks: Networks) -> bool:
    """Whether one question can match both."""
    kinds = {kind for kind in (one.network, other.network) if kind}
    if len(kinds) > 1:
        return False
    for name in ("lines", "powertrains", "customers", "ages", "channels"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine and theirs and not set(mine) & set(theirs):
            return False
    named = [set(brands) for brands in (one.brands, other.brands) if brands]
    if not named:
        return True
    both = set.intersection(*named)
    return any(kinds <= networks.get(brand, frozenset()) for brand in both)


def _overlap(one: Tying, other: Tying, *, within: tuple[date, date] = (date.min, date.max)) -> bool:
    first, second = _window(one), _window(other)
    return first is not None and second is not None and first.within(*within).overlaps(second.within(*within))


def _window(row: Tying) -> Window | None:
    in_force = plans.adopted(row) if isinstance(row, Distribution) and row.steps else row
    if in_force is None or in_force.validity is None:
        return None
    return in_force.validity.window(in_force.published_on)
