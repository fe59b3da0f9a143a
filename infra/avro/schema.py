"""The Avro schema of an event, told by its class.

    str -> string                      Literal["a", "b"] -> string, its words in the field's doc
    int -> long                        UUID -> string (uuid)
    bool -> boolean                    datetime -> long (timestamp-micros)
    X | None -> union with null        date -> int (date)
    tuple[X, ...] -> array             Money, Sealed, Rule, frozen dataclasses -> record

There are no floats, no maps and no Avro enums: a new word in an enum breaks readers that do not know it.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Literal, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from domain.kernel import Event, Rule
from domain.money import Money
from domain.sealed import Sealed

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
Schema: TypeAlias = dict[str, Json]

ROOT = "carnet"
SHARED = (Money, Rule, Sealed)  # they belong to no family, so their full names name none
SEALED: dict[str, object] = {"id": UUID, "subject": UUID, "group": str, "sha256": str, "remark": str}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PLAIN: dict[object, Json] = {
    str: "string",
    bool: "boolean",
    int: "long",
    UUID: {"type": "string", "logicalType": "uuid"},
    datetime: {"type": "long", "logicalType": "timestamp-micros"},
    date: {"type": "int", "logicalType": "date"},
}


@cache
def record_name(event: type[Event]) -> str:
    """The full name of an event's record, `carnet.orders.ContractSigned`."""
    return f"{ROOT}.{event.family}.{event.__name__}"


def schema_of(event: type[Event]) -> Schema:
    """The schema of an event class.

    Raises:
        TypeError: a field has a type that no schema is made of; the sentence names event and field.
    """
    return _Drawing(event).record(event)


def text_of(schema: Schema) -> str:
    """What is locked of a schema: all but its documentation, as JSON without white space, in the order it was
    written. It is the text to give to a registry."""
    return msgspec.json.encode(_undocumented(schema)).decode()


def hints_of(kind: type) -> dict[str, object]:
    """The fields of a record and their types, in order."""
    if kind is Sealed:
        return SEALED
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def optional(hint: object) -> object | None:
    """The X of `X | None`; None for any other type."""
    if get_origin(hint) in (Union, types.UnionType):
        others: list[object] = [part for part in get_args(hint) if part is not types.NoneType]
        if len(others) == 1 < len(get_args(hint)):
            return others[0]
    return None


def item(hint: object) -> object | None:
    """The X of `tuple[X, ...]`; None for any other type."""
    parts = get_args(hint)
    return parts[0] if get_origin(hint) is tuple and len(parts) == 2 and parts[1] is Ellipsis else None


def is_record(hint: object) -> bool:
    return hint is Sealed or (isinstance(hint, type) and is_dataclass(hint))


class _Drawing:
    """One schema in the making: a record is drawn where it is first met, and named after that."""

    def __init__(self, event: type[Event]) -> None:
        self._event = event
        self._drawn: set[type] = set()

    def record(self, kind: type) -> Schema:
        self._drawn.add(kind)
        drawn: Schema = {"type": "record", "name": kind.__name__, "namespace": self._namespace(kind)}
        if doc := _doc(kind):
            drawn["doc"] = doc
        defaults = {} if kind is Sealed else {field.name: field for field in fields(kind)}
        drawn["fields"] = [
            self._field(name, hint, defaults.get(name)) for name, hint in hints_of(kind).items()
        ]
        return drawn

    def _field(self, name: str, hint: object, field: Field[object] | None) -> Json:
        default = _default(field)
        inner = optional(hint)
        drawn: Schema = {"name": name}
        if inner is not None:
            kind = self._type(name, inner)
            drawn["type"] = ["null", kind] if default in (MISSING, None) else [kind, "null"]
            default = None if default is MISSING else default
        else:
            drawn["type"] = self._type(name, hint)
        if words := _words(hint):
            lead = "Each is one" if item(inner or hint) else "One"
            drawn["doc"] = f"{lead} of {', '.join(words)}; more may come."
        if default is not MISSING:
            drawn["default"] = _plain(default)
        return drawn

    def _type(self, name: str, hint: object) -> Json:
        if (plain := PLAIN.get(hint)) is not None:
            return plain
        if get_origin(hint) is Literal and all(isinstance(word, str) for word in get_args(hint)):
            return "string"
        if (inner := item(hint)) is not None:
            return {"type": "array", "items": self._type(name, inner)}
        if is_record(hint):
            assert isinstance(hint, type)
            if hint in self._drawn:
                return f"{self._namespace(hint)}.{hint.__name__}"
            return self.record(hint)
        raise TypeError(
            f"{self._event.__name__}.{name} is {hint}: an event holds text, whole numbers, truth values, "
            "ids, times, Money, Sealed, tuples of one type and frozen dataclasses of these."
        )

    def _namespace(self, kind: type) -> str:
        return ROOT if kind in SHARED else f"{ROOT}.{self._event.family}"


def _undocumented(part: Json) -> Json:
    if isinstance(part, list):
        return [_undocumented(one) for one in part]
    if isinstance(part, dict) and "type" in part:
        return {name: _undocumented(one) for name, one in part.items() if name != "doc"}
    return part


def _doc(kind: type) -> str:
    """The docstring's first paragraph; a dataclass without one has its signature there, which tells nothing."""
    told = kind.__doc__ or ""
    return "" if told.startswith(f"{kind.__name__}(") else " ".join(told.split("\n\n")[0].split())


def _words(hint: object) -> tuple[str, ...]:
    inner = optional(hint) or item(hint)
    if inner is not None:
        return _words(inner)
    return get_args(hint) if get_origin(hint) is Literal else ()


def _default(field: Field[object] | None) -> object:
    if field is None:
        return MISSING
    return field.default if field.default_factory is MISSING else field.default_factory()


def _plain(value: object) -> Json:
    """A default as Avro writes it into a schema."""
    match value:
        case None | bool() | int() | str():
            return value
        case UUID():
            return str(value)
        case datetime():
            return round((value - EPOCH).total_seconds() * 1_000_000)
        case date():
            return (value - EPOCH.date()).days
        case tuple():
            return [_plain(one) for one in value]
        case _:
            return {name: _plain(getattr(value, name)) for name in hints_of(type(value))}
