"""The rows about agreements, of all places: those of a region stand for each of its members, while it is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from domain.markets.regions import Regions
from domain.markets.rows import MarketRows
from domain.markets.rulings import contested, passed_over
from domain.markets.validity import Window
from domain.partners.rules import Appointing, Held, Incompatible, PartnerRules

R = TypeVar("R", Incompatible, Appointing)


def partner_rules(all_rows: Iterable[MarketRows], regions: Regions) -> PartnerRules:
    """What the rows of all places ask of agreements."""
    incompatible: list[Held[Incompatible]] = []
    appointing: list[Held[Appointing]] = []
    for rows in all_rows:
        incompatible += _held(rows, rows.incompatible, regions)
        appointing += _held(rows, rows.appointing, regions)
    return PartnerRules(incompatible=tuple(incompatible), appointing=tuple(appointing))


def _held(rows: MarketRows, found: Iterable[R], regions: Regions) -> Iterator[Held[R]]:
    out, in_court = passed_over(rows.rulings), contested(rows.rulings)
    for row in found:
        if row.id not in out:
            window = row.validity.window(row.published_on)
            for place, within in _places(rows.market, window, regions):
                yield Held(row, place, within, contested=row.id in in_court)


def _places(code: str, window: Window, regions: Regions) -> Iterator[tuple[str, Window]]:
    if code not in regions.names:
        yield code, window
    for market in sorted(regions.members(code)):
        for one in regions.of(market):
            if one.region == code:
                yield market, window.within(one.joined_on, one.left_on)
