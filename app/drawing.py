"""The tables of the reference, each drawn from the very thing that it describes, as Markdown."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from importlib import import_module
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from cyclopts import App

import projections
from app.cli import VERBS
from app.markdown import first, line, names, table
from app.market_tables import agreements, assignments, distributions, laws, rulings, terms
from domain.compliance.audit import OF_ORDERS, OF_VEHICLES
from domain.kernel import Command, Event, Request
from domain.money import Money
from domain.sealed import Sealed
from infra.settings import TABLE
from projections.columns import shape

CHAPTERS: Final = {
    "orders": "Orders",
    "handovers": "Handovers (on the order's stream)",
    "allocations": "Cars and their allocation",
    "service": "Service visits",
    "settlements": "Settlements (confidential)",
    "markets": "Markets",
    "partners": "Partners",
}
PLAIN: Final[dict[object, str]] = {
    UUID: "id",
    datetime: "time",
    date: "day",
    str: "text",
    int: "number",
    bool: "yes or no",
    Money: "money",
    Sealed: "sealed text",
}


def verbs() -> str:
    """Every verb and sub-verb, with the first sentence of its help."""
    return table(("Verb", "What it does"), _verbs())


def _verbs() -> Iterator[Sequence[str]]:
    for verb, place in VERBS.items():
        module, _, name = place.partition(":")
        found = getattr(import_module(module), name)
        if not isinstance(found, App):
            yield f"`carnet {verb}`", first(inspect.getdoc(found))
            continue
        if found.default_command:
            yield f"`carnet {verb}`", first(inspect.getdoc(found.default_command))
        for sub in found.resolved_commands() if verb != "ask" else ():
            if not sub.startswith("-"):
                yield f"`carnet {verb} {sub}`", first(found[sub].help)
        if verb == "ask":
            yield "`carnet ask COMMAND`", "Ask or report one thing; the commands stand below."


def settings() -> str:
    """Every setting."""
    rows = (
        (f"`{one.variable}`", f"`{one.default}`" if one.default else "", one.accepts, one.purpose)
        for one in TABLE
    )
    return table(("Variable", "Default", "Accepts", "What it is for"), rows)


def commands() -> str:
    """Every command, chapter by chapter, with its fields."""
    return _by_chapter(Command.named.values(), ("Command", "Kind", "Fields", "What it does"), _command_row)


def _command_row(command: type[Command]) -> Sequence[str]:
    kind = "request" if issubclass(command, Request) else "report"
    return f"`{command.__name__}`", kind, _fields(command), _said(command)


def events() -> str:
    """Every event, chapter by chapter, with its fields."""
    return _by_chapter(Event.named.values(), ("Event", "Fields", "What it says"), _event_row)


def _event_row(event: type[Event]) -> Sequence[str]:
    return f"`{event.__name__}`", _fields(event), _said(event)


def read_models() -> str:
    """Every table that the projections write."""
    rows = (
        (
            one.name,
            f"`read.{row.table}`",
            names(row.key),
            names(column.name for column in shape(row).columns if column.name not in row.key),
        )
        for one in projections.ALL
        for row in one.rows
    )
    return table(("Projection", "Table", "Key", "Further columns"), rows)


def rules() -> str:
    """Every rule of the audit, in the words of its function."""
    asked = (*OF_ORDERS, *OF_VEHICLES)
    rows = ((str(rule), *_told(inspect.getdoc(function))) for rule, function, *_ in asked)
    return table(("Rule", "What it finds", "Source"), rows)


def _told(said: str | None) -> tuple[str, str]:
    text, _, source = line(said).partition("Source: ")
    return text, source


TABLES: Final[dict[str, Callable[[], str]]] = {
    "verbs": verbs,
    "settings": settings,
    "commands": commands,
    "events": events,
    "read-models": read_models,
    "rules": rules,
    "distributions": distributions,
    "laws": laws,
    "rulings": rulings,
    "terms": terms,
    "assignments": assignments,
    "agreements": agreements,
}


def _by_chapter(
    classes: Iterable[type[Any]], columns: Sequence[str], row: Callable[[type[Any]], Sequence[str]]
) -> str:
    chapters = defaultdict(list)
    # In a file they stand as they are defined; which file was imported first says nothing.
    for one in sorted(classes, key=attrgetter("__module__")):
        chapters[one.__module__.split(".")[1]].append(row(one))
    return "\n\n".join(f"### {title}\n\n{table(columns, chapters[name])}" for name, title in CHAPTERS.items())


def _fields(described: type[Any]) -> str:
    hints = get_type_hints(described)
    return "<br>".join(_field(field, hints[field.name]) for field in fields(described))


def _field(field: Field[Any], hint: object) -> str:
    required = field.default is MISSING and field.default_factory is MISSING
    return f"`{field.name}`{'' if required else '?'} {_kind(hint)}"


def _kind(hint: Any) -> str:
    if get_origin(hint) in (Union, UnionType):
        bare = [kind for kind in get_args(hint) if kind is not NoneType]
        return f"{' or '.join(map(_kind, bare))} or none"
    if get_origin(hint) is Literal:
        return ", ".join(map(str, get_args(hint)))
    if get_origin(hint) is tuple:
        return f"list of {_kind(get_args(hint)[0])}"
    if hint not in PLAIN and is_dataclass(hint):
        return "{" + ", ".join(field.name for field in fields(hint)) + "}"
    return PLAIN[hint]


def _said(described: type[Any]) -> str:
    """The docstring; a dataclass without one was given its signature, which says nothing."""
    said = line(inspect.getdoc(described) if "__doc__" in vars(described) else "")
    return "" if said.startswith(f"{described.__name__}(") else said
