"""The shipped rows of the markets: one readable file a market, with the regions and calendars beside them.

Nothing runs on half a table: unknown keys, wrong values, rows that contradict what a row may be, ties: all of
it is told, with file and line, and nothing is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from domain.deadlines import Calendar
from domain.markets.regions import Regions
from domain.markets.resolver import Markets
from domain.markets.rows import MarketRows
from infra.markets.reading import MarketFaults, check, read_calendars, read_file, read_regions

__all__ = ["DATA", "MarketFaults", "Shipped", "edition", "load_markets", "read_folder"]

DATA: Final = Path(__file__).parent.parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """What a folder holds: `markets/<CODE>.toml`, `regions.toml`, `calendars.toml`."""

    rows: tuple[MarketRows, ...]
    regions: Regions
    calendars: tuple[Calendar, ...]


def read_folder(folder: Path = DATA) -> Shipped:
    """All rows of all files of a folder.

    Raises:
        MarketFaults: naming every fault, with file and line.
    """
    regions, wrong = read_regions(folder / "regions.toml")
    calendars, wrong_calendars = read_calendars(folder / "calendars.toml")
    files = [read_file(path) for path in sorted((folder / "markets").glob("*.toml"))]
    if not files:
        wrong.append(f"{folder / 'markets'}:1: there is no market file")
    wrong += wrong_calendars + check(files, regions, (one.name for one in calendars))
    if wrong:
        raise MarketFaults(wrong)
    return Shipped(rows=tuple(file.rows for file in files), regions=regions, calendars=calendars)


def load_markets(folder: Path = DATA) -> Markets:
    """The markets as they are shipped.

    Raises:
        MarketFaults: naming every fault, with file and line.
    """
    shipped = read_folder(folder)
    return Markets(shipped.rows, regions=shipped.regions, calendars=shipped.calendars)


def edition(folder: Path = DATA) -> str:
    """SHA-256 (hex) of the files that `load_markets` reads: it changes with every row."""
    paths = [*sorted((folder / "markets").glob("*.toml")), folder / "regions.toml", folder / "calendars.toml"]
    return sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in paths)).hexdigest()
