"""Holds what was found against what was expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.scenarios.naming import whole
from app.scenarios.steps import Expected, Fields


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a step, in words; `differs` are lines that say where that is not what was expected."""

    says: str
    differs: tuple[str, ...] = ()


def same(what: str, expected: Sequence[str], found: Sequence[str]) -> Found:
    """Whether these are the same words, in the same order."""
    said = ", ".join(found) or f"no {what}"
    if list(expected) == list(found):
        return Found(said)
    return Found(said, (f"expected: {', '.join(expected) or f'no {what}'}", f"found: {said}"))


def events_differing(expected: Sequence[Expected], found: Sequence[tuple[str, Fields]]) -> Found:
    """Whether these are the events, in this order, and have the fields that are expected of them."""
    wanted = [one if isinstance(one, str) else str(one.get("event")) for one in expected]
    names = same("events", wanted, [name for name, _ in found])
    if names.differs:
        return names
    said: list[str] = []
    differs: list[str] = []
    for one, (name, fields) in zip(expected, found, strict=True):
        more = {} if isinstance(one, str) else {key: value for key, value in one.items() if key != "event"}
        came = differing(more, fields)
        said.append(f"{name} ({came.says})" if more else name)
        differs += came.differs
    return Found(", ".join(said) or names.says, tuple(differs))


def differing(expected: Mapping[str, object], found: Mapping[str, object], *, says: str = "") -> Found:
    """Whether each expected key has its value. With `says`, that is what came of it."""
    differs = []
    for key, value in expected.items():
        name = whole(key, found)
        if name not in found:
            differs += [f"expected: {key} {written(value)}", f"found: no {key}; there are {', '.join(found)}"]
        elif found[name] != value:
            differs += [f"expected: {key} {written(value)}", f"found: {key} {written(found[name])}"]
    if differs and says:
        differs.append(says)
    return Found(says or fields_of(expected), tuple(differs))


def rows_differing(expected: Sequence[Mapping[str, object]], found: Sequence[object]) -> Found:
    """Whether each expected row is there, and no other; a row may have more columns than are expected."""
    left = [row for row in found if isinstance(row, dict)]
    if len(left) != len(expected):
        return Found("", (f"expected: {rows_of(expected)}", f"found: {rows_of(left)}"))
    missing = []
    for row in expected:
        fitting = next((one for one in left if not differing(row, one).differs), None)
        if fitting is None:
            missing.append(row)
        else:
            left.remove(fitting)
    if not missing:
        return Found(f"{rows_of(expected)}: {'; '.join(map(fields_of, expected))}" if expected else "no rows")
    if len(missing) == 1:
        return Found("", differing(missing[0], left[0]).differs)
    keys = {whole(key, left[0]): None for row in missing for key in row}
    found_rows = [f"found: {fields_of({key: one.get(key) for key in keys})}" for one in left]
    return Found("", (*(f"expected: {fields_of(row)}" for row in missing), *found_rows))


def rows_of(rows: Sequence[object]) -> str:
    return "1 row" if len(rows) == 1 else f"{len(rows) or 'no'} rows"


def fields_of(row: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {written(value)}" for key, value in row.items())


def written(value: object) -> str:
    """A value as one reads it."""
    match value:
        case bool():
            return str(value).lower()
        case "":
            return "none"
        case list():
            return f"[{', '.join(map(written, value))}]"
    return str(value)
