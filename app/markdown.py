"""The little Markdown that drawn tables need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def first(said: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return line((said or "").split("\n\n")[0])


def line(said: str | None) -> str:
    """A text on one line."""
    return " ".join((said or "").split())


def names(listed: Iterable[str]) -> str:
    """Names as code, with commas between."""
    return ", ".join(f"`{name}`" for name in listed)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar in a cell is written so that it ends none."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in lines)
