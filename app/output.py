"""Data goes to standard output: tables for people, JSON (one object a line) for pipes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

PIPE_COLUMNS = 160  # a terminal tells its width, a pipe has none

out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
err = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for a program to read.")]


def print_json(data: object) -> None:
    """One JSON document on one line."""
    sys.stdout.buffer.write(msgspec.json.encode(data) + b"\n")
    sys.stdout.buffer.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """A table for people. None shows as a dash."""
    table = Table(title=title or None, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("—" if cell is None else str(cell) for cell in row))
    out.print(table)
