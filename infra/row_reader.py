"""Reads rows of a table into the frozen dataclasses that they stand for. Everything that is wrong with a row is
told, not only the first: unknown keys, missing keys, and each value of a wrong type."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec

from domain.catalogue.faults import Fault
from domain.markets.validity import Moment, parse_moment
from infra.toml_lines import Keys

R = TypeVar("R")


class RowReader:
    """Gathers what is wrong in `faults`, in order."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def wrong(self, path: Keys, says: str) -> None:
        self.faults.append(Fault(path, says))

    def row(
        self,
        kind: type[R],
        raw: object,
        path: Keys,
        *,
        given: Mapping[str, object] | None = None,
        excused: Collection[str] = (),
    ) -> R | None:
        """A row; None if something is wrong with it. `given` are fields that it may leave out, `excused` such
        whose fault was told elsewhere."""
        before = len(self.faults)
        values = {**(given or {}), **self.fields(kind, raw, path)}
        missing = [name for name in _required(kind) if name not in values]
        told = {*excused, *(raw if isinstance(raw, dict) else missing)}
        for name in missing:
            if name not in told:
                self.wrong(path, f"{name} is missing")
        return None if missing or len(self.faults) > before else kind(**values)

    def entries(self, raw: object, path: Keys) -> list[object]:
        """What a list holds; nothing, and a fault, if it is none."""
        if isinstance(raw, list):
            return raw
        self.wrong(path, f"a list of rows, [[{path[-1]}]], is wanted here")
        return []

    def fields(self, kind: type[Any], raw: object, path: Keys) -> dict[str, Any]:
        """Those fields of a row that can be read."""
        if not isinstance(raw, dict):
            self.wrong(path, f"a table of keys and values is wanted here, not {raw!r}")
            return {}
        hints = _hints(kind)
        values: dict[str, Any] = {}
        for name, value in raw.items():
            before = len(self.faults)
            if name not in hints:
                self.wrong((*path, name), f"unknown key {name}; known are {', '.join(sorted(hints))}")
                continue
            read = self._value(hints[name], value, (*path, name))
            if len(self.faults) == before:
                values[name] = read
        return values

    def _value(self, hint: Any, value: object, path: Keys) -> object:
        kinds = [kind for kind in get_args(hint) or (hint,) if kind is not NoneType]
        if get_origin(hint) is tuple and isinstance(value, list):
            return tuple(self._value(kinds[0], entry, (*path, n)) for n, entry in enumerate(value))
        if get_origin(hint) is Mapping and isinstance(value, dict):
            return {key: self._value(kinds[1], entry, (*path, key)) for key, entry in value.items()}
        if is_dataclass(hint) and hint is not Moment:
            return self.row(cast("type[object]", hint), value, path)
        try:
            if kinds[0] is Moment:
                return _moment(value.isoformat() if type(value) is date else msgspec.convert(value, str))
            return msgspec.convert(value, hint, builtin_types=(date,))
        except ValueError as fault:
            self.wrong(path, f"{next(key for key in path[::-1] if isinstance(key, str))}: {fault}")
            return None


def _moment(text: str) -> Moment:
    moment = parse_moment(text)
    if moment.by:
        raise ValueError(f"{text} may be any earlier day: write a day, month, quarter or year")
    return moment


def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _required(kind: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING)
