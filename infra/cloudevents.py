"""The envelope of a published event: CloudEvents 1.0 in binary mode, as headers of the Kafka record.

The `subject` of CloudEvents would be the stream's id, which is the record's key already, so it is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from infra.errors import IntegrityFault

Header = tuple[str, bytes]

SPECVERSION = ("ce_specversion", b"1.0")
PAIRS_MAX = 4_096


class Enveloped(Protocol):
    """What the headers tell of an event of the log."""

    @property
    def position(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def event_id(self) -> UUID | str: ...
    @property
    def market(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def actor(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the headers of a record say. `type` is the full name of its Avro record; `version` counts the
    events of its stream from 1, `position` those of the whole log."""

    id: UUID
    source: str
    type: str
    occurred_at: datetime
    recorded_at: datetime
    position: int
    version: int
    market: str
    actor: str


class Headers:
    """Makes the headers that events are published with; `source` is who publishes.

    Most of them repeat from event to event: such a pair is made once. That also makes a batch of them small where
    it goes from one process to another.
    """

    def __init__(self, source: str) -> None:
        self._source = ("ce_source", source.encode())
        remembered = lru_cache(maxsize=PAIRS_MAX)
        self._text = remembered(lambda name, text: (name, text.encode()))
        self._time = remembered(lambda name, moment: (name, _rfc3339(moment)))

    def of(self, event: Enveloped, kind: str) -> list[Header]:
        """The headers of an event of this kind (the full name of its Avro record)."""
        return [
            SPECVERSION,
            ("ce_id", str(event.event_id).encode()),
            self._source,
            self._text("ce_type", kind),
            self._time("ce_time", event.occurred_at),
            self._time("ce_recordedtime", event.recorded_at),
            ("ce_position", b"%d" % event.position),
            ("ce_version", b"%d" % event.version),
            self._text("ce_market", event.market),
            self._text("ce_actor", event.actor),
        ]


def envelope_of(headers: Iterable[Header]) -> Envelope:
    """What the headers of a record say.

    Raises:
        IntegrityFault: a header is missing or cannot be read; the sentence names it.
    """
    told = {name: value.decode() for name, value in headers}
    try:
        return Envelope(
            id=UUID(told["ce_id"]),
            source=told["ce_source"],
            type=told["ce_type"],
            occurred_at=datetime.fromisoformat(told["ce_time"]),
            recorded_at=datetime.fromisoformat(told["ce_recordedtime"]),
            position=int(told["ce_position"]),
            version=int(told["ce_version"]),
            market=told["ce_market"],
            actor=told["ce_actor"],
        )
    except KeyError as error:
        raise IntegrityFault(f"A record has no header {error.args[0]}: Carnet did not write it.") from error
    except ValueError as error:
        raise IntegrityFault(f"A record's headers cannot be read: {error}.") from error


def _rfc3339(moment: datetime) -> bytes:
    return moment.astimezone(UTC).isoformat().encode()
