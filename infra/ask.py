"""What a door hands to the desk, and what it gets back."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from domain.kernel import Command, Event
from infra import bounds
from infra.item import Tracking


class Ask(Struct, frozen=True, kw_only=True):
    """A command and who asks it.

    `command_id` makes it take effect once; without one, each ask is another. `occurred_at` is when the fact of
    a report happened (now, if not told). `expected_version` is that of the stream the command is about.

    Raises:
        InputError: the actor is no opaque id.
    """

    command: Command
    actor: str
    command_id: UUID | None = None
    occurred_at: datetime | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    tracking: Tracking | None = None
    expected_version: int | None = None

    def __post_init__(self) -> None:
        bounds.actor(self.actor)


class Answer(Struct, frozen=True):
    """Durable: the command's last position (the head's if nothing happened) and its events.

    `repeated` says that the command id had taken effect before; this is what it came to then.
    """

    position: int
    events: tuple[Event, ...]
    repeated: bool = False


class Answered(Protocol):
    """Who is told the end of a command, once, in some thread, which must not be kept waiting; a `Future[Answer]` is
    one."""

    def set_result(self, answer: Answer, /) -> None: ...

    def set_exception(self, fault: Exception, /) -> None: ...
