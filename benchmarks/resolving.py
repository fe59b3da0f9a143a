"""One answer, warm, and all rows from their files: on a book of 100 markets with 200 rows each.

The answer is that of `Markets.resolve`, which remembers none: only `governs`, which stands on it, does.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path
from typing import Final

from domain.markets.questions import Question
from domain.markets.regions import COUNTRIES, PARTS
from domain.markets.resolver import Markets
from infra.markets import DATA, load_markets

RUNS = 5
BRANDS: Final = tuple(f"BRAND-{number:02}" for number in range(20))
STATES: Final = [f"US-{state}" for state in sorted(PARTS["US"])[:50]]  # which need a row that permits
PLACES: Final = [*sorted(COUNTRIES - {"US"})[:50], *STATES]
DAYS: Final = (date(2019, 6, 1), date(2022, 6, 1), date(2026, 6, 1))

HEAD: Final = """
[place]
market = "{market}"
name = "{market}"
zone = "UTC"
currency = "EUR"
calendar = "DE"
sales_rule = "{sales_rule}"

[provenance]
author = "benchmark"
reason = "synthetic"
published_on = 2009-01-01
verified_on = 2026-01-01
review_by = 2030-01-01
"""
ROWS: Final = (  # ten for each brand: what the table is called, its selectors, and the rest
    ("network", "", 'network = "franchised"\nvalid_from = "by 2012"'),
    ("distribution", "", 'model = "franchise"\nvalid_from = "2010-01-01"\nvalid_to = "2021"'),
    ("distribution", "", 'model = "agency_non_genuine"\nvalid_from = "2021"\nvalid_to = "2025-07"'),
    ("distribution", "", 'model = "franchise"\nvalid_from = "2025-07"'),
    ("distribution", 'ages = ["used"]', 'model = "franchise"\nvalid_from = "2010-01-01"'),
    ("distribution", 'lines = ["i3"]\nages = ["new"]', 'model = "direct"\nvalid_from = "2013"'),
    ("law", "", 'effect = "permits"\nvalid_from = "2000-01-01"'),
    ("law", 'network = "franchised"', 'effect = "forbids"\nsellers = ["maker"]\nvalid_from = "2020"'),
    ("law", 'channels = ["online"]', 'effect = "forbids"\nsellers = ["agent"]\nvalid_from = "2020"'),
    (
        "law",
        'channels = ["online"]\ncustomers = ["fleet"]',
        'effect = "permits"\nsellers = ["agent"]\nvalid_from = "2020"',
    ),
)
OF_LAW: Final = 'tests = "contract"\nrule = { id = "US-01", version = 1 }'


def measure() -> dict[str, dict[str, float | list[float]]]:
    """`resolve_us`: microseconds of one answer; `load_all_markets_ms`: milliseconds to read, check and index all
    files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_book(folder)
        loads = [_seconds_to_load(folder) for _ in range(RUNS)]
        markets = load_markets(folder)
    questions = list(_questions())
    _seconds_to_answer(markets, questions)  # warms up
    answers = [_seconds_to_answer(markets, questions) / len(questions) for _ in range(RUNS)]
    return {
        "resolve_us": _result([seconds * 1e6 for seconds in answers]),
        "load_all_markets_ms": _result([seconds * 1e3 for seconds in loads]),
    }


def write_book(folder: Path) -> None:
    """A folder as `load_markets` reads it."""
    (folder / "markets").mkdir()
    for name in ("regions.toml", "calendars.toml"):
        shutil.copy(DATA / name, folder / name)
    for market in PLACES:
        (folder / "markets" / f"{market}.toml").write_text(_file(market), encoding="utf-8")


def _file(market: str) -> str:
    head = HEAD.format(market=market, sales_rule="US-01" if market in STATES else "EU-01")
    tables = [
        f'[[{table}]]\nid = "{market}-{brand}-{number}"\nbrands = ["{brand}"]\n{selectors}\n{rest}\n'
        f'{OF_LAW if table == "law" else ""}\nconfidence = "M"\nsource = "none of this is true"\nsays = "A row."\n'
        for brand in BRANDS
        for number, (table, selectors, rest) in enumerate(ROWS)
    ]
    return "\n".join([head, *tables])


def _questions() -> Iterator[Question]:
    for market, brand, on, line in product(PLACES, BRANDS, DAYS, ("", "i3")):
        yield Question(brand=brand, market=market, on=on, line=line)


def _seconds_to_load(folder: Path) -> float:
    started = time.perf_counter()
    load_markets(folder)
    return time.perf_counter() - started


def _seconds_to_answer(markets: Markets, questions: list[Question]) -> float:
    started = time.perf_counter()
    for question in questions:
        markets.resolve(question)
    return time.perf_counter() - started


def _result(runs: list[float]) -> dict[str, float | list[float]]:
    return {"median": round(statistics.median(runs), 2), "runs": [round(run, 2) for run in runs]}
