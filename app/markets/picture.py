"""A timeline drawn as SVG: a file that stands alone, legible on light and on dark ground, and without colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from app.markets.chart import Band, Chart
from app.markets.looks import LOOKS
from app.markets.words import folded

WIDTH: Final = 960
MARGIN: Final = 16
LABEL: Final = 224
LINE: Final = 18
GAP: Final = 6
FONT: Final = 12
CHARACTER: Final = 7.2  # what a letter of that size takes at most, on average
BOLD: Final = 8.4
SWATCH: Final = 50
NOTE: Final = int((WIDTH - 2 * MARGIN) / CHARACTER)
# Where the fill alone would not tell without colour.
HATCHED: Final = {
    "agency_non_genuine": "M4 0V8",
    "agency_genuine": "M2 0V8M5 0V8",
    "direct": "M0 8H8",
    "refused": "M0 0L8 8M8 0L0 8",
    "precautionary": "M2 2L6 6M6 2L2 6",
    "imprecise": "M-2 2L2 -2M0 8L8 0M6 10L10 6",
    "disagree": "M0 4H8M4 0V8",
    "contested": "M0 4H8",
    "weak": "M2 4H4",
    "overdue": "M2 4H4",
    "no_row": "M3 4H4",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a band stands: its top, and its label in lines."""

    band: Band
    top: int
    told: tuple[str, ...]

    @property
    def height(self) -> int:
        return LINE * len(self.told)


def picture(charts: Sequence[Chart]) -> str:
    """The charts, one below the other, as the text of an SVG file."""
    looks = [name for name in LOOKS if any(name in chart.looks for chart in charts)]
    drawn: list[str] = []
    height = 0
    for chart in charts:
        body, below = _drawn(chart)
        drawn += [f'<g transform="translate(0 {height})">', *body, "</g>"]
        height += below
    title = "; ".join(chart.title for chart in charts)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="title">'
    )
    ground = f'<rect class="ground" width="{WIDTH}" height="{height}"/>'
    told = f'<title id="title">{escape(title)}</title>'
    return "\n".join([head, told, _style(looks), _hatches(looks), ground, *drawn, "</svg>", ""])


def _drawn(chart: Chart) -> tuple[list[str], int]:
    """What is drawn of one chart, and how high it is."""
    rows, below = _rows(chart)
    body = [_text(MARGIN, 26, chart.title, "title"), _text(MARGIN, 44, chart.cars, "quiet")]
    body += _axis(chart, below - GAP)
    for row in rows:
        body += _bar(row, chart)
    legend, below = _legend(chart, below)
    body += legend
    for note in chart.notes:
        for line in folded(note, NOTE):
            below += LINE
            body.append(_text(MARGIN, below, line, "quiet"))
    return body, below + MARGIN


def _rows(chart: Chart) -> tuple[list[_Row], int]:
    top, letters = 84, int((LABEL - chart.heads * BOLD) / CHARACTER)
    rows = []
    for band in chart.bands:
        row = _Row(band, top, tuple(folded(band.what, letters)))
        rows.append(row)
        top += row.height + GAP
    return rows, top


def _bar(row: _Row, chart: Chart) -> Iterator[str]:
    band = row.band
    yield _text(MARGIN, row.top + 13, band.head, "code")
    for number, line in enumerate(row.told if band.what else ()):
        yield _text(MARGIN + chart.heads * BOLD, row.top + 13 + number * LINE, line, "label")
    for one in band.stretches:
        left, right = _across(chart, one.begins), _across(chart, one.ends)
        box = f'x="{left:.1f}" y="{row.top}" width="{right - left:.1f}" height="{row.height}"'
        yield f'<g><title>{escape(f"{band.head} {band.what}: {one.told}")}</title><rect class="{one.look}" {box}/>'
        if one.look in HATCHED:
            yield f'<rect fill="url(#{one.look})" {box}/>'
        look = LOOKS[one.look]
        words = (look.word, look.letter) if look.letter != look.fill else (look.word,)  # the hatch tells it
        fits = [word for word in words if (len(word) + 1) * CHARACTER <= right - left]
        if fits:
            yield _text(left + CHARACTER / 2, row.top + 13, fits[0], "word")
        yield "</g>"


def _axis(chart: Chart, bottom: int) -> Iterator[str]:
    years = range(chart.first.year, chart.last.year + 1)
    room = (WIDTH - LABEL - 2 * MARGIN) / max(len(years), 1)
    every = next(step for step in (1, 2, 5, 10, 100) if room * step >= CHARACTER * 5)
    for year in years:
        day = date(year, 1, 1)
        if not chart.first <= day <= chart.last:
            continue
        at = _across(chart, day)
        yield f'<path class="grid" d="M{at:.1f} 74V{bottom}"/>'
        if (year - chart.first.year) % every == 0 and day < chart.last:
            yield _text(at, 70, str(year), "quiet")


def _legend(chart: Chart, top: int) -> tuple[list[str], int]:
    found: list[str] = []
    top += GAP
    for name in chart.looks:
        look = LOOKS[name]
        box = f'x="{MARGIN}" y="{top}" width="32" height="14"'
        found.append(f'<rect class="{name}" {box}/>')
        if name in HATCHED:
            found.append(f'<rect fill="url(#{name})" {box}/>')
        found.append(_text(MARGIN + SWATCH, top + 11, f"{look.letter}  {look.word}: {look.says}", "label"))
        top += LINE + 2
    return found, top


def _across(chart: Chart, day: date) -> float:
    return MARGIN + LABEL + chart.along(day) * (WIDTH - LABEL - 2 * MARGIN)


def _text(x: float, y: float, told: str, kind: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class={quoteattr(kind)}>{escape(told)}</text>'


def _style(looks: Iterable[str]) -> str:
    light = "".join(f".{name}{{fill:{LOOKS[name].light}}}" for name in looks)
    dark = "".join(f".{name}{{fill:{LOOKS[name].dark}}}" for name in looks)
    return (
        f"<style>text{{font:{FONT}px Verdana,'DejaVu Sans',sans-serif;font-size:{FONT - 1}px;fill:#1f2328}}"
        ".title{font-size:14px;font-weight:bold}.code{font-weight:bold}.quiet{fill:#57606a}"
        f".ground{{fill:#ffffff}}.grid,.hatch{{stroke:#57606a;fill:none}}.grid{{opacity:.3}}.hatch{{opacity:.35}}{light}"
        "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9aa4af}.ground{fill:#0d1117}"
        f".grid,.hatch{{stroke:#9aa4af}}{dark}}}</style>"
    )


def _hatches(looks: Iterable[str]) -> str:
    found = (
        f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<path class="hatch" d="{HATCHED[name]}"/></pattern>'
        for name in looks
        if name in HATCHED
    )
    return f"<defs>{''.join(found)}</defs>"
