"""`carnet market timeline`: who sells how, when; in the terminal, as a picture, or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from app.markets import asking
from app.markets.chart import Chart
from app.markets.charting import Wanted, charts, stories
from app.markets.knowing import markets_at
from app.markets.picture import picture
from app.markets.terminal import draw
from app.output import AsJson, out, print_json, width_told
from domain.markets.claims import Age
from domain.markets.regions import country
from domain.markets.resolver import Markets
from domain.markets.timeline import Lane
from domain.words import CustomerType
from infra.errors import InputError

PIPE: Final = 100  # columns, where neither a terminal nor COLUMNS tells the width

Brands = Annotated[str | None, Parameter(name="--brand", help="A maker, such as MINI; left out, all.")]
Where = Annotated[
    str | None, Parameter(name="--market", help="A market, or a country with all its parts; left out, all.")
]
Svg = Annotated[Path | None, Parameter(help="Draw into this file, as SVG.")]
Customer = Annotated[
    CustomerType | None, Parameter(help="Left out, private customers, and fleets where they differ.")
]
Since = Annotated[
    str | None, Parameter(help="First day; left out, the year in which anything is first sure.")
]
Until = Annotated[
    str | None, Parameter(help="Last day; left out, a little after the last change, or after the last look.")
]


def timeline(
    *,
    brand: Brands = None,
    market: Where = None,
    customer: Customer = None,
    age: Age = "new",
    since: Since = None,
    until: Until = None,
    svg: Svg = None,
    published_by: asking.PublishedBy = None,
    known_at: asking.KnownAt = None,
    json: AsJson = False,
) -> None:
    """Draw who sells how, when: a row a market, and a row a line or a customer where these differ.

    It begins with the year in which anything is first sure, and ends with the one half a year after the last change,
    or with that in which somebody last looked at the rows.
    """
    markets = markets_at(known_at)
    if published_by is not None:
        markets = markets.published(asking.day_of("--published-by", published_by))
    wanted = Wanted(
        markets=markets,
        lines=asking.powertrains(),
        brands=[asking.brand_of(brand, markets)] if brand else sorted(markets.brands),
        codes=_codes(market, markets),
        every=market is None,
        customer=customer,
        age=age,
        since=None if since is None else asking.day_of("--since", since),
        until=None if until is None else asking.day_of("--until", until),
    )
    found = stories(wanted)
    if json:
        print_json([_data(lane) for one in found for lane in one.lanes])
    elif svg:
        _write(svg, picture(charts(found, wanted)))
    else:
        _show(charts(found, wanted))


def _show(found: Sequence[Chart]) -> None:
    for number, chart in enumerate(found):
        if number:
            out.print()
        draw(chart, out, out.width if width_told() else PIPE)


def _codes(told: str | None, markets: Markets) -> list[str]:
    """The markets to draw: all, one, or the parts of a country. Raises InputError."""
    codes = sorted(code for code, rows in markets.rows.items() if rows.place)
    if told is None:
        return codes
    whole = told.strip().upper()
    return [code for code in codes if country(code) == whole] or [asking.market_of(told, markets)]


def _data(lane: Lane) -> dict[str, object]:
    """A lane as a program reads it: a day that there never was is null."""
    told = asdict(lane)
    for one in told["segments"]:
        one["begins"] = None if one["begins"] == date.min else one["begins"]
        one["ends"] = None if one["ends"] == date.max else one["ends"]
    return told


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise InputError(f"--svg names a file that cannot be written: {fault.strerror}.") from None
    out.print(f"Drew {path}", markup=False, soft_wrap=True)
