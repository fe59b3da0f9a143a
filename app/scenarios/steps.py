"""What a scenario is made of: its steps, each of one kind, and the change that must break it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct, field

Fields = dict[str, object]
Moment = Annotated[datetime, Meta(tz=True)]
# An event by its name, or a table of `event`, its name, and fields of it.
Expected = str | Fields


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`says` tells the step in one sentence. `name` is what `[broken]` calls it by."""

    says: str
    name: str = ""


class At(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clock is moved on to this moment; a day is meant at noon UTC."""

    at: Moment


class Asked(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command is asked `by` somebody; `expect` are the events that it records. A report may have `happened`
    earlier than now."""

    ask: str
    fields: Fields = field(name="with")
    by: str = ""
    happened: Moment | None = None
    expect: list[Expected]


class Denied(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command is asked and refused; `expect` are its `code`, its `rule` ("" for none), `ground`, `grounds`,
    `rows`, and fields of the refusal."""

    refused: str
    fields: Fields = field(name="with")
    by: str = ""
    expect: Fields


class Loaded(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rows of a market are written into the log: those of the shipped file, `without` these ids and with
    the claims that stand here, written as in a market file; `provenance` is for all of them. `expect` are the
    events that this records."""

    load: str
    without: list[str] = []
    provenance: Fields = {}
    law: list[Fields] = []
    network: list[Fields] = []
    distribution: list[Fields] = []
    terms: list[Fields] = []
    assignment: list[Fields] = []
    policy: list[Fields] = []
    incompatible: list[Fields] = []
    appointing: list[Fields] = []
    ruling: list[Fields] = []
    expect: list[Expected] | None = None


class Explained(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The markets are asked, as by `carnet market explain`; `each` asks again for every value of a key.
    `expect` are keys of the answer."""

    explain: Fields
    each: dict[str, list[object]] = {}
    expect: Fields


class Rows(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rows of a read model where these columns have these values; `expect` are columns of each, in any
    order."""

    rows: str
    where: Fields
    expect: list[Fields]


class Events(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All events of one stream, from its first on."""

    events: str
    expect: list[Expected]


class Timers(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The timers that are due fire; these are the commands that they ask."""

    timers: list[str]


class Marked(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The position at which the log stands gets a name, for `known_at` in a later question."""

    mark: str


KINDS: Final[dict[str, type[Step]]] = {
    "at": At,
    "ask": Asked,
    "refused": Denied,
    "load": Loaded,
    "explain": Explained,
    "rows": Rows,
    "events": Events,
    "timers": Timers,
    "mark": Marked,
}


class Broken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The scenario with one step changed, which must fail: the step of the name `change` has the keys of `to`
    instead of its own, and the one named `fails_at` fails."""

    says: str
    change: str
    to: Fields
    fails_at: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A step and the line on which it begins."""

    step: Step
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One file. `source` tells where the story comes from; with `is_broken` the steps are those of `broken`."""

    name: str
    path: Path
    title: str
    source: str
    steps: tuple[Placed, ...]
    broken: Broken
    is_broken: bool
