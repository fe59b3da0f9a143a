"""Everything that is claimed of one place: what its file holds, and what its stream in the log adds up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from domain.markets.claims import Assignment, Law, Network, Place, Policy, Terms
from domain.markets.plans import Distribution
from domain.markets.rulings import Ruling
from domain.partners.rules import Appointing, Incompatible

AnyClaim: TypeAlias = Law | Network | Distribution | Terms | Assignment | Policy | Incompatible | Appointing
Row: TypeAlias = AnyClaim | Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRows:
    """`market` is the code of a country, a part of one, or a region. `place` is None of a region, and of a
    country whose parts are the markets."""

    market: str = ""
    place: Place | None = None
    laws: tuple[Law, ...] = ()
    networks: tuple[Network, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    terms: tuple[Terms, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    policies: tuple[Policy, ...] = ()
    incompatible: tuple[Incompatible, ...] = ()
    appointing: tuple[Appointing, ...] = ()
    rulings: tuple[Ruling, ...] = ()

    def claims(self) -> Iterator[AnyClaim]:
        """Every claim, layer after layer."""
        yield from self.laws
        yield from self.networks
        yield from self.distributions
        yield from self.terms
        yield from self.assignments
        yield from self.policies
        yield from self.incompatible
        yield from self.appointing


FIELDS: Final[dict[type[Row], str]] = {
    Law: "laws",
    Network: "networks",
    Distribution: "distributions",
    Terms: "terms",
    Assignment: "assignments",
    Policy: "policies",
    Incompatible: "incompatible",
    Appointing: "appointing",
    Ruling: "rulings",
}


def with_row(rows: MarketRows, row: Row) -> MarketRows:
    """The rows with this one, in place of any that has its id."""
    name = FIELDS[type(row)]
    mine: tuple[Row, ...] = getattr(rows, name)
    if any(one.id == row.id for one in mine):
        return _with(rows, name, tuple(row if one.id == row.id else one for one in mine))
    rest = without(rows, row.id)
    return _with(rest, name, (*mine, row))


def without(rows: MarketRows, row_id: str) -> MarketRows:
    """The rows without the one that has this id."""
    for name in FIELDS.values():
        mine: tuple[Row, ...] = getattr(rows, name)
        if any(one.id == row_id for one in mine):
            return _with(rows, name, tuple(one for one in mine if one.id != row_id))
    return rows


def _with(rows: MarketRows, name: str, found: tuple[Row, ...]) -> MarketRows:
    changes: dict[str, Any] = {name: found}
    return replace(rows, **changes)
