"""Market files, read: every file, every fault of it with its line, in order, each once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from domain.deadlines import Calendar
from domain.markets import checking
from domain.markets.claims import Place
from domain.markets.faults import Fault
from domain.markets.regions import Membership, Regions, membership_faults
from domain.markets.rows import FIELDS, MarketRows, Row
from domain.markets.ties import networks_of, ties_between
from infra.errors import InputError
from infra.markets import fields as read
from infra.markets.fields import Reader
from infra.markets.tables import KINDS, PLACE, PROVENANCE, Values, place_of, taken
from infra.toml_lines import Keys, line_at, lines_of
from infra.toml_parsing import parsed

SINGLE: Final = ("place", "provenance")
REGION: Final[Mapping[str, Reader]] = {
    "code": read.text,
    "name": read.text,
    "source": read.text,
    "members": read.entries,
}


class _Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    market: str
    joined_on: date = msgspec.field(name="from")
    left_on: date | None = msgspec.field(name="to", default=None)


class MarketFaults(InputError):
    """Everything that is wrong with the market files: `told` has a line `file:line: what` for each fault."""

    def __init__(self, told: Sequence[str]) -> None:
        count = f"{len(told):,} faults" if len(told) != 1 else "a fault"
        super().__init__(f"the market files have {count}; nothing was loaded:\n" + "\n".join(told))
        self.told = tuple(told)


@dataclass(slots=True)
class MarketFile:
    """One file, read: the rows that are right in themselves, where each stands, and what is wrong, by its place
    in the file (or its line, where the file is no TOML)."""

    path: Path
    rows: MarketRows
    text: str = ""
    places: dict[int, Keys] = field(default_factory=dict)
    faults: list[tuple[Keys | int, str]] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def blame(self, faults: Iterable[Fault]) -> None:
        """Note faults of rows, where they stand; those of a row that stands elsewhere, at the file's first line."""
        for fault in faults:
            place = _under(self.places[id(fault.row)], fault.key) if id(fault.row) in self.places else 1
            named = f"{fault.row.id}: " if isinstance(fault.row, Row) else ""
            self.faults.append((place, f"{named}{fault.says}"))

    def told(self) -> list[str]:
        """Its faults in the order of their lines, each once."""
        found = lines_of(self.text) if self.faults else {}
        placed = [(at if isinstance(at, int) else line_at(found, at), says) for at, says in self.faults]
        return [f"{self.path}:{line}: {says}" for line, says in dict.fromkeys(sorted(placed, key=_line))]


def _line(fault: tuple[int, str]) -> int:
    return fault[0]


def _under(place: Keys, key: str) -> Keys:
    """The place of a key, or of an entry of it: `steps 2` is the second of its steps."""
    name, _, number = key.partition(" ")
    return (*place, name, int(number) - 1) if number else (*place, name) if name else place


def read_file(path: Path) -> MarketFile:
    """One market file. What is wrong with it stands in its `faults`; nothing is raised."""
    file = MarketFile(path, MarketRows(market=path.stem))
    try:
        text = path.read_text(encoding="utf-8")
        told = parsed(text)
    except (OSError, UnicodeDecodeError) as fault:
        file.faults.append((1, f"it cannot be read: {fault}"))
        file.unread.add(path.stem)
        return file
    except tomllib.TOMLDecodeError as fault:
        _, _, at = str(fault).partition("at line ")
        line = at.partition(",")[0]
        file.faults.append((int(line) if line.isdigit() else 1, f"it is not TOML: {fault}"))
        file.unread.add(path.stem)
        return file
    file.text = text
    _fill(file, told)
    return file


def _fill(file: MarketFile, told: Mapping[str, object]) -> None:
    known = ", ".join((*SINGLE, *KINDS))
    provenance = _provenance(file, told)
    place = _place(file, told)
    found: dict[str, list[Row]] = {}
    for name, tables in told.items():
        if name in SINGLE:
            continue
        if name not in KINDS:
            file.faults.append(((name,), f"there is no table {name}: known are {known}"))
        elif not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            file.faults.append(((name,), f"write each row under [[{name}]]"))
        else:
            for number, one in enumerate(tables):
                row = _row(file, name, one, provenance, (name, number))
                if row is not None:
                    found.setdefault(FIELDS[type(row)], []).append(row)
    rows: dict[str, Any] = {name: tuple(of) for name, of in found.items()}
    file.rows = MarketRows(market=file.path.stem, place=place, **rows)


