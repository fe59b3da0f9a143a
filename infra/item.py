"""What a process hands to the log, and what the log answers.

An `Item` is all that one command, or one message, writes: its events, the versions they were decided on,
its own id and answer, the position of its source, its sealed texts and parked messages. It is written
whole or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from infra.errors import Contended, PostgresFault
from infra.vault.sealing import SealedRow


class NewEvent(Struct, frozen=True, kw_only=True):
    """An event that is not in the log yet. `version` is its number in its stream; `body` is JSON."""

    stream_id: UUID
    version: int
    event_id: UUID
    name: str
    schema_version: int
    market: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Tracking:
    """How far a source has been taken: `source` is `cluster/topic-id[partition]`, or any name of a follower;
    `next` is the first offset that has not been taken."""

    source: str
    next: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedRow:
    """A message that could not be taken. `key` is its Kafka key (None blocks nobody), `payload` the id of
    the sealed message, `reason` a sentence that holds no text of the message."""

    id: UUID
    source: str
    topic: str
    partition: int
    offset: int
    key: str | None
    payload: UUID
    reason: str


class Item(Struct, frozen=True, kw_only=True):
    """All that is written together.

    `expected` names every stream that was read or is written, with the version it was read at (0 for a
    stream without events). `digest` is a keyed digest of what was asked, `answer` the JSON of a recorded
    refusal, `occurred_at` an aware UTC time.
    """

    command_id: UUID
    occurred_at: datetime
    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None
    digest: bytes | None = None
    answer: str | None = None
    expected: Mapping[UUID, int] = field(default_factory=dict)
    events: tuple[NewEvent, ...] = ()
    tracking: Tracking | None = None
    sealed: tuple[SealedRow, ...] = ()
    parked: tuple[ParkedRow, ...] = ()


class Appended(Struct, frozen=True):
    """Durable. `position` is that of the item's last event, or the head's if it had none."""

    position: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The command id has taken effect before: `events` events that end at `position`, with this answer."""

    position: int
    events: int
    digest: bytes | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Streams that are not at the expected version, with the version they are at."""

    streams: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class Behind:
    """The source has been taken further already: its next offset is `at`."""

    source: str
    at: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that must be unique belongs to another subject."""

    subject: UUID


Outcome = Appended | Duplicate | Conflict | Behind | Taken


class Busy(Contended):
    """More is waiting to be written than the queue holds; ask again in a moment."""


class AlreadyTaken(Contended):
    """The source of this command has been taken further by another process: there is nothing to do."""

    def __init__(self, behind: Behind) -> None:
        super().__init__(f"{behind.source} has been taken up to offset {behind.at} already.")


class OutcomeUnknown(PostgresFault):
    """The connection was lost and it could not be learnt whether the item was written.

    Ask again with the same command id: it takes effect once.
    """

    def __init__(self, command_id: UUID, cause: str) -> None:
        self.command_id = command_id
        super().__init__(
            f"It is not known whether command {command_id} took effect: {cause}.",
            hint="Ask again with the same command id; it takes effect once.",
        )
