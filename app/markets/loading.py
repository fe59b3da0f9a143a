"""`carnet market load`: the rows of market files, written into the log; what changes is shown first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final
from uuid import uuid4

from cyclopts import Parameter
from rich.markup import escape

from app.markets.differing import Difference, differences
from app.output import AsJson, out, print_json
from app.wiring import opened
from domain.markets.book import LoadMarket, fit
from domain.markets.rows import MarketRows
from infra.bounds import bounded
from infra.errors import InputError
from infra.handle import Ask
from infra.markets import DATA, MarketFaults, load_markets, read_folder
from infra.markets.loaded import LoadedMarkets
from infra.markets.reading import MarketFile, check, read_file

REASON: Final = "market files loaded"
MARKS: Final = {"added": "+", "changed": "~", "withdrawn": "-", "steps": ">", "rulings": "="}

Paths = Annotated[
    Path, Parameter(name="FILE", help="Market files, or folders of them; none: those of Carnet.")
]
Plan = Annotated[bool, Parameter(negative="", help="Show what would change, and change nothing.")]
Reason = Annotated[str, Parameter(help="Why; it is recorded where a row is withdrawn.")]


def load(*paths: Paths, plan: Plan = False, reason: Reason = REASON, json: AsJson = False) -> None:
    """Show how FILES differ from what the log holds, then write the difference as events; again changes nothing.

    A new row is marked +, a changed one ~, a withdrawn one -, a step of a plan >, a ruling =. A file is the whole of
    its place: what it no longer says is withdrawn. If one file has a fault, all faults are told and nothing is loaded.
    """
    rows = read(paths or (DATA,))
    with opened() as book:
        found = list(differences(book.log, rows, author=book.settings.actor, reason=reason))
        if json:
            print_json([asdict(one) for one in found])
        else:
            _tell(found)
        asked = {one.market for one in found}
        # All are looked at before the first is loaded: what is refused has written nothing.
        markets = LoadedMarkets(book.log, load_markets()).now()
        commands = []
        for one in [each for each in rows if each.market in asked]:
            fit(one, markets)
            markets = markets.overlaid([one])
            commands.append(bounded(LoadMarket(rows=one, author=book.settings.actor, reason=reason)))
        if plan:
            return
        for command in commands:
            book.desk.handle(Ask(command=command, command_id=uuid4(), actor=book.settings.actor))
        if found and not json:
            out.print(f"Loaded: the log is at position {book.log.head().position}.")


def read(paths: Sequence[Path]) -> list[MarketRows]:
    """The rows of these files, checked with those of Carnet for all other places.

    Raises:
        InputError: there is no such file, or two tell of one place.
        MarketFaults: naming every fault of every file.
    """
    given = [read_file(path) for path in _files(paths)]
    codes: dict[str, MarketFile] = {}
    for file in given:
        if codes.setdefault(file.rows.market, file) is not file:
            other = codes[file.rows.market].path
            raise InputError(f"{file.path} and {other} tell of one place.", hint="Load one of them.")
    shipped = read_folder()
    rest = [read_file(path) for path in sorted((DATA / "markets").glob("*.toml")) if path.stem not in codes]
    if wrong := check([*rest, *given], shipped.regions, (one.name for one in shipped.calendars)):
        raise MarketFaults(wrong)
    return [file.rows for file in given]


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            folder = path / "markets" if (path / "markets").is_dir() else path
            found = sorted(folder.glob("*.toml"))
            if not found:
                raise InputError(f"{path} has no market file.", hint="A market file is named DE.toml.")
            yield from found
        elif path.is_file():
            yield path
        else:
            raise InputError(f"There is no file {path}.")


def _counted(number: int, name: str) -> str:
    return f"{number} {name.removesuffix('s') if number == 1 else name}"


def _tell(found: Sequence[Difference]) -> None:
    if not found:
        out.print("Nothing to load: the log holds these rows already.")
    for one in found:
        told = {name: getattr(one, name) for name in MARKS}
        counts = ", ".join(_counted(len(rows), name) for name, rows in told.items() if rows)
        out.print(
            f"[bold]{one.market}[/bold]: {counts}" if counts else f"[bold]{one.market}[/bold]: described"
        )
        if one.first:
            continue
        for name, rows in told.items():
            for row in rows:
                out.print(f"  {MARKS[name]} {escape(row)}", soft_wrap=True)