def _row(
    file: MarketFile, name: str, told: Mapping[str, object], provenance: Values, place: Keys
) -> Row | None:
    kind = KINDS[name]
    stands = {**provenance, **told} if kind.claims else told
    values, wrong = taken(stands, kind.required, kind.optional)
    file.faults += [(_under(place, key), says) for key, says in wrong]
    if wrong:
        file.unread.add(str(told.get("id", "")))
        return None
    row = kind.make(values)
    file.places[id(row)] = place
    return row


def _provenance(file: MarketFile, told: Mapping[str, object]) -> Values:
    """The defaults of the file's rows, as they were written; one that is wrong is told here, once."""
    written = told.get("provenance", {})
    if not isinstance(written, dict):
        file.faults.append((("provenance",), "write it under [provenance]"))
        return {}
    values, wrong = taken(written, {}, PROVENANCE)
    file.faults += [(_under(("provenance",), key), says) for key, says in wrong]
    return values


def _place(file: MarketFile, told: Mapping[str, object]) -> Place | None:
    written = told.get("place")
    if written is None:
        return None
    if not isinstance(written, dict):
        file.faults.append((("place",), "write it under [place]"))
        file.unread.add(file.path.stem)
        return None
    values, wrong = taken(written, PLACE, {})
    file.faults += [(_under(("place",), key), says) for key, says in wrong]
    if wrong:
        file.unread.add(file.path.stem)
        return None
    place = place_of(values)
    file.places[id(place)] = ("place",)
    return place


def check(files: Sequence[MarketFile], regions: Regions, calendars: Iterable[str]) -> list[str]:
    """Every fault of these files, which make one book: file by file, line by line."""
    known, networks = frozenset(calendars), networks_of(file.rows for file in files)
    ids: dict[str, Path] = {}
    for number, file in enumerate(files):
        file.blame(checking.faults(file.rows, regions, known, networks, unread=file.unread))
        if file.rows.market not in file.unread:
            file.blame(checking.unplaced(file.rows, (one.rows for one in files)))
        if file.rows.market in regions.names:
            named = [one.rows for one in files[:number] if one.rows.market in regions.names]
            file.blame(ties_between(file.rows, named, regions, networks))
        for row in (*file.rows.claims(), *file.rows.rulings):
            if (other := ids.setdefault(row.id, file.path)) != file.path:
                file.blame([Fault(row, "id", f"a row of {other.name} has this id")])
    return [line for file in files for line in file.told()]


def read_regions(path: Path) -> tuple[Regions, list[str]]:
    """The regions, and what is wrong with them."""
    told, lines, wrong = _tables(path, "region")
    found: list[tuple[int, Membership]] = []
    for number, region in enumerate(told):
        values, faults = taken(region, REGION, {})
        wrong += [f"{path}:{line_at(lines, _under(('region', number), key))}: {says}" for key, says in faults]
        if faults:
            continue
        for order, member in enumerate(values["members"]):
            line = line_at(lines, ("region", number, "members", order))
            try:
                one = msgspec.convert(member, _Member, builtin_types=(date,))
            except msgspec.ValidationError as fault:
                written = '{ market = "GB", from = 1973-01-01, to = 2020-02-01 }'
                wrong.append(f"{path}:{line}: a member is written {written}: {fault}")
                continue
            membership = Membership(
                region=values["code"], market=one.market, joined_on=one.joined_on, left_on=one.left_on
            )
            found.append((line, membership))
    memberships = [one for _, one in found]
    wrong += [f"{path}:{found[number][0]}: {says}" for number, says in membership_faults(memberships)]
    return Regions(memberships), wrong


def read_calendars(path: Path) -> tuple[tuple[Calendar, ...], list[str]]:
    """The calendars, and what is wrong with them."""
    told, lines, wrong = _tables(path, "calendar")
    found: list[Calendar] = []
    for number, one in enumerate(told):
        try:
            found.append(msgspec.convert(one, Calendar, builtin_types=(date,)))
        except msgspec.ValidationError as fault:
            wrong.append(f"{path}:{line_at(lines, ('calendar', number))}: {fault}")
    return tuple(found), wrong


def _tables(path: Path, name: str) -> tuple[list[dict[str, object]], Mapping[Keys, int], list[str]]:
    """The tables of this name, of a file that has no others; its lines, and what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        told = msgspec.convert(parsed(text), dict[str, list[dict[str, object]]], builtin_types=(date,))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        return [], {}, [f"{path}:1: it cannot be read: {fault}"]
    lines = lines_of(text)
    wrong = [
        f"{path}:{line_at(lines, (other,))}: there is no table {other}: known is {name}"
        for other in told
        if other != name
    ]
    return told.get(name, []), lines, wrong
