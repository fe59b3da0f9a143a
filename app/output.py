"""Data goes to standard output: tables for people, JSON (one object a line) for pipes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_COLUMNS = 160  # a terminal tells its width, a pipe has none unless COLUMNS does


def width_told() -> bool:
    """Whether a terminal, or COLUMNS, tells how wide to print."""
    return sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()


out = Console(highlight=False, width=None if width_told() else PIPE_COLUMNS)
err = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for a program to read.")]


def err_line(sentence: str) -> None:
    """One line on standard error, as it is."""
    err.print(sentence, markup=False, soft_wrap=True)


def nobody_reads() -> None:
    """Let what is still to be printed go nowhere: who read it has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(data: object) -> None:
    """One JSON document on one line."""
    sys.stdout.buffer.write(msgspec.json.encode(data) + b"\n")
    sys.stdout.buffer.flush()


def print_line(text: str) -> None:
    """One line for people, just as it is. A Console would take longer for it than a command takes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """A table for people: each cell just as it is, so brackets are no markup. None shows as a dash."""
    table = Table(title=title or None, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text("—" if cell is None else str(cell)) for cell in row))
    out.print(table)
