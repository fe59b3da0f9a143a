"""What is wrong with a command line, told without what was typed: that may be a person's name in the wrong place."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Literal, get_args, get_origin
from uuid import UUID

from cyclopts import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

OPTION = re.compile(r"--?[A-Za-z][A-Za-z0-9-]{0,60}")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,60}")
TAKES = {UUID: "a UUID", int: "a whole number", float: "a number", bool: "true or false"}


def in_words(fault: CycloptsError) -> str:
    """The sentence: it names the option, or a misspelt option or verb, and quotes no value."""
    match fault:
        case MissingArgumentError(argument=argument) if argument is not None:
            return f"{argument.name} is missing. Add --help to see what is needed."
        case UnknownOptionError():
            said = _unknown(fault)
        case CoercionError():
            said = _unreadable(fault)
        case RepeatArgumentError():
            said = f"{fault.token.keyword} is given more than once."
        case UnusedCliTokensError():
            said = "There is text that belongs to no option: put quotes round a text with spaces."
        case UnknownCommandError(unused_tokens=[typed, *_]) if WORD.fullmatch(typed):
            said = f"There is no {typed}."
        case UnknownCommandError():
            said = "There is no such verb."
        case CycloptsError(argument=argument) if argument is not None:
            said = f"{argument.name} cannot be read."
        case _:
            said = "The command line cannot be read."
    return f"{said} Add --help to see what it takes."


def _unknown(fault: UnknownOptionError) -> str:
    typed = (fault.token.keyword or fault.token.value).partition("=")[0]
    if not OPTION.fullmatch(typed):
        return "Something stands where an option should: put quotes round a text with spaces."
    known = [name for argument in fault.argument_collection for name in argument.names if argument.parse]
    near = get_close_matches(typed, known, n=1)
    return f"There is no option {typed}." + (f" Did you mean {near[0]}?" if near else "")


def _unreadable(fault: CoercionError) -> str:
    keyword = fault.token.keyword if fault.token else None
    name = keyword or (fault.argument.name if fault.argument else "A value")
    kind: object = fault.target_type
    if get_origin(kind) is Literal:
        return f"{name} must be one of {', '.join(str(one) for one in get_args(kind))}."
    takes = next((said for one, said in TAKES.items() if one is kind), None)
    return f"{name} must be {takes}." if takes else f"{name} cannot be read."
