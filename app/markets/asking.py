"""What a person asks of the markets, as the options of a command line; what cannot be meant is told by its option."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Final, TypeAlias

from cyclopts import Parameter

from domain.markets.questions import line_of
from domain.markets.regions import known_place
from domain.markets.resolver import Markets
from domain.words import BRAND, Party, Powertrain
from infra.catalogue import load_catalogue
from infra.errors import InputError

DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
NEAR: Final = 3
ALIKE: Final = 0.75  # of 1; the digits of a line tell it from others
Lines: TypeAlias = Mapping[tuple[str, str], Powertrain]

Brand = Annotated[str, Parameter(help="A maker, such as MINI.")]
Market = Annotated[
    str, Parameter(help="A country, or a part of one where parts have laws of their own: DE, US-TX.")
]
Day = Annotated[str, Parameter(help="The day of the contract, such as 2024-10-01.")]
Line = Annotated[str, Parameter(help="A model line, such as 3-series; left out, the brand as a whole.")]
Drive = Annotated[Powertrain | None, Parameter(help="Left out, that of the line in the catalogue.")]
Seller = Annotated[Party | None, Parameter(help="May this one sell? Left out: may anybody?")]
Elsewhere = Annotated[str, Parameter(help="Left out, the market.", group="Places that law tells apart")]
PublishedBy = Annotated[str | None, Parameter(help="Count only what was public on this day.")]
KnownAt = Annotated[
    str | None, Parameter(help="Answer by the rows that the log held at this position; it must run.")
]


def powertrains() -> Lines:
    """The powertrain that each listed line has by default, by brand and line."""
    return {(line.brand, line.slug): line.powertrain for line in load_catalogue().lines}


def brand_of(told: str, markets: Markets, *, listed: bool = True) -> str:
    """The brand that is meant; unless `listed`, also one that no row names and none is written like. Raises
    InputError."""
    brand = told.strip().upper()
    if brand in markets.brands:
        return brand
    near = get_close_matches(brand, markets.brands, n=NEAR)
    if not listed and not near and BRAND.fullmatch(brand):
        return brand
    known = (
        f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(sorted(markets.brands))}."
    )
    raise InputError("--brand is none that a row names.", hint=known)


def market_of(told: str, markets: Markets) -> str:
    """The market that is meant, by its code. Raises InputError."""
    market = told.strip().upper()
    names = {rows.place.name.upper(): code for code, rows in markets.rows.items() if rows.place}
    codes = sorted(names.values())
    if market in codes:
        return market
    if parts := [code for code in codes if code.startswith(f"{market}-")]:
        raise InputError(
            "--market is no market as a whole: its parts are.", hint=f"Name one, such as {parts[0]}."
        )
    near = [names[name] for name in get_close_matches(market, names, n=NEAR)]
    near = near or get_close_matches(market, codes, n=NEAR)
    known = f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(codes)}."
    raise InputError("--market is none that has a file.", hint=known)


def place_of(option: str, told: str) -> str:
    """A place, "" if none was told. Raises InputError."""
    place = told.strip().upper()
    if place and not known_place(place):
        raise InputError(
            f"{option} is no place.", hint="Write a country of ISO 3166, or a part of one: DE, US-TX."
        )
    return place


def day_of(option: str, told: str) -> date:
    """A day. Raises InputError."""
    try:
        if DAY.fullmatch(told):
            return date.fromisoformat(told)
    except ValueError as fault:
        raise InputError(f"{option} is no day: {fault}.", hint="Write it as 2024-10-01.") from None
    raise InputError(f"{option} is no day.", hint="Write it as 2024-10-01.")


def near_line(line: str, brand: str, markets: Markets) -> str | None:
    """A line of the brand that is written nearly so, if this is none that a row or the catalogue names."""
    listed = {slug for of, slug in powertrains() if of == brand}
    claims = (claim.speaks_of for rows in markets.rows.values() for claim in rows.claims())
    known = listed.union(*(of.lines for of in claims if brand in of.brands))
    if not line or line in known:
        return None
    bare = {one.replace("-", ""): one for one in sorted(known)}
    near = get_close_matches(line.replace("-", ""), bare, n=1, cutoff=ALIKE)
    return next((bare[one] for one in near if _digits(one) == _digits(line)), None)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def slug_of(told: str) -> str:
    """A line's slug, "" if none was told. Raises InputError."""
    line = line_of(told)
    if told and not line:
        raise InputError("--line is no model line.", hint="Write it as 3-series.")
    return line
