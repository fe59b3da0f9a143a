"""The envelope of a published event: CloudEvents 1.0 in binary mode, as headers of the Kafka record.

The `subject` of CloudEvents would be the stream's id, which is the record's key already, so it is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain.kernel import Recorded
from infra.avro.schema import record_name
from infra.errors import IntegrityFault

Headers = list[tuple[str, bytes]]

SPECVERSION = ("ce_specversion", b"1.0")


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


def headers_of(recorded: Recorded, source: bytes) -> Headers:
    """The headers that an event is published with; `source` is ours, in UTF-8."""
    return [
        SPECVERSION,
        ("ce_id", str(recorded.event_id).encode()),
        ("ce_source", source),
        ("ce_type", record_name(type(recorded.event)).encode()),
        ("ce_time", _rfc3339(recorded.occurred_at)),
        ("ce_recordedtime", _rfc3339(recorded.recorded_at)),
        ("ce_position", b"%d" % recorded.position),
        ("ce_version", b"%d" % recorded.version),
        ("ce_market", recorded.market.encode()),
        ("ce_actor", recorded.actor.encode()),
    ]


def envelope_of(headers: Iterable[tuple[str, bytes]]) -> Envelope:
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
