"""Events in the log for the tests of the relay: some streams of two families, interleaved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from uuid import UUID, uuid4, uuid5

import domain.everything  # noqa: F401 -- registers the events
from domain.kernel import Event
from domain.money import Money
from domain.orders.changing import DeliveryEstimateChanged
from domain.orders.paying import PaymentReceived
from domain.service.booking import ServiceCancelled
from infra.codec import encode
from infra.item import Appended, Item, NewEvent
from infra.log import Log

START = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
PER_ITEM = 200
Fact = tuple[UUID, int, UUID, int, Event]
"""Stream, version, event id, position, event."""


class Stream:
    """A stream that grows by one kind of event."""

    def __init__(self, event: Event) -> None:
        self.id = uuid4()
        self.event = event
        self.version = 0

    def next(self) -> NewEvent:
        self.version += 1
        return NewEvent(
            stream_id=self.id,
            version=self.version,
            event_id=uuid5(self.id, str(self.version)),
            name=type(self.event).__name__,
            schema_version=1,
            market="DE",
            body=encode(self.event),
        )


def streams(count: int = 6) -> list[Stream]:
    """Orders and visits in turn."""
    kinds = (
        PaymentReceived(payment_id="pay-1", kind="balance", amount=Money(1_250_00, "EUR"), payer=None),
        ServiceCancelled(reason="customer"),
        DeliveryEstimateChanged(
            estimate_from=START.date(), estimate_to=START.date() + timedelta(days=7), cause="transport"
        ),
    )
    return [Stream(event) for event in islice(cycle(kinds), count)]


def write(log: Log, growing: Sequence[Stream], events: int) -> int:
    """Append so many events to the streams, one after the other; returns the position of the last."""
    turn = cycle(growing)
    position = 0
    while events:
        before = {stream.id: stream.version for stream in growing}
        new = tuple(next(turn).next() for _ in range(min(events, PER_ITEM)))
        written = {event.stream_id for event in new}
        outcome = log.append(_item(new, {key: before[key] for key in written})).result(timeout=20)
        assert isinstance(outcome, Appended), outcome
        position = outcome.position
        events -= len(new)
    return position


def told(log: Log) -> list[Fact]:
    """What a subscriber must be told, of every event."""
    return [
        (recorded.stream_id, recorded.version, recorded.event_id, recorded.position, recorded.event)
        for recorded in log.read(0, 1_000_000)
    ]


def _item(new: tuple[NewEvent, ...], expected: dict[UUID, int]) -> Item:
    command = uuid4()
    return Item(
        command_id=command,
        occurred_at=START,
        actor="clerk-1",
        correlation_id=command,
        expected=expected,
        events=new,
    )
