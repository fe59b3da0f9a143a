"""What others tell us: `ask: Message -> Command`, and the words that this is written in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Protocol, TypeVar
from uuid import UUID

import msgspec

from domain.kernel import Command, Event, Recorded, Report, State, Stream
from domain.money import Money
from infra import inbound
from infra.codec import in_words
from infra.errors import InputError
from infra.learnt import learnt

S = TypeVar("S", bound=State)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Something another party tells us. `record` is the full name of its Avro record in `schemas/in`, whose
    fields are the fields of the class."""

    record: ClassVar[str]


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """Money as others write it: whole minor units, more than none, and an ISO 4217 currency."""

    minor: Annotated[int, msgspec.Meta(ge=1)]
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]

    def money(self) -> Money:
        return Money(self.minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The command that something asks for, and its story: when the told fact happened (aware, UTC; None for
    what is asked now), who tells it (an opaque id), and, where our own event asks, what it belongs to and
    what caused it."""

    command: Command
    occurred_at: datetime | None
    actor: str
    correlation_id: UUID | None = None
    causation_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """One topic of another party. `ask` is pure; it gives None where a message asks nothing of us.

    `topic` is the name without the prefix of the installation.
    """

    name: str
    topic: str
    messages: tuple[type[Message], ...]
    ask: Callable[[Message], Wanted | None]

    def read(self, value: bytes) -> Wanted | None:
        """What the bytes of one record ask for.

        Raises:
            InputError: the bytes are none of this topic's messages; the sentence says why, and quotes no value.
        """
        return self.ask(decode(value, self.messages))


class Past(Protocol):
    """The streams as they were just after some event."""

    def __call__(self, stream: Stream[S], /) -> S:
        """The state of a stream then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Whenever one of `events` happens, something is asked of an order.

    `order` names the order, None where the event has none; what one order is asked keeps the order of the log.
    `ask` gives the command, or None. It may look at the streams as they were just after the event.
    """

    name: str
    events: frozenset[type[Event]]
    order: Callable[[Recorded], UUID | None]
    ask: Callable[[Recorded, Past], Command | None]

    def want(self, recorded: Recorded, past: Past) -> Wanted | None:
        """What the event asks for, with the event as its cause."""
        command = self.ask(recorded, past)
        if command is None:
            return None
        return Wanted(
            command=command,
            occurred_at=recorded.occurred_at if isinstance(command, Report) else None,
            actor=f"policy:{self.name}",
            correlation_id=recorded.correlation_id,
            causation_id=recorded.event_id,
        )


def decode(value: bytes, messages: tuple[type[Message], ...]) -> Message:
    """One message from the bytes of a Kafka record. Raises InputError."""
    record, fields = inbound.decode(value)
    kind = next((kind for kind in messages if kind.record == record), None)
    if kind is None:
        expected = ", ".join(sorted(kind.record for kind in messages))
        raise InputError(f"{record} does not belong to this topic; it carries {expected}.")
    try:
        return msgspec.convert(fields, learnt(kind))
    except msgspec.ValidationError as error:
        said = re.sub("invalid enum value .*", "it has no such value", in_words(str(error)), flags=re.DOTALL)
        raise InputError(f"{record}: {said}.") from None


def encode(message: Message) -> bytes:
    """The bytes of a Kafka record, as the other party writes it."""
    return inbound.encode(message.record, _plain(message))


def _plain(struct: msgspec.Struct) -> dict[str, object]:
    fields = msgspec.structs.asdict(struct)
    return {
        name: _plain(value) if isinstance(value, msgspec.Struct) else value for name, value in fields.items()
    }
