"""Read models: `project: Recorded x Rows -> row changes`, and the words that this is written in.

A row is a frozen dataclass that names its table. A projection reads the rows it is about to change, and
yields what they become; where rows are kept, and when they are written, is the engine's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar, overload
from uuid import UUID

from domain.kernel import Event, Family, Recorded

Scalar = UUID | str | int
Key = Scalar | tuple[Scalar, ...]


class Row(Protocol):
    """One row of a table: a frozen dataclass whose fields are the columns.

    `key` names the fields of the primary key, `indexes` the columns that are looked up by. UUID, str, int,
    bool, date and datetime have columns of their own; Money has two, `x_minor` and `x_currency`; anything
    else stands as JSON text.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    indexes: ClassVar[tuple[str, ...]]


R = TypeVar("R", bound=Row)
T = TypeVar("T")


class derived(Generic[T]):  # noqa: N801 -- it reads as the decorator it is
    """A column that is a function of the row's other fields, worked out when the row is written and not for
    every event before that. Its type is the annotation of the function's result."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute = compute

    @overload
    def __get__(self, row: None, owner: type) -> derived[T]: ...

    @overload
    def __get__(self, row: object, owner: type) -> T: ...

    def __get__(self, row: object | None, owner: type) -> derived[T] | T:
        return self if row is None else self.compute(row)


@dataclass(frozen=True, slots=True)
class Gone:
    """The row of this key is no more. A key of several fields is a tuple, in the order of `row.key`."""

    row: type[Row]
    key: Key


Change = Row | Gone


class Rows(Protocol):
    """The rows of one projection, as the events so far, and what was yielded for this one, have left them."""

    def get(self, row: type[R], key: Key, /) -> R | None:
        """The row of this key; a key of several fields is a tuple, in the order of `row.key`."""


Project = Callable[[Recorded, Rows], Iterator[Change]]
Hint = Callable[[Recorded], Iterable[tuple[type[Row], Key]]]
Route = Callable[[Recorded], UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A read model. `project` is pure: the same events give the same rows, on any machine, for ever. It can be
    pickled, so that several processes can work on it.

    `version` counts the meanings that its rows have had: raise it when `project`, or what it calls, gives
    other rows for the same events. `wants` names the families or event classes it is shown, all if empty.
    `hint` names the rows that an event will read, so that a batch fetches them in one query; a row that it
    does not name is fetched alone. `edition` tells the dated rows that `project` was given from any others.

    Rows are spread over slots by a key, and each slot is folded by itself. An event goes to the slot of its own
    stream; `elsewhere` gives the key for events whose rows belong to another, and those of `everywhere` go to
    every slot. What `project` reads and yields for an event has to stand in the slot of that event: rows that
    several slots read are named in `copied`, and stand once for each. Changing any of these raises `version`.
    """

    name: str
    version: int
    rows: tuple[type[Row], ...]
    project: Project
    hint: Hint
    wants: frozenset[Family | type[Event]] = frozenset()
    edition: str = ""
    elsewhere: Mapping[type[Event], Route] = field(default_factory=dict)
    everywhere: frozenset[type[Event]] = frozenset()
    copied: frozenset[type[Row]] = frozenset()

    def wanted(self, event: type[Event]) -> bool:
        return not self.wants or event in self.wants or event.family in self.wants

    def route(self, event: type[Event]) -> Route | None:
        """What gives the key of such events; None if they are not wanted."""
        return self.elsewhere.get(event, own_stream) if self.wanted(event) else None


own_stream: Final[Route] = attrgetter("stream_id")
"""The route of an event whose rows belong to its own stream."""


def same_stream(*rows: type[Row]) -> Hint:
    """The hint of a projection whose rows have the id of the event's stream for their key."""
    return partial(_same_stream, rows)


def _same_stream(rows: tuple[type[Row], ...], recorded: Recorded) -> Iterable[tuple[type[Row], Key]]:
    return [(row, recorded.stream_id) for row in rows]
