"""A fragment of a market file that holds a switch of distribution model: rows that stand in it come in place of those
with their ids, and the others stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from domain.markets import checking
from domain.markets.faults import Fault
from domain.markets.plans import Distribution
from domain.markets.resolver import Markets
from domain.markets.rows import MarketRows, Row, with_row
from domain.markets.ties import networks_of
from domain.rehearsals.switching import Switch, switch_of
from infra.markets.reading import MarketFaults, MarketFile, read_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """What a fragment switches, all on one day, and the markets as they would be."""

    switches: tuple[Switch, ...]
    markets: Markets


def read_switch(path: Path, markets: Markets) -> Fragment:
    """Read a fragment over these markets.

    Raises:
        MarketFaults: naming every fault, with file and line.
    """
    file = read_file(path)
    told: list[Row] = [*file.rows.claims(), *file.rows.rulings]
    market = _market(told, markets)
    if told and not market:
        file.blame([Fault(told[0], "id", "it begins with the code of no market")])
    rows = markets.rows.get(market, MarketRows(market=market))
    for row in told:
        rows = with_row(rows, row)
    overlaid = markets.overlaid([rows]) if market else markets
    if market:
        networks = networks_of(overlaid.rows.values())
        file.blame(checking.faults(rows, overlaid.regions, overlaid.calendars, networks))
    switches = _switches(file, market)
    if file.faults:
        raise MarketFaults(file.told())
    return Fragment(switches=switches, markets=overlaid)


def _market(told: list[Row], markets: Markets) -> str:
    """The market whose code the ids begin with: the longest, for a part of a country has its own."""
    codes = sorted(markets.rows, key=len, reverse=True)
    return next((code for code in codes if told and told[0].id.startswith(f"{code}-")), "")


def _switches(file: MarketFile, market: str) -> tuple[Switch, ...]:
    found: list[Switch] = []
    for plan in file.rows.distributions:
        switch = switch_of(plan, market)
        if switch is None:
            if plan.steps:
                says = f"being {plan.steps[-1].step} switches nothing: end it with the step that adopts or reverses it"
                file.blame([_at_last(plan, says)])
        elif found and switch.effective_on != found[0].effective_on:
            says = f"it switches on {switch.effective_on}, but {found[0].row} on {found[0].effective_on}"
            file.blame([_at_last(plan, f"{says}: rehearse one day at a time")])
        else:
            found.append(switch)
    if not found and not file.faults:
        file.blame([Fault(None, "", "it switches nothing: it needs a [[distribution]] with steps")])
    return tuple(found)


def _at_last(plan: Distribution, says: str) -> Fault:
    """A fault at the last step of a plan."""
    return Fault(plan, f"steps {len(plan.steps)}", says)
