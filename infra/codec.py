"""Events and commands as JSON: the text of the log, and what comes in at the doors.

The body of an event is exactly what `encode` wrote, for ever: `decode(name, encode(event)) == event`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import inspect

import domain.everything  # noqa: F401 -- registers every event and command
from domain.kernel import Command, Event
from domain.sealed import Clear, Sealed
from infra.errors import InputError, IntegrityFault
from infra.learnt import learnt

AMOUNT = 'An amount is {"minor": 50000, "currency": "EUR"}, in minor units.'
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]]{0,99}")


class _Reference(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a sealed field stands in an event."""

    id: UUID
    subject: UUID
    group: str
    sha256: str
    remark: str = ""


def encode(event: Event) -> bytes:
    """The body of an event: JSON in the order of its fields, times in UTC.

    Raises:
        TypeError: a field holds clear text, or a type that JSON has no word for.
    """
    return _EVENT.encode(event)


def decode(name: str, body: bytes | str) -> Event:
    """The event that was stored under this name.

    Raises:
        IntegrityFault: no event has this name, or the body is not one of it.
    """
    try:
        return _decoder(name).decode(body)
    except msgspec.MsgspecError as error:
        raise IntegrityFault(f"A stored {name} cannot be read: {error}.") from error


def decode_command(name: str, body: bytes | str) -> Command:
    """The command of this name from a JSON object; personal fields come in as text and leave as `Clear`.

    Raises:
        InputError: naming the command or the field that is unknown, missing or of a wrong type.
    """
    _kind(name)
    try:
        told = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"The content of {name} is not JSON: {no_json(error)}.") from None
    if not isinstance(told, dict):
        raise InputError(f"The content of {name} must be a JSON object with its fields.")
    return convert_command(name, told)


def convert_command(name: str, told: dict[str, Any]) -> Command:
    """The same from the fields of a decoded object, such as an Avro record."""
    kind = _kind(name)
    for where, known in _unknown(told, _shape(kind), ""):
        said = f"has no field {where}" if NAME.fullmatch(where) else "does not have one of the fields told"
        raise InputError(f"{name} {said}.", hint=f"There is: {', '.join(known)}.")
    try:
        return msgspec.convert(told, learnt(kind), dec_hook=_clear_text)
    except msgspec.MsgspecError as error:
        said = in_words(str(error))
        hint = f"`carnet ask {name} --help` says what it takes."
        if "expected `object`, got `str`" in said:
            hint = f"{AMOUNT} {hint}"
        raise InputError(f"{name}: {said}.", hint=hint) from None


def canonical(command: Command) -> bytes:
    """The content of a command with its clear text, keys in order: what its keyed digest is taken of.

    It is personal data. It is never stored or logged.
    """
    return _CONTENT.encode(command)


def unknown_command(name: str, *, hint: str = "`carnet ask --help` lists them all.") -> InputError:
    """There is no command of this name, which is told only if it looks like one."""
    said = f"There is no command {name}." if NAME.fullmatch(name) else "There is no such command."
    return InputError(said, hint=hint)


def unknown_event(name: str) -> IntegrityFault:
    """There is no event of this name, and yet the log holds one."""
    return IntegrityFault(
        f"The log holds an event named {name}, which this version of Carnet has never seen.",
        hint="Run the version that wrote it, or a newer one.",
    )


def no_json(error: Exception) -> str:
    """Why bytes are not JSON."""
    match error:
        case RecursionError():
            return "it is nested too deeply"
        case UnicodeDecodeError():
            return "it is not UTF-8"
    return in_words(str(error))


def _kind(name: str) -> type[Command]:
    kind = Command.named.get(name)
    if kind is None:
        raise unknown_command(name)
    return kind


def _unknown(told: object, shape: inspect.Type, where: str) -> Iterator[tuple[str, list[str]]]:
    """The fields that were told and are not in the shape, by their paths, with those that are."""
    match told, shape:
        case dict(), inspect.DataclassType(fields=known):
            shapes = {field.name: field.type for field in known}
            for name, value in told.items():
                if name not in shapes:
                    yield f"{where}{name}", list(shapes)
                else:
                    yield from _unknown(value, shapes[name], f"{where}{name}.")
        case list(), inspect.VarTupleType(item_type=one):
            for index, value in enumerate(told):
                yield from _unknown(value, one, f"{where.removesuffix('.')}[{index}].")
        case _, inspect.UnionType(types=several):
            for one in several:
                yield from _unknown(told, one, where)
        case _:
            return


@cache
def _shape(kind: type) -> inspect.Type:
    return inspect.type_info(learnt(kind))


@cache
def _decoder(name: str) -> msgspec.json.Decoder[Event]:
    kind = Event.named.get(name)
    if kind is None:
        raise unknown_event(name)
    return msgspec.json.Decoder(learnt(kind), dec_hook=_reference)


def _stored(value: object) -> object:
    if type(value) is Sealed:
        return _Reference(value.id, value.subject, value.group, value.sha256, value.remark)
    raise TypeError(f"{type(value).__name__} has no place in an event")


def _told(value: object) -> object:
    return value.text if isinstance(value, Clear) else _stored(value)


def _reference(kind: type, value: object) -> object:
    if kind is Sealed:
        told = msgspec.convert(value, learnt(_Reference))
        return Sealed(told.id, told.subject, _group(told.group), told.sha256, told.remark)
    raise TypeError(f"{kind.__name__} has no place in an event")


# A purpose group that a newer version added must still read.
def _group(name: str) -> Any:
    return name


def _clear_text(kind: type, value: object) -> object:
    if kind is Sealed and isinstance(value, str):
        return Clear(value)
    raise ValueError(f"Expected text, got `{type(value).__name__}`")


def in_words(error: str) -> str:
    """Turn `Expected `int`, got `str` - at `$.price.minor`` round: the field in front, and no value quoted."""
    found = re.fullmatch(r"(?P<what>.*?)( - at `\$\.?(?P<where>[^`]*)`)?", error, re.DOTALL)
    assert found is not None
    what, where = found["what"], found["where"]
    if what.startswith("Invalid enum value"):
        what = "it has no such value"
    elif unknown := re.match("Object contains unknown field `(?P<name>.*)`", what, re.DOTALL):
        what = f"unknown field `{unknown['name']}`" if NAME.fullmatch(unknown["name"]) else "unknown field"
    if not what.startswith("JSON"):
        what = what[:1].lower() + what[1:]
    return f"field {where}: {what}" if where else what


_EVENT = msgspec.json.Encoder(enc_hook=_stored)
_CONTENT = msgspec.json.Encoder(enc_hook=_told, order="sorted")
