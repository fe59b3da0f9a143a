"""When something holds, as precisely as its source says it.

A moment is a day, month, quarter or year, read as `from` (it begins somewhere in it) or `by` (at the latest in
it). On a given day a validity holds surely, surely not, or maybe.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

Reading = Literal["holds", "maybe", "not"]

GRAMMAR: Final = "2024-10-01, 2024-10, 2024-Q4 or 2024, with `from` or `by` before it"
WRITTEN: Final = re.compile(r"(?:(from|by) )?([0-9]{4})(?:-(?:Q([1-4])|([0-9]{2})(?:-([0-9]{2}))?))?")
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """Some day from `first` to `last`, both included; with `by`, that or any earlier day. A `last` that is the
    last day there is makes it one that may never come."""

    first: date
    last: date
    by: bool = False

    def __str__(self) -> str:
        first, last = self.first, self.last
        if last == date.max:
            return f"{first} or later"
        months = last.month - first.month + 1
        if first == last:
            told = first.isoformat()
        elif months == 1:
            told = f"{first:%Y-%m}"
        else:
            told = f"{first.year}-Q{last.month // 3}" if months == 3 else str(first.year)
        return f"by {told}" if self.by else told

    @property
    def sure(self) -> date:
        """The first day on which it has come for sure."""
        return self.last if self.first == self.last else after(self.last)

    def maybe(self, published_on: date) -> date:
        """The first day on which it may have come. What was to come "by 2026" had not when that was published;
        of what had come "by 2012", as somebody wrote later, nobody knows since when."""
        if not self.by:
            return self.first
        return published_on if published_on <= self.last else date.min


def parse_moment(text: str) -> Moment:
    """A moment as it is written: `2024-10-01`, `2024-10`, `2024-Q4`, `2024`, `from 2024`, `by 2026`.

    Raises:
        ValueError: it is none.
    """
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no date: write {GRAMMAR}")
    reading, year_told, quarter, month_told, day = found.groups()
    year = int(year_told)
    first_month = int(quarter) * 3 - 2 if quarter else int(month_told or 1)
    last_month = int(quarter) * 3 if quarter else int(month_told or 12)
    try:
        first = date(year, first_month, int(day or 1))
        last = first if day else date(year, last_month, monthrange(year, last_month)[1])
    except ValueError as fault:
        raise ValueError(f"{text!r} is no date: {fault}") from None
    return Moment(first, last, by=reading == "by")


@dataclass(frozen=True, slots=True)
class Window:
    """The days on which a validity may hold, and within them those on which it surely does. The ends are
    excluded."""

    maybe_from: date
    sure_from: date
    maybe_to: date
    sure_to: date

    def on(self, day: date) -> Reading:
        if not self.maybe_from <= day < self.sure_to:
            return "not"
        return "holds" if self.sure_from <= day < self.maybe_to else "maybe"

    def overlaps(self, other: Window) -> bool:
        """Whether there is a day on which both may hold."""
        return self.maybe_from < other.sure_to and other.maybe_from < self.sure_to

    def within(self, begins: date, ends: date | None) -> Window:
        """The part of it that lies between two days, the second excluded."""
        end = ends or date.max
        return Window(
            max(self.maybe_from, begins),
            max(self.sure_from, begins),
            min(self.maybe_to, end),
            min(self.sure_to, end),
        )

    def disputed(self, other: Window) -> Window:
        """Two tell the days of one thing: sure is only what both say."""
        return Window(
            min(self.maybe_from, other.maybe_from),
            max(self.sure_from, other.sure_from),
            min(self.maybe_to, other.maybe_to),
            max(self.sure_to, other.sure_to),
        )


@dataclass(frozen=True, slots=True)
class Validity:
    """From a moment (included) to another (excluded; None: until further notice)."""

    begins: Moment
    ends: Moment | None = None

    def __str__(self) -> str:
        if self.ends:
            return f"{self.begins} to {self.ends}"
        return str(self.begins) if self.begins.by else f"since {self.begins}"

    def window(self, published_on: date) -> Window:
        ends = self.ends
        return Window(
            self.begins.maybe(published_on),
            self.begins.sure,
            ends.maybe(published_on) if ends else date.max,
            ends.sure if ends else date.max,
        )

    def on(self, day: date, published_on: date) -> Reading:
        """Whether it holds on a day, for a claim that was made public on `published_on`."""
        return self.window(published_on).on(day)

    @property
    def empty(self) -> bool:
        """Whether it ends before it begins, or on the same day."""
        return self.ends is not None and self.ends.sure <= self.begins.first


def after(day: date) -> date:
    """The next day; the last there is, of the last there is."""
    return day if day == date.max else day + ONE_DAY
