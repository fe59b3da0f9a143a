"""`carnet project diff`, `builds` and `digest`: what builds there are, and whether their rows are the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.markup import escape

from app.choosing import Names, chosen
from app.output import AsJson, out, print_json, print_table
from app.rebuilding import STOPPED, Name, opened
from app.wiring import configured, connected
from infra.errors import InputError
from projections.comparing import Comparison, compare
from projections.diffing import Compared, Difference
from projections.digest import digest
from projections.inventory import inventory

SHOWN_CHARACTERS = 60
WORDS = {"only_old": "only in the live build", "only_new": "only in the new build", "differs": "differs"}


def diff(
    name: Name,
    /,
    *,
    limit: Annotated[int, Parameter(help="How many rows of each table to show.")] = 10,
    json: AsJson = False,
) -> int:
    """Compare the build that is ready with the live one, row by row, both at the same position.

    It exits with 1 if they differ.
    """
    if limit < 0:
        raise InputError(f"--limit is {limit}.", hint="Give 0 or more.")
    (projection,) = chosen([name])
    with opened() as site:
        found = compare(site, projection, limit=limit)
    if found is None:
        out.print(STOPPED)
        return 0
    if json:
        print_json(_told(found))
    else:
        _print(found)
    return 0 if found.alike else 1


def builds(*names: Names, json: AsJson = False) -> None:
    """List the builds of read models: which is live, where each stands, how large it is.

    Build N of a projection stands in the schema `read_NAME_N`.
    """
    with connected(configured(), "carnet_reader") as connection:
        found = inventory(connection, chosen(names))
    if json:
        print_json(found)
        return
    print_table(
        ("projection", "build", "state", "rows", "position", "parked", "size", "since"),
        [
            (
                one.projection,
                one.build,
                one.state,
                f"v{one.version}",
                one.position if one.until in {None, one.position} else f"{one.position} of {one.until}",
                one.parked,
                _size(one.size),
                f"{one.changed_at:%Y-%m-%d %H:%M}",
            )
            for one in found
        ],
    )


def take_digest(*names: Names, json: AsJson = False) -> None:
    """SHA-256 over every row: two databases with the same events give the same."""
    with connected(configured(), "carnet_reader") as connection:
        found = {projection.name: digest(connection, projection) for projection in chosen(names)}
    if json:
        print_json(found)
    else:
        print_table(("projection", "SHA-256"), found.items())


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _told(found: Comparison) -> dict[str, object]:
    return {
        "projection": found.new.projection.name,
        "old": found.old.number,
        "new": found.new.number,
        "position": found.position,
        "alike": found.alike,
        "tables": msgspec.to_builtins(found.tables),
    }


def _print(found: Comparison) -> None:
    out.print(
        f"{found.new.projection.name}: build {found.new.number} against the live build {found.old.number}, "
        f"both at position {found.position:,}"
    )
    print_table(
        ("table", "same", "differ", "only in the live build", "only in the new build", "note"),
        [
            (one.table, one.same, one.differing, one.only_old, one.only_new, "; ".join(_notes(one)))
            for one in found.tables
        ],
    )
    for table in found.tables:
        for row in table.shown:
            _print_row(table.table, row)


def _notes(table: Compared) -> Iterator[str]:
    if table.note:
        yield table.note
    if table.columns_only_old:
        yield f"no longer there: {', '.join(table.columns_only_old)}"
    if table.columns_only_new:
        yield f"new: {', '.join(table.columns_only_new)}"


def _print_row(table: str, row: Difference) -> None:
    key = ", ".join(f"{name} {value}" for name, value in row.key.items())
    out.print(f"[bold]{table}[/bold] {escape(key)}: {WORDS[row.kind]}")
    for name, value in row.columns.items():
        at = _parting(value.old, value.new)
        out.print(f"  {name}: {escape(_cut(value.old, at))} -> {escape(_cut(value.new, at))}")


def _parting(old: str | None, new: str | None) -> int:
    """Where a little before two texts part."""
    pairs = enumerate(zip(old or "", new or "", strict=False))
    return max(0, next((at for at, (a, b) in pairs if a != b), 0) - SHOWN_CHARACTERS // 4)


def _cut(text: str | None, at: int) -> str:
    """What people need to see of a long text: some of it, from there on."""
    if text is None:
        return "null"
    if len(text) <= SHOWN_CHARACTERS:
        return text
    end = at + SHOWN_CHARACTERS
    return f"{'…' if at else ''}{text[at:end]}{'…' if end < len(text) else ''}"
