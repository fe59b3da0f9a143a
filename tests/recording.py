"""Events as the log would hold them, for tests of what folds over recorded events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from domain.kernel import Event, Recorded
from infra.codec import encode


def recorded(event: Event, *, stream_id: UUID, at: datetime, position: int = 1) -> Recorded:
    """This event, told as soon as it happened. Its ids follow from its position."""
    return Recorded(
        position=position,
        stream_id=stream_id,
        version=position,
        event_id=uuid5(NAMESPACE_OID, f"event {position}"),
        name=type(event).__name__,
        schema_version=1,
        market="DE",
        occurred_at=at,
        recorded_at=at,
        actor="test",
        command_id=uuid5(NAMESPACE_OID, f"command {position}"),
        correlation_id=uuid5(NAMESPACE_OID, "correlation"),
        causation_id=None,
        body=encode(event),
        event=event,
    )


def history(stream_id: UUID, told: Iterable[tuple[datetime, Event]]) -> list[Recorded]:
    """These events of one stream, in order, at these times."""
    return [
        recorded(event, stream_id=stream_id, at=at, position=position)
        for position, (at, event) in enumerate(told, start=1)
    ]
