"""What a command must keep to, so that every event can be read, published and added up for ever.

The log cannot be mended, so what one of its readers could not take must never enter it: PostgreSQL has no NUL
in its texts and no whole number beyond 64 bits, and Python no year before 1. Every command passes here on its
way to the vault and the log, whoever asks it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any, Final, TypeVar

from msgspec import inspect

from domain.kernel import Command
from domain.money import Money
from domain.sealed import Clear, Sealed
from infra.errors import InputError
from infra.learnt import learnt

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
NUMBER_MAX: Final = 10**9
# Sums are kept in 64 bits: even 900,000 of the largest amounts stay below that.
MINOR_MAX: Final = 10**13
TEXT_MAX: Final = 1_000
PERSONAL_MAX: Final = 10_000
ENTRIES_MAX: Final = 200
BODY_BYTES_MAX: Final = 64 * 1024
ACTOR: Final = r"[A-Za-z0-9._:/+-]{1,100}"

C = TypeVar("C", bound=Command)
# Takes the value of one field and returns it, a time in UTC; the type of the field says which of these it is.
Check = Callable[[Any], Any]

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ACTOR = re.compile(ACTOR)
_FREE = (
    inspect.BoolType,
    inspect.UUIDType,
    inspect.LiteralType,  # msgspec has compared it already
)


class OutOfBounds(ValueError):
    """What is wrong with a value, which it does not quote, and the path of the field that holds it."""

    def __init__(self, says: str, where: str = "") -> None:
        super().__init__(says)
        self.where = where

    def under(self, name: str) -> OutOfBounds:
        """The same, of a field of the record or tuple that has this name."""
        dot = "." if self.where and not self.where.startswith("[") else ""
        return OutOfBounds(str(self), f"{name}{dot}{self.where}")


def bounded(command: C) -> C:
    """The command, with its times in UTC.

    Raises:
        InputError: a field is not within the bounds; it is named, and its value is not quoted.
    """
    try:
        kept: C = check_of(type(command))(command)
    except OutOfBounds as fault:
        raise InputError(f"{type(command).__name__}: field {fault.where}: {fault}.") from None
    return kept


def moment(time: datetime) -> datetime:
    """The time in UTC. Raises OutOfBounds: it has no zone, or lies outside 1900 to 2200."""
    if time.utcoffset() is None:
        raise OutOfBounds("the time has no zone; add Z for UTC, or the offset")
    if not EARLIEST <= time < LATEST:
        raise OutOfBounds("the time must lie between 1900 and 2200")
    return time if time.tzinfo is UTC else time.astimezone(UTC)


@lru_cache
def actor(name: str) -> str:
    """The id of who asks. Raises InputError if it is not opaque."""
    if not _ACTOR.fullmatch(name):
        raise InputError(
            "The actor is no opaque id.",
            hint="It has at most 100 letters, digits and . _ : / + -, and is no person's name.",
        )
    return name


@cache
def check_of(kind: type[Command]) -> Check:
    """How a command of this class is checked. Raises TypeError: a field has a type without bounds."""
    shape = inspect.type_info(learnt(kind))
    assert isinstance(shape, inspect.DataclassType)
    return _record(shape)


def _check(shape: inspect.Type, *, required: bool) -> Check | None:
    """How a field of this type is checked; None if each of its values will do."""
    match shape:
        case inspect.StrType():
            return _filled if required else text
        case inspect.IntType():
            return number
        case inspect.DateTimeType():
            return moment
        case inspect.DateType():
            return day
        case inspect.CustomType(cls=kind) if kind is Sealed:
            return _filled_personal if required else _personal
        case inspect.DataclassType(cls=kind) if kind is Money:
            return _amount
        case inspect.DataclassType():
            return _record(shape)
        case inspect.VarTupleType(item_type=one):
            return _entries(_check(one, required=True))
        case inspect.UnionType(types=types):
            (bare,) = (one for one in types if not isinstance(one, inspect.NoneType))
            return _check(bare, required=required)
        case _ if isinstance(shape, _FREE):
            return None
    raise TypeError(f"{shape} has no bounds")


def _record(shape: inspect.DataclassType) -> Check:
    checks = [
        (field.name, check)
        for field in shape.fields
        if (check := _check(field.type, required=field.required)) is not None
    ]

    def check_record(record: Any) -> Any:
        changes = {}
        for name, check in checks:
            value = getattr(record, name)
            if value is None:
                continue
            try:
                kept = check(value)
            except OutOfBounds as fault:
                raise fault.under(name) from None
            if kept is not value:
                changes[name] = kept
        return replace(record, **changes) if changes else record

    return check_record


def _entries(check: Check | None) -> Check:
    def check_entries(entries: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(entries) > ENTRIES_MAX:
            raise OutOfBounds(f"it may have at most {ENTRIES_MAX} entries")
        if check is None:
            return entries
        kept = []
        for index, entry in enumerate(entries):
            try:
                kept.append(check(entry))
            except OutOfBounds as fault:
                raise fault.under(f"[{index}]") from None
        unchanged = all(one is other for one, other in zip(kept, entries, strict=True))
        return entries if unchanged else tuple(kept)

    return check_entries


def text(told: str, longest: int = TEXT_MAX) -> str:
    """The text. Raises OutOfBounds: it is too long, or holds what is no character."""
    if len(told) > longest:
        raise OutOfBounds(f"the text may have at most {longest:,} characters")
    if not told.isprintable() and _UNPRINTABLE.search(told):
        raise OutOfBounds("the text holds a character that is none; only line ends and tabs may be in it")
    return told


def _filled(told: str) -> str:
    if not told.strip():
        raise OutOfBounds("the text is empty")
    return text(told)


def _personal(value: Sealed) -> Sealed:
    if isinstance(value, Clear):
        text(value.text, PERSONAL_MAX)
    return value


def _filled_personal(value: Sealed) -> Sealed:
    if isinstance(value, Clear) and not value.text.strip():
        raise OutOfBounds("the text is empty")
    return _personal(value)


def number(told: int) -> int:
    """The number. Raises OutOfBounds."""
    if not -NUMBER_MAX <= told <= NUMBER_MAX:
        raise OutOfBounds(f"the number must lie between -{NUMBER_MAX:,} and {NUMBER_MAX:,}")
    return told


def _amount(amount: Money) -> Money:
    if not -MINOR_MAX <= amount.minor <= MINOR_MAX:
        raise OutOfBounds(f"the amount must lie between -{MINOR_MAX:,} and {MINOR_MAX:,} minor units")
    return amount


def day(told: date) -> date:
    """The day. Raises OutOfBounds: it lies outside 1900 to 2200."""
    if not EARLIEST.date() <= told < LATEST.date():
        raise OutOfBounds("the day must lie between 1900 and 2200")
    return told
