"""Scenarios are read from `stories/*.toml`, one a file. All that is wrong with a file is told, with its lines."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import msgspec

from app.scenarios.steps import KINDS, Broken, Fields, Placed, Scenario, Step
from infra.codec import in_words
from infra.errors import InputError
from infra.toml_parsing import parsed

STORIES: Final = Path(__file__).parent / "stories"
KEYS: Final = frozenset({"title", "source", "step", "broken"})
HEADER: Final = re.compile(r"\s*(\[\[step\]\]|\[broken\])")
NOON: Final = time(12, tzinfo=UTC)


def names(folder: Path = STORIES) -> list[str]:
    """Every scenario there is."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def scenario(name: str, folder: Path = STORIES, *, broken: bool = False) -> Scenario:
    """The scenario of this name.

    Raises:
        InputError: there is none, or its file is wrong.
    """
    known = names(folder)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"The nearest is {near[0]}." if near else f"There are {', '.join(known)}."
        raise InputError(f"There is no scenario {name}.", hint=hint)
    return read(folder / f"{name}.toml", broken=broken)


def read(path: Path, *, broken: bool = False) -> Scenario:
    """The scenario of a file; with `broken`, the one that must fail. Raises InputError."""
    try:
        text = path.read_text(encoding="utf-8")
        told = parsed(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise InputError(f"{shown(path)} cannot be read: {fault}.") from fault
    draft = Draft(path, text, told)
    faults = [f"{shown(path)}:{line}: {says}" for line, says in draft.faults()]
    if faults:
        raise InputError("\n".join(faults))
    return draft.scenario(broken=broken)


def shown(path: Path) -> str:
    """A path as a person here would type it."""
    near = os.path.relpath(path)
    return str(path) if near.startswith("..") else near


def noon(value: object) -> object:
    """A day as a moment: at noon UTC it is the same day from Honolulu to Sydney."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, NOON)
    return value


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that may be wrong."""

    path: Path
    text: str
    told: Fields

    def scenario(self, *, broken: bool) -> Scenario:
        change = msgspec.convert(self.told["broken"], Broken)
        steps = [
            merged(raw, change.to) if broken and raw.get("name") == change.change else raw
            for raw in self.steps()
        ]
        return Scenario(
            name=self.path.stem,
            path=self.path,
            title=str(self.told["title"]),
            source=str(self.told["source"]),
            steps=tuple(Placed(step(raw), line) for raw, line in zip(steps, self.lines(), strict=True)),
            broken=change,
            is_broken=broken,
        )

    def faults(self) -> Iterator[tuple[int, str]]:
        """Each fault with its line, in order."""
        if unknown := sorted(self.told.keys() - KEYS):
            yield 1, f"there is no key {unknown[0]}: a scenario has {', '.join(sorted(KEYS))}"
        for key in ("title", "source"):
            if not (isinstance(self.told.get(key), str) and self.told[key]):
                yield 1, f"it needs a {key}, a text"
        if not self.steps():
            yield 1, "it has no [[step]]"
        found: set[object] = set()
        clock = datetime.min.replace(tzinfo=UTC)
        for raw, line in zip(self.steps(), self.lines(), strict=True):
            try:
                step(raw)
            except InputError as fault:
                yield line, str(fault)
            if (name := raw.get("name")) and name in found:
                yield line, f"there is a step {name!r} already"
            found.add(name)
            if isinstance(at := noon(raw.get("at")), datetime) and at.tzinfo:
                if at < clock:
                    yield line, "the clock cannot go back: this is before an earlier step"
                clock = max(at, clock)
        yield from self._broken_faults(found - {None})

    def steps(self) -> list[Fields]:
        found = self.told.get("step", [])
        return found if isinstance(found, list) else []

    def lines(self) -> list[int]:
        return [number for number, header in self._headers() if header == "[[step]]"]

    def _headers(self) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(self.text.splitlines(), start=1):
            if found := HEADER.match(line):
                yield number, found[1]

    def _broken_faults(self, named: set[object]) -> Iterator[tuple[int, str]]:
        line = next((number for number, header in self._headers() if header == "[broken]"), 1)
        try:
            change = msgspec.convert(self.told.get("broken"), Broken)
        except msgspec.ValidationError as fault:
            yield (
                line,
                f"it needs a table [broken], the change that it must fail with: {in_words(str(fault))}",
            )
            return
        for key, name in (("change", change.change), ("fails_at", change.fails_at)):
            if name not in named:
                yield line, f"`{key}` names the step {name!r}, and no step has this `name`"
        for raw in self.steps():
            if raw.get("name") == change.change:
                try:
                    step(merged(raw, change.to))
                except InputError as fault:
                    yield line, f"with the change, {fault}"


def step(raw: Fields) -> Step:
    """One step from its table. Raises InputError."""
    kinds = [kind for key, kind in KINDS.items() if key in raw]
    if len(kinds) != 1:
        raise InputError(f"a step has just one of the keys {', '.join(KINDS)}")
    try:
        return msgspec.convert({key: noon(value) for key, value in raw.items()}, kinds[0])
    except msgspec.ValidationError as fault:
        raise InputError(f"the step is wrong: {in_words(str(fault))}") from None


def merged(raw: Fields, change: Fields) -> Fields:
    """A table with some of its keys changed, also within tables of it."""
    result = dict(raw)
    for key, value in change.items():
        before = result.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        result[key] = merged(before, value) if both else value  # type: ignore[arg-type] # both are tables
    return result
