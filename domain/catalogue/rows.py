"""The rows of the catalogue: a brand's lines, their model years, and what each of these offers.

A model year is a claim like any other row: it says where it comes from and how sure it is. It never permits
more than no row would, for a line that is not listed is not judged; so a weak row may still refuse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from domain.markets.claims import Confidence
from domain.markets.validity import Moment
from domain.words import Powertrain


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something to choose. It needs all that it `requires`; what it `excludes` excludes it too."""

    code: str
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One of the cars that a model year is built as."""

    code: str
    powertrain: Powertrain


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """List prices in a market (with its parts) from `valid_from` (included) to `valid_to` (excluded), in minor
    units of `currency`: of each variant, and of each option on top. Prices without a source are examples."""

    market: str
    currency: str
    valid_from: date
    valid_to: date | None = None
    includes_tax: bool
    variants: Mapping[str, int]
    options: Mapping[str, int]
    source: str = "none"
    confidence: Confidence = "GK"

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Why we believe a row. `source` is "none" where nobody can be named."""

    source: str
    confidence: Confidence
    published_on: date
    verified_on: date
    review_by: date
    author: str
    reason: str
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelYear(Claimed):
    """What is built in a model year. It is shown when it is announced, and can be ordered from `orderable` to
    `last_order`, both included; without `orderable` nobody has said from when on. `markets` are the places
    where it is offered, none for everywhere.

    A day that is not known precisely counts only where every reading of it agrees.
    """

    year: int
    announced: Moment
    orderable: Moment | None = None
    last_order: Moment | None = None
    markets: tuple[str, ...] = ()
    variants: tuple[Variant, ...]
    options: tuple[Option, ...] = ()
    prices: tuple[PriceList, ...] = ()

    @property
    def begins(self) -> date | None:
        """The first day on which it can surely be ordered."""
        return self.orderable.sure if self.orderable else None

    @property
    def ends(self) -> date | None:
        """The last day on which it can surely be ordered; None while nobody has said."""
        return self.last_order.first if self.last_order else None

    def takes_orders(self, on: date) -> bool:
        return self.begins is not None and self.begins <= on and (self.ends is None or on <= self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A model line of a brand. `powertrain` is what is meant where nobody says another."""

    brand: str
    slug: str
    powertrain: Powertrain
    model_years: tuple[ModelYear, ...]

    def offered_in(self, market: str) -> Sequence[ModelYear]:
        """The model years of a market, the earliest to be ordered first: those that name it, else those that
        name its country, else those for everywhere."""
        for place in (market, market[:2]):
            if named := [year for year in self.model_years if place in year.markets]:
                return _in_order(named)
        return _in_order([year for year in self.model_years if not year.markets])


def _in_order(years: list[ModelYear]) -> Sequence[ModelYear]:
    return sorted(years, key=lambda year: year.begins or date.max)
