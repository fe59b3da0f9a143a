"""The words everything else is written in: event, command, stream, state, decision, refusal.

`decide: State x Command x Context -> Events` and `evolve: State x Event -> State` are the whole
framework. A class of events or commands enters the registry (`named`) by being defined; its class
name is its stored name, for ever.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field
from datetime import datetime
from functools import reduce
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    TypeVar,
    cast,
    dataclass_transform,
)
from uuid import UUID

from domain.frozen import frozen
from domain.sealed import personal

if TYPE_CHECKING:
    from domain.context import Context

Family = Literal["orders", "vehicles", "service", "settlements", "network"]


@dataclass(frozen=True)
class State:
    """What the events of one stream add up to. Every field of a subclass has a default: the state before
    the first event. `market` is the market (ISO 3166-1, or 3166-2 where states differ) whose law governs
    the stream, "" while unknown; it stands in the envelope of each event."""

    family: ClassVar[Family]
    market: str = ""


S = TypeVar("S", bound=State)
T = TypeVar("T")
S_co = TypeVar("S_co", bound=State, covariant=True)


class Stream(NamedTuple, Generic[S_co]):
    """The address of one stream: which state it folds to, and its id."""

    state: type[S_co]
    id: UUID


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Event(ABC):
    """Something that happened. It carries outcomes, so `evolve` needs no rule, price list or clock.

    The events of a state have a base, `class OrderEvent(Event, of=Order)`; the classes below that are the events. A new
    field needs a default; a changed meaning is a new class.
    """

    named: ClassVar[dict[str, type[Event]]] = {}
    of: ClassVar[type[State]]
    family: ClassVar[Family]
    schema_version: ClassVar[int] = 1
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls, *, of: type[State] | None = None) -> None:
        frozen(cls)
        if of:
            cls.of = of
            cls.family = of.family
        elif Event.named.setdefault(cls.__name__, cls) is not cls:
            raise TypeError(f"two events are named {cls.__name__}")

    # Each base narrows the state to its own; mypy allows that only where this says Any.
    @abstractmethod
    def evolve(self, state: Any, /) -> Any:
        """The state after this event. Never checks and never fails: what is stored has happened."""


@dataclass(frozen=True)
class Rule:
    """The name of a dated rule, as findings and refusals cite it."""

    id: str
    version: int

    def __str__(self) -> str:
        return f"{self.id} v{self.version}"


class Refused(Exception):
    """A request that may not be carried out.

    `code` is for programs, the sentence (its `{placeholders}` filled from `fields`) for people. With a
    `rule` the refusal is evidence and is recorded; without one nothing is written. `grounds`, `rows` (their ids)
    and `source` say what stands behind the rule, where rows of a market decided.
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        rule: Rule | None = None,
        grounds: tuple[str, ...] = (),
        rows: tuple[str, ...] = (),
        source: str = "",
        **fields: object,
    ) -> None:
        self.code = code
        self.rule = rule
        self.grounds = grounds
        self.rows = rows
        self.source = source
        self.fields: Mapping[str, str] = {name: str(value) for name, value in fields.items()}
        super().__init__(sentence.format(**self.fields))


class States:
    """The folded states of the streams that a command reads."""

    def __init__(self, states: Mapping[UUID, State]) -> None:
        self._states = states

    def __getitem__(self, stream: Stream[S]) -> S:
        return cast("S", self._states[stream.id])


Decision = Iterator[tuple[Stream[State], Event]]


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field, personal))
class Command(ABC):
    """What somebody asks for (`Request`) or tells (`Report`).

    Personal fields are typed `Sealed` and declared with `personal(...)`: they arrive as clear text and are
    sealed before `decide` sees them.
    """

    named: ClassVar[dict[str, type[Command]]] = {}
    # Whether it begins the stream it is about, which then has no events yet.
    begins: ClassVar[bool] = False
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __init_subclass__(cls, *, kind: bool = False) -> None:
        frozen(cls)
        if not kind and Command.named.setdefault(cls.__name__, cls) is not cls:
            raise TypeError(f"two commands are named {cls.__name__}")

    @abstractmethod
    def reads(self) -> tuple[Stream[State], ...]:
        """Every stream the decision depends on or writes; the first is the one it is about."""

    def writes(self, reads: tuple[Stream[State], ...]) -> tuple[Stream[State], ...]:
        """Those of the streams it reads (what `reads` returns, so that it is not asked twice) that it may write: all,
        returned as they are, unless it only looks at some."""
        return reads

    @abstractmethod
    def decide(self, states: States, context: Context) -> Decision:
        """Yield what happens, as `(stream, event)`. Pure.

        Raises:
            Refused: it may not happen.
        """


class Request(Command, kind=True):
    """Asks to change the world, and can be refused."""


class Report(Command, kind=True):
    """Tells what has happened outside. Well formed, it is recorded; what it contradicts is flagged."""


class Recorded(NamedTuple):
    """An event as the log holds it. `occurred_at` is when it happened, `recorded_at` when we learnt it.

    `body` is the stored text, exactly; `event` what it decodes to.
    """

    position: int
    stream_id: UUID
    version: int
    event_id: UUID
    name: str
    schema_version: int
    market: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID | None
    body: bytes
    event: Event


if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 -- others import it from here
else:
    # The library's own goes through __init__, which sets each of forty frozen fields; replaying is made of this.
    def replace(state: S, /, **changes: object) -> S:
        """The same state with these fields changed."""
        changed = object.__new__(type(state))
        changed.__dict__.update(state.__dict__, **changes)
        return changed


def extend(value: object, kind: type[T], /, **more: object) -> T:
    """This value as one of a subclass, given all the fields that it has besides."""
    extended = object.__new__(kind)
    extended.__dict__.update(value.__dict__, **more)
    return extended


def fold(state: S, events: Iterable[Event]) -> S:
    """The state after these events of one stream, in order."""
    return reduce(_evolve, events, state)


def _evolve(state: S, event: Event) -> S:
    return cast("S", event.evolve(state))
