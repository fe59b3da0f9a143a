"""Events in, rows out: a projection as its test sees it, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid5

import domain.everything  # noqa: F401 -- registers the events
from domain.kernel import Event, Recorded
from infra.codec import encode
from projections.kernel import Key, Projection, Row
from projections.memory import Memory
from tests.examples import NOON, ORDER_ID, ident

R = TypeVar("R", bound=Row)
MINUTE = timedelta(minutes=1)


def recorded(event: Event, position: int, *, stream: UUID = ORDER_ID, at: datetime | None = None) -> Recorded:
    """This event as the log would hold it; without a time it happened a minute after the one before."""
    occurred = at or NOON + position * MINUTE
    return Recorded(
        position=position,
        stream_id=stream,
        version=position,
        event_id=uuid5(stream, str(position)),
        name=type(event).__name__,
        schema_version=1,
        market="DE",
        occurred_at=occurred,
        recorded_at=occurred,
        actor="clerk",
        command_id=ident(position),
        correlation_id=ident(position),
        causation_id=None,
        body=encode(event),
        event=event,
    )


def history(*events: Event, stream: UUID = ORDER_ID, after: int = 0) -> Iterator[Recorded]:
    for position, event in enumerate(events, after + 1):
        yield recorded(event, position, stream=stream)


class Played:
    """The rows of a projection."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._memory = Memory(projection.rows, _no_table, kept=1_000_000, empty=True)
        self._position = 0

    def play(self, *events: Event, stream: UUID = ORDER_ID, at: datetime | None = None) -> Played:
        """These events of a stream come next."""
        for event in events:
            self._position += 1
            self.take(recorded(event, self._position, stream=stream, at=at))
        return self

    def take(self, event: Recorded) -> None:
        if self._projection.wanted(type(event.event)):
            self._memory.fold(self._projection.project, event, 0)

    def row(self, row: type[R], key: Key) -> R:
        found = self._memory.get(row, key)
        assert found is not None
        return found

    def rows(self, row: type[R]) -> list[R]:
        """All rows of a class, in the order in which they first came."""
        return [row for row, _ in self._memory.changed(row).new]


def _no_table(row: type[Row], places: Iterable[tuple[Key, int]]) -> Iterable[tuple[Row, int]]:
    raise AssertionError(f"{row.table} is empty: nothing is there to fetch {list(places)}")


def given(projection: Projection, *events: Event, stream: UUID = ORDER_ID) -> Played:
    return Played(projection).play(*events, stream=stream)
