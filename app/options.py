"""The command line's options for a command class, made from its fields, and its body made from them."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from cyclopts import Parameter

from domain.kernel import Command
from domain.money import Money
from domain.sealed import Sealed
from infra.errors import InputError

# What a shell hands over for one option, after cyclopts has converted it.
Value = str | int | bool | UUID | list[str] | None
# What JSON can hold.
Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def signature(command: type[Command], common: list[inspect.Parameter]) -> inspect.Signature:
    """One keyword-only parameter a field, required where the field has no default, then the common ones."""
    hints = get_type_hints(command)
    own = [_parameter(f, hints[f.name]) for f in fields(command)]
    return inspect.Signature([*own, *common])


def body(command: type[Command], values: Mapping[str, Value]) -> bytes:
    """The JSON body of a command from its options; what was not given is left to the class's default.

    Raises:
        InputError: an option cannot be read; it is named.
    """
    hints = get_type_hints(command)
    given = {
        f.name: _json(f.name, hints[f.name], values[f.name])
        for f in fields(command)
        if values.get(f.name) is not None
    }
    return json.dumps(given).encode()


def _parameter(f: Field[Any], hint: object) -> inspect.Parameter:
    optional = f.default is not MISSING or f.default_factory is not MISSING
    kind, said = _option(_bare(hint))
    shown = Parameter(
        help=said,
        name=_dashed(f.name),
        allow_leading_hyphen=_bare(hint)
        is Money,  # a negative amount is refused, and not taken for an option
    )
    annotation = Annotated[kind | None, shown] if optional else Annotated[kind, shown]
    return inspect.Parameter(
        f.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=annotation,
        default=None if optional else inspect.Parameter.empty,
    )


# The pair is (type for cyclopts, help); cyclopts takes any type object here, so the type is Any.
def _option(hint: Any) -> tuple[Any, str]:
    if get_origin(hint) is Literal:
        return hint, ""
    if hint in (int, bool, UUID):
        return hint, ""
    if hint is Money:
        return str, "an amount: minor units and currency, as in '50000 EUR'"
    if hint is Sealed:
        return str, "personal, sealed before anything else sees it; @FILE reads it from a file"
    if hint is datetime:
        return str, "a time with its offset, as in 2026-03-31T23:30:00Z"
    if hint is date:
        return str, "a day, as in 2026-03-31"
    if get_origin(hint) is tuple and get_args(hint)[0] is str:
        return list[str], "may be given several times"
    if get_origin(hint) is tuple or is_dataclass(hint):
        return str, f"JSON: {_shape(hint)}"
    return str, ""


def _shape(hint: Any) -> str:
    if get_origin(hint) is tuple:
        return f"[{_shape(get_args(hint)[0])}, …]"
    if is_dataclass(hint) and isinstance(hint, type):
        inner = ", ".join(f'"{f.name}": {getattr(f.type, "__name__", f.type)}' for f in fields(hint))
        return "{" + inner + "}"
    return getattr(hint, "__name__", str(hint))


def _json(name: str, hint: object, value: Value) -> Json:
    bare: Any = _bare(hint)
    if bare is Sealed and str(value).startswith("@"):
        return _file(name, str(value)[1:])
    if bare is Money:
        return _money(name, str(value))
    if isinstance(value, UUID):
        return str(value)
    if not is_text(value):
        raise InputError(f"{_dashed(name)} is not UTF-8.")
    if isinstance(value, list):
        return list(value)
    if isinstance(value, str) and (is_dataclass(bare) or get_origin(bare) is tuple):
        try:
            read: Json = json.loads(value)
        except (ValueError, RecursionError) as error:
            where = (
                f": {error.msg} at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
            )
            raise InputError(
                f"{_dashed(name)} is not JSON{where}.", hint=f"It takes {_shape(bare)}."
            ) from None
        return read
    return value


def _money(name: str, text: str) -> Json:
    minor, _, currency = text.partition(" ")
    if not re.fullmatch(r"-?[0-9]{1,18}", minor) or not currency:
        raise InputError(
            f"{_dashed(name)} is not an amount.",
            hint="Give minor units and a currency, as in '50000 EUR' for 500 euros.",
        )
    return {"minor": int(minor), "currency": currency.strip()}


def _file(name: str, path: str) -> str:
    """The text of a file: what stands on a command line, others can see."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InputError(f"{_dashed(name)} names a file that cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{_dashed(name)} names a file that is not UTF-8.") from None


def is_text(value: Value) -> bool:
    """Whether no byte was typed that is not UTF-8: Python keeps such as half of a surrogate pair."""
    texts = value if isinstance(value, list) else [value]
    return not any(isinstance(text, str) and re.search("[\ud800-\udfff]", text) for text in texts)


def _dashed(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _bare(hint: object) -> object:
    """The type without `| None`."""
    if get_origin(hint) in (Union, UnionType):
        kept = [a for a in get_args(hint) if a is not NoneType]
        if len(kept) == 1:
            return kept[0]
    return hint
