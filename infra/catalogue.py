"""The catalogue, read from `infra/data/catalogue/<BRAND>.toml`: the file's name is the brand.

    [provenance]                  # what the model years of this file need not repeat
    [[line]]                      # slug, powertrain
    [[line.model_year]]           # of the line above: days, variants, options, provenance of its own
    [[line.model_year.prices]]    # of the model year above

Unknown keys, wrong types and rows that do not fit together are input errors: all of them are told at once, and
nothing runs on half a catalogue.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from domain.catalogue.book import Catalogue
from domain.catalogue.checking import brand_faults, line_faults, listed_twice, year_faults
from domain.catalogue.faults import Fault
from domain.catalogue.rows import Claimed, Line, ModelYear
from domain.words import Powertrain
from infra.errors import InputError
from infra.row_reader import RowReader
from infra.toml_lines import line_at, lines_of
from infra.toml_parsing import parsed

DATA: Final = Path(__file__).parent / "data" / "catalogue"
AT_LINE: Final = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """What a `[[line]]` says itself."""

    slug: str
    powertrain: Powertrain


def load_catalogue(folder: Path = DATA) -> Catalogue:
    """All lines of all `.toml` files of a folder.

    Raises:
        InputError: a file cannot be read, or rows are not what they must be. The message has a line for each
            error, in order: file, line, and what is wrong.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise InputError(f"there is no .toml file with a brand's lines in {folder}.")
    lines: list[Line] = []
    errors: list[str] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
            raw = parsed(text)
        except (OSError, UnicodeDecodeError) as fault:
            errors.append(f"{path}:1: cannot be read: {fault}")
        except tomllib.TOMLDecodeError as fault:
            place = AT_LINE.search(str(fault))
            at = place[1] if place else str(text.count("\n") + 1)
            errors.append(f"{path}:{at}: is no TOML: {AT_LINE.sub('', str(fault))}")
        else:
            brand = _Brand(path.stem, raw)
            lines += brand.lines
            errors += _told(path, text, brand.faults)
    if errors:
        count = f"{len(errors)} errors" if len(errors) > 1 else "an error"
        raise InputError("\n".join([f"the catalogue has {count}:", *errors]))
    return Catalogue(lines)


def _told(path: Path, text: str, faults: list[Fault]) -> Iterator[str]:
    """Each fault once, in the order of the lines."""
    found = lines_of(text)
    placed = dict.fromkeys((line_at(found, fault.path), fault.says) for fault in faults)
    for line, says in sorted(placed, key=lambda told: told[0]):
        yield f"{path}:{line}: {says}"


class _Brand:
    """The lines of one file, and what is wrong with it."""

    def __init__(self, brand: str, raw: Mapping[str, object]) -> None:
        self.brand = brand
        self.lines: list[Line] = []
        self._reader = RowReader()
        self.faults = self._reader.faults
        self.faults += brand_faults(brand)
        for key in raw.keys() - {"provenance", "line"}:
            self._reader.wrong((key,), f"unknown key {key}; known are line, provenance")
        defaults = raw.get("provenance", {})
        self._given = self._reader.fields(Claimed, defaults, ("provenance",))
        self._excused = defaults.keys() if isinstance(defaults, dict) else Claimed.__dataclass_fields__.keys()
        rows = self._reader.entries(raw.get("line", []), ("line",))
        numbers = [number for number, row in enumerate(rows) if self._line(row, number)]
        for place, fault in listed_twice(self.lines):
            self.faults.append(fault.under("line", numbers[place]))

    def _line(self, raw: object, number: int) -> bool:
        """Read a line, with the model years that can be read; whether its own keys are right."""
        path = ("line", number)
        own: Any = {k: v for k, v in raw.items() if k != "model_year"} if isinstance(raw, dict) else raw
        row = self._reader.row(LineRow, own, path)
        told = raw.get("model_year", []) if isinstance(raw, dict) else []
        years = self._years(told, path)
        if row is None or (told and not years):
            return False
        line = Line(
            brand=self.brand, slug=row.slug, powertrain=row.powertrain, model_years=tuple(years.values())
        )
        self.lines.append(line)
        self.faults += [_renumbered(fault, list(years)).under(*path) for fault in line_faults(line)]
        return True

    def _years(self, raw: object, path: tuple[str | int, ...]) -> dict[int, ModelYear]:
        """The model years that can be read, by their numbers."""
        years: dict[int, ModelYear] = {}
        for number, entry in enumerate(self._reader.entries(raw, (*path, "model_year"))):
            place = (*path, "model_year", number)
            year = self._reader.row(ModelYear, entry, place, given=self._given, excused=self._excused)
            if year is not None:
                years[number] = year
                self.faults += [fault.under(*place) for fault in year_faults(year)]
        return years


def _renumbered(fault: Fault, numbers: list[int]) -> Fault:
    """A fault of a line by the numbers that its model years have in the file, where some could not be read."""
    match fault.path:
        case ("model_year", int(number), *rest):
            return Fault(("model_year", numbers[number], *rest), fault.says)
        case _:
            return fault
