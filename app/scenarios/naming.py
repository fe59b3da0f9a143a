"""What a story says for ids, hashes and amounts, and what a program says.

A field of a command may stand without its `_id` or `_sha256`: `order = "Anna's order"` is the id that stands for
this name in this scenario, `terms = "the contract"` the hash of this text. Amounts are written `500.00 USD`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from hashlib import sha256
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import inspect

from app.scenarios.reading import noon
from domain.checks import SHA256
from domain.kernel import Command, Rule
from domain.money import Money
from infra.codec import convert_command, unknown_command
from infra.errors import InputError
from infra.learnt import learnt

AMOUNT: Final = re.compile(r"(-?\d+)\.(\d\d) ([A-Z]{3})")


class Names:
    """The ids of one scenario, by name: the same name is the same id in every run."""

    def __init__(self, scenario: str) -> None:
        self._space = uuid5(NAMESPACE_URL, f"carnet:scenario:{scenario}")
        self._names: dict[UUID, str] = {}

    def id(self, name: str) -> UUID:
        """The id that the name stands for."""
        found = uuid5(self._space, name)
        self._names[found] = name
        return found

    def plain(self, value: object) -> object:
        """A value as a scenario writes it: names for ids, "" for nothing."""
        match value:
            case None:
                return ""
            case UUID():
                return self._names.get(value, str(value))
            case str():
                return value
            case Mapping():
                return {key: self.plain(one) for key, one in value.items()}
            case Sequence() | frozenset():
                return [self.plain(one) for one in value]
            case Money():
                return amount(value)
            case Rule():
                return str(value)
        return self.fields(value) if is_dataclass(value) else value

    def fields(self, value: object) -> dict[str, object]:
        """The fields of a dataclass, such as an event, as a scenario writes them."""
        return {name: self.plain(getattr(value, name)) for name in getattr(value, "__dataclass_fields__", ())}

    def in_words(self, text: str) -> str:
        """A sentence with the names in it instead of the ids."""
        for known, name in self._names.items():
            text = text.replace(str(known), name)
        return text

    def command(self, kind: str, told: Mapping[str, object]) -> Command:
        """The command of this class with these fields. Raises InputError."""
        known = Command.named.get(kind)
        if known is None:
            raise unknown_command(kind)
        return convert_command(kind, self._record(inspect.type_info(learnt(known)), told))

    def _record(self, shape: inspect.Type, told: Mapping[str, object]) -> dict[str, object]:
        assert isinstance(shape, inspect.DataclassType)
        shapes = {field.name: field.type for field in shape.fields}
        record = {}
        for key, value in told.items():
            name = whole(key, shapes)
            if name.endswith("_sha256") and isinstance(value, str) and not SHA256.fullmatch(value):
                value = sha256(value.encode()).hexdigest()  # noqa: PLW2901 -- the hash of the text
            record[name] = self._value(shapes[name], value) if name in shapes else value
        return record

    def _value(self, shape: inspect.Type, told: object) -> object:
        match shape, told:
            case inspect.UUIDType(), str():
                return self.id(told)
            case inspect.DataclassType(cls=kind), str() if kind is Money:
                return asdict(money(told))
            case inspect.DataclassType(), dict():
                return self._record(shape, told)
            case inspect.VarTupleType(item_type=one), list():
                return [self._value(one, item) for item in told]
            case inspect.DateTimeType(), date():
                return noon(told)
            case inspect.UnionType(types=several), _:
                bare = [one for one in several if not isinstance(one, inspect.NoneType)]
                return self._value(bare[0], told) if len(bare) == 1 else told
        return told


def whole(key: str, known: Container[str]) -> str:
    """The name of the field that a story may call by this shorter one."""
    return next((name for name in (key, f"{key}_id", f"{key}_sha256") if name in known), key)


def money(text: str) -> Money:
    """An amount as a story writes it, with two digits after the point. Raises InputError."""
    found = AMOUNT.fullmatch(text)
    if found is None:
        raise InputError(f"{text!r} is not an amount.", hint="Write it as 500.00 USD.")
    return Money(int(found[1] + found[2]), found[3])


def amount(of: Money) -> str:
    """An amount as a story writes it."""
    units, rest = divmod(abs(of.minor), 100)
    return f"{'-' if of.minor < 0 else ''}{units}.{rest:02} {of.currency}"
