"""The catalogue: what can be ordered where and since when, how it can be built, and what it lists for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from domain.catalogue.checking import brand_faults, line_faults, listed_twice, year_faults
from domain.catalogue.faults import Fault
from domain.catalogue.judging import configured, year_on
from domain.catalogue.rows import Line, ModelYear, PriceList
from domain.kernel import Refused
from domain.markets.claims import Confidence
from domain.money import Money
from domain.words import Powertrain


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPrice:
    """A list price, and how sure the price list is that it comes from."""

    amount: Money
    includes_tax: bool
    confidence: Confidence
    source: str


class Catalogue:
    """All lines, indexed. It judges what it lists; a line that it does not list may be ordered as ever.

    Raises:
        ValueError: rows do not fit together; the text tells everything that is wrong, a line each.
    """

    def __init__(self, lines: Iterable[Line] = ()) -> None:
        self.lines = tuple(lines)
        if wrong := list(faults(self.lines)):
            raise ValueError("\n".join(map(str, wrong)))
        self._lines = {(line.brand, line.slug): line for line in self.lines}

    def line(self, brand: str, line: str) -> Line | None:
        """A line by its slug, None if it is not listed."""
        return self._lines.get((brand, line))

    def powertrain(self, brand: str, line: str) -> Powertrain | None:
        """The default powertrain of a line; for one that is not listed, that of the brand if it builds no other.
        None if that tells nothing."""
        listed = self.line(brand, line)
        if listed:
            return listed.powertrain
        built = {
            variant.powertrain
            for found in self.lines
            if found.brand == brand
            for year in found.model_years
            for variant in year.variants
        }
        return built.pop() if len(built) == 1 else None

    def check(
        self,
        brand: str,
        line: str,
        options: Collection[str],
        on: date,
        market: str,
        *,
        powertrain: Powertrain | None = None,
    ) -> None:
        """Check that this car can be ordered in a market on a local day, and built. With `powertrain`, that one
        of its variants has it. What is not listed is not judged.

        Raises:
            Refused: `not_yet_orderable`, `no_longer_orderable` or `not_offered_here`; `unknown_option`, or
                `unbuildable`, which says which options exclude each other and what is missing.
        """
        listed = self.line(brand, line)
        if listed is not None:
            configured(listed, year_on(listed, on, market), options, powertrain)

    def list_price(
        self,
        brand: str,
        line: str,
        options: Collection[str],
        on: date,
        market: str,
        *,
        variant: str = "",
    ) -> ListPrice | None:
        """What this car lists for in a market on a local day: the variant (without one, the first of the line's
        own powertrain) and its options. None where no price list of that day has all of them.

        Raises:
            Refused: what `check` raises, and `unknown_variant`.
        """
        listed = self.line(brand, line)
        if listed is None:
            return None
        year = year_on(listed, on, market)
        configured(listed, year, options, None)
        chosen = variant or next(v.code for v in year.variants if v.powertrain == listed.powertrain)
        if chosen not in {known.code for known in year.variants}:
            raise Refused(
                "unknown_variant",
                "{brand} {line} of model year {year} has no variant {variant}: it has {known}",
                brand=brand,
                line=line,
                year=year.year,
                variant=chosen,
                known=", ".join(known.code for known in year.variants),
            )
        prices = _prices(year, on, market)
        if prices is None or chosen not in prices.variants or not prices.options.keys() >= set(options):
            return None
        minor = prices.variants[chosen] + sum(prices.options[option] for option in set(options))
        return ListPrice(
            amount=Money(minor, prices.currency),
            includes_tax=prices.includes_tax,
            confidence=prices.confidence,
            source=prices.source,
        )


def faults(lines: Collection[Line]) -> Iterator[Fault]:
    """Everything that is wrong with rows that are well formed each, in order."""
    twice: dict[int, Fault] = dict(listed_twice(lines))
    for number, line in enumerate(lines):
        found = [*brand_faults(line.brand), *line_faults(line), *([twice[number]] if number in twice else [])]
        for place, year in enumerate(line.model_years):
            found += [fault.under("model_year", place) for fault in year_faults(year)]
        for fault in found:
            yield fault.under("line", number)


def _prices(year: ModelYear, on: date, market: str) -> PriceList | None:
    """The price list of a market on a day, else that of its country."""
    held = {prices.market: prices for prices in year.prices if prices.holds(on)}
    return held.get(market) or held.get(market[:2])
