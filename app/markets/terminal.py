"""A timeline drawn for a terminal: a row a market, a column a stretch of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import zip_longest
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from app.markets.chart import Band, Chart
from app.markets.looks import LOOKS
from app.markets.words import folded

LABEL_MIN: Final = 24
TEXT_MIN: Final = 16
WIDTH_MIN: Final = 60
WIDTH_MAX: Final = 140
YEAR: Final = 5  # a label and a space


def draw(chart: Chart, out: Console, width: int) -> None:
    """Print a chart, `width` columns wide as far as that is possible."""
    label = max(LABEL_MIN, chart.heads + TEXT_MIN)
    cells = min(max(width, WIDTH_MIN), WIDTH_MAX) - label - 1
    out.print(Text(chart.title, style="bold"), soft_wrap=True)
    out.print(Text(chart.cars, style="dim"), soft_wrap=True)
    out.print(_axis(chart, label, cells), soft_wrap=True)
    for band in chart.bands:
        for line in _rows(band, chart, label, cells):
            out.print(line, soft_wrap=True)
    for name in chart.looks:
        look = LOOKS[name]
        mark = Text(f"  {look.letter} {look.fill * 2} ", style=look.style)
        out.print(mark + Text(f"{look.word}: {look.says}", style="not bold default"), soft_wrap=True)
    for note in chart.notes:
        for number, told in enumerate(folded(note, label + cells - 2)):
            out.print(Text(f"{'  ' if number else ''}{told}"), soft_wrap=True)


def _axis(chart: Chart, label: int, cells: int) -> Text:
    years = range(chart.first.year, chart.last.year + (chart.last > date(chart.last.year, 1, 1)))
    every = next(step for step in (1, 2, 5, 10, 100) if cells * step >= len(years) * YEAR)
    line = [" "] * (label + cells)
    for year in years:
        at = label + round(chart.along(date(year, 1, 1)) * cells)
        if (year - chart.first.year) % every == 0 and at + YEAR - 1 <= len(line):
            line[at : at + YEAR - 1] = str(year)
    return Text("".join(line).rstrip(), style="dim")


def _rows(band: Band, chart: Chart, label: int, cells: int) -> Iterator[Text]:
    """The band's label, as many lines as it needs, and its bar beside each of them."""
    code = f"{band.head:<{chart.heads}}"
    told = folded(band.what, label - len(code))
    words, bare = _bar(band, chart, cells, words=True), _bar(band, chart, cells, words=False)
    for number, (text, head) in enumerate(zip_longest(told, [code], fillvalue=" " * len(code))):
        yield Text(f"{head}{text}".ljust(label)) + (bare if number else words)


def _bar(band: Band, chart: Chart, cells: int, *, words: bool) -> Text:
    bar = Text()
    ends = [*_begins(band, chart, cells)[1:], cells]
    for one, begin, end in zip(band.stretches, _begins(band, chart, cells), ends, strict=True):
        look, room = LOOKS[one.look], end - begin
        told = ""
        if words:
            told = next((text for text in (f" {look.word} ", look.letter) if cell_len(text) + 1 <= room), "")
            told = told or (look.letter if room else "")
        bar.append((look.fill if len(told) + 1 <= room else "") + told, style=look.style)
        bar.append(look.fill * (room - cell_len(bar.plain) + begin), style=look.style)
    return bar


def _begins(band: Band, chart: Chart, cells: int) -> Sequence[int]:
    """The first cell of each stretch. However short it is, it has a cell."""
    found: list[int] = []
    for number, one in enumerate(band.stretches):
        left = len(band.stretches) - number
        at = round(chart.along(one.begins) * cells)
        found.append(min(max(at, found[-1] + 1 if found else 0), cells - left))
    return found
