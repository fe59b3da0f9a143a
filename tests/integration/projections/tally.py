"""A projection for the tests of the engine: how often each stream was written to, and by what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import ClassVar, Literal
from uuid import UUID, uuid4

import domain.everything  # noqa: F401 -- registers the events
from domain.kernel import Event, Recorded
from domain.money import Money
from domain.orders.reserving import ReservationLapsed
from domain.orders.settling import OrderSettled
from domain.orders.withdrawing import WithdrawalAccepted
from infra.codec import encode
from infra.item import Appended, Item, NewEvent
from infra.log import Log
from projections.kernel import Change, Gone, Projection, Rows, derived, same_stream

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MORE = ReservationLapsed(reason="deposit_missing")
ALSO = WithdrawalAccepted()
END = OrderSettled()
NOTHING = Money(0, "EUR")


@dataclass(frozen=True)
class Notes:
    """What stands in a row as JSON: a set and a dict have no order of their own."""

    names: frozenset[str] = frozenset()
    count: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Tally:
    table: ClassVar[str] = "tally"
    key: ClassVar[tuple[str, ...]] = ("stream_id",)
    indexes: ClassVar[tuple[str, ...]] = ("events",)

    stream_id: UUID
    events: int = 0
    last: str = ""
    first_at: datetime | None = None
    day: date | None = None
    odd: bool = False
    worth: Money | None = None
    price: Money = NOTHING
    notes: Notes = Notes()

    @derived
    def size(self) -> Literal["small", "large"]:
        return "small" if self.events < 10 else "large"

    @derived
    def kinds(self) -> tuple[str, ...]:
        return tuple(sorted(self.notes.names))


@dataclass(frozen=True)
class Nth:
    """One row an event of a stream, until the stream ends."""

    table: ClassVar[str] = "tally_nth"
    key: ClassVar[tuple[str, ...]] = ("stream_id", "version")
    indexes: ClassVar[tuple[str, ...]] = ()

    stream_id: UUID
    version: int
    name: str


def count(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    stream, name = recorded.stream_id, recorded.name
    tally = rows.get(Tally, stream) or Tally(stream, first_at=recorded.occurred_at)
    notes = Notes(
        names=tally.notes.names | {name},
        count={**tally.notes.count, name: tally.notes.count.get(name, 0) + 1},
    )
    yield replace(
        tally,
        events=tally.events + 1,
        last=name,
        day=recorded.occurred_at.date(),
        odd=not tally.odd,
        worth=Money(recorded.version, "EUR") if recorded.version % 2 else None,
        price=tally.price + Money(100, "EUR"),
        notes=notes,
    )
    if isinstance(recorded.event, OrderSettled):
        for version in range(1, recorded.version):
            yield Gone(Nth, (stream, version))
    else:
        yield Nth(stream, recorded.version, name)


TALLY = Projection(name="tally", version=1, rows=(Tally, Nth), project=count, hint=same_stream(Tally))


@dataclass(frozen=True)
class Ended:
    table: ClassVar[str] = "ended"
    key: ClassVar[tuple[str, ...]] = ("stream_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    stream_id: UUID
    at: datetime


def end(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    yield Ended(recorded.stream_id, recorded.occurred_at)


ENDED = Projection(
    name="ended",
    version=1,
    rows=(Ended,),
    project=end,
    hint=same_stream(Ended),
    wants=frozenset({OrderSettled}),
)


def grow(log: Log, streams: Sequence[UUID], events: Sequence[Event], *, after: int = 0) -> int:
    """Append these events to each stream, which has `after` already; returns the last position."""
    futures = [log.append(_item(stream, events, after)) for stream in streams]
    outcomes = [future.result(timeout=30) for future in futures]
    positions = [outcome.position for outcome in outcomes if isinstance(outcome, Appended)]
    assert len(positions) == len(streams), outcomes
    return max(positions)


def _item(stream: UUID, events: Sequence[Event], after: int) -> Item:
    return Item(
        command_id=uuid4(),
        occurred_at=START,
        actor="test",
        correlation_id=uuid4(),
        expected={stream: after},
        events=tuple(
            NewEvent(
                stream_id=stream,
                version=version,
                event_id=uuid4(),
                name=type(event).__name__,
                schema_version=1,
                market="DE",
                body=encode(event),
            )
            for version, event in enumerate(events, after + 1)
        ),
    )


@dataclass(frozen=True)
class Wider:
    """The rows of a tally as a later version has them."""

    table: ClassVar[str] = "tally"
    key: ClassVar[tuple[str, ...]] = ("stream_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    stream_id: UUID
    half: int
    events: int


def halved(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    before = rows.get(Wider, recorded.stream_id)
    events = (before.events if before else 0) + 1
    yield Wider(recorded.stream_id, events // 2, events)


WIDER = Projection(name="tally", version=2, rows=(Wider,), project=halved, hint=same_stream(Wider))
