"""`carnet docs`: the tables of the reference that are drawn from the code, each between two marks in its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cyclopts import App

from app.drawing import TABLES
from app.output import out
from infra.errors import IntegrityFault

docs = App(name="docs", help="The tables of the reference that are drawn from the code.")

PAGES = Path(__file__).parents[1] / "docs" / "reference"
MARKED = re.compile(r"(?P<begin><!-- drawn: (?P<name>[\w-]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)


@docs.command
def write() -> None:
    """Draw every table of docs/reference again."""
    for page, text in _redrawn():
        page.write_text(text)
        out.print(f"Drew {page.relative_to(PAGES.parent.parent)}")


@docs.command
def check() -> None:
    """Fail if a table of docs/reference is not what the code says."""
    if drift := [page.name for page, _ in _redrawn()]:
        raise IntegrityFault(
            f"In docs/reference the code says otherwise than {', '.join(drift)}.",
            hint="Run `make docs` and look at the difference.",
        )
    out.print("The tables of docs/reference are what the code says.")


def _redrawn() -> Iterator[tuple[Path, str]]:
    """The pages whose tables changed, with their new text."""
    for page in sorted(PAGES.glob("*.md")):
        text = page.read_text()
        if (drawn := MARKED.sub(_drawn, text)) != text:
            yield page, drawn


def _drawn(mark: re.Match[str]) -> str:
    name = mark["name"]
    if name not in TABLES:
        raise IntegrityFault(f"A page asks for the table {name}.", hint=f"There are {', '.join(TABLES)}.")
    return f"{mark['begin']}\n{TABLES[name]()}\n\n{mark['end']}"
