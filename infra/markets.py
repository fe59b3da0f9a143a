"""The dated rows of markets and calendars, read from `infra/data/*.toml`. Unknown keys, wrong types and rows
that overlap are input errors: nothing runs on half a table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from domain.deadlines import Calendar
from domain.markets.resolver import Markets
from domain.markets.rows import Assignment, Place, Sale, Terms
from infra.errors import InputError

DATA: Final = Path(__file__).parent / "data"
TABLES: Final = frozenset({"place", "sale", "terms", "assignment", "calendar"})

R = TypeVar("R", Place, Sale, Terms, Assignment, Calendar)


def load_markets(folder: Path = DATA) -> Markets:
    """All rows of all `.toml` files of a folder.

    Raises:
        InputError: a file cannot be read, or a row is not what it must be; the sentence names both.
    """
    tables = [(path, _read(path)) for path in sorted(folder.glob("*.toml"))]
    if not tables:
        raise InputError(f"there is no .toml file with market rows in {folder}.")
    try:
        return Markets(
            places=_rows(tables, "place", Place),
            sales=_rows(tables, "sale", Sale),
            terms=_rows(tables, "terms", Terms),
            assignments=_rows(tables, "assignment", Assignment),
            calendars=_rows(tables, "calendar", Calendar),
        )
    except ValueError as fault:
        raise InputError(f"the market rows in {folder} do not fit together: {fault}.") from fault


def edition(folder: Path = DATA) -> str:
    """SHA-256 (hex) of the files that `load_markets` reads: it changes with every row."""
    return sha256(b"\0".join(path.read_bytes() for path in sorted(folder.glob("*.toml")))).hexdigest()


def _read(path: Path) -> Mapping[str, object]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise InputError(f"{path} cannot be read: {fault}.") from fault
    if unknown := sorted(read.keys() - TABLES):
        raise InputError(
            f"{path} has a table [[{unknown[0]}]].", hint=f"Known are {', '.join(sorted(TABLES))}."
        )
    return read


def _rows(tables: list[tuple[Path, Mapping[str, object]]], table: str, row: type[R]) -> list[R]:
    rows: list[R] = []
    known = {field.name for field in fields(row)}
    for path, read in tables:
        try:
            raws = msgspec.convert(read.get(table, []), list[dict[str, object]])
        except msgspec.ValidationError as fault:
            raise InputError(f"{path}: [[{table}]] must be a list of rows: {fault}.") from fault
        for number, raw in enumerate(raws, start=1):
            where = f"{path}: row {number} of [[{table}]]"
            if unknown := sorted(raw.keys() - known):
                raise InputError(
                    f"{where} has a key {unknown[0]!r}.", hint=f"Known are {', '.join(sorted(known))}."
                )
            try:
                rows.append(msgspec.convert(raw, row, builtin_types=(date,)))
            except msgspec.ValidationError as fault:
                raise InputError(f"{where} is wrong: {fault}.") from fault
    return rows
