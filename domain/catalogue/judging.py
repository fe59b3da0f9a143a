"""Whether a line of the catalogue can be ordered on a day, and whether a configuration of it can be built."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from domain.catalogue.relations import clashes, gaps
from domain.catalogue.rows import Line, ModelYear, Option
from domain.kernel import Refused
from domain.words import Powertrain


def year_on(line: Line, on: date, market: str) -> ModelYear:
    """The model year that can be ordered.

    Raises:
        Refused: `not_offered_here`, `not_yet_orderable` or `no_longer_orderable`.
    """
    years = line.offered_in(market)
    if not years:
        raise Refused(
            "not_offered_here",
            "{brand} {line} is not offered in {market}",
            brand=line.brand,
            line=line.slug,
            market=market,
        )
    if year := next((year for year in years if year.takes_orders(on)), None):
        return year
    coming = [year for year in years if year.begins is None or on < year.begins]
    gone = [year for year in years if year not in coming]
    if gone and not any(year.announced.sure <= on for year in coming):
        raise _no_longer(line, gone[-1], on, market)
    raise _not_yet(line, coming[0], on, market)


def configured(line: Line, year: ModelYear, options: Collection[str], powertrain: Powertrain | None) -> None:
    """Check a configuration against what a model year offers.

    Raises:
        Refused: `unknown_option` or `unbuildable`.
    """
    listed = {option.code: option for option in year.options}
    if unknown := sorted(set(options) - listed.keys()):
        raise Refused(
            "unknown_option",
            "{brand} {line} of model year {year} has no option {unknown}: it has {known}",
            brand=line.brand,
            line=line.slug,
            year=year.year,
            unknown=", ".join(unknown),
            known=", ".join(sorted(listed)) or "none",
        )
    reasons = _reasons(year, [listed[code] for code in set(options)], powertrain)
    if reasons:
        raise Refused(
            "unbuildable",
            "{brand} {line} of model year {year} cannot be built so: {why}",
            brand=line.brand,
            line=line.slug,
            year=year.year,
            why="; ".join(reasons),
        )


def _reasons(year: ModelYear, chosen: Collection[Option], powertrain: Powertrain | None) -> list[str]:
    built = {variant.powertrain for variant in year.variants}
    return [
        *(f"{one} and {other} exclude each other" for one, other in clashes(chosen)),
        *(f"{one} requires {missing}, which is missing" for one, missing in gaps(chosen)),
        *([f"no variant is {powertrain}"] if powertrain and powertrain not in built else []),
    ]


def _not_yet(line: Line, year: ModelYear, on: date, market: str) -> Refused:
    return Refused(
        "not_yet_orderable",
        "{brand} {line} cannot be ordered in {market} on {on} yet: announced {announced}, orderable from {from_day}",
        brand=line.brand,
        line=line.slug,
        market=market,
        on=on,
        announced=year.announced,
        from_day=year.begins or "a day that nobody has told",
    )


def _no_longer(line: Line, year: ModelYear, on: date, market: str) -> Refused:
    return Refused(
        "no_longer_orderable",
        "{brand} {line} cannot be ordered in {market} on {on}: its last day was {until}",
        brand=line.brand,
        line=line.slug,
        market=market,
        on=on,
        until=year.ends,
    )
