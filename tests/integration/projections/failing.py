"""A projection that fails, what waits then, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from domain.kernel import Recorded
from infra.postgres import Connection
from projections.kernel import Change, Projection, Rows
from projections.parked_events import PARKED_EVENTS
from tests.integration.projections.scene import CLOCK
from tests.integration.projections.tally import TALLY, count

WAITS = "It waits behind an earlier event of the same key."


class Ill:
    """What makes the tally fail: events of these names, while somebody has not mended it."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def count(self, recorded: Recorded, rows: Rows) -> Iterator[Change]:
        for change in count(recorded, rows):
            yield change
            if recorded.name in self.names:
                raise KeyError(f"no word for {recorded.name}")


def ill(*names: str) -> tuple[Projection, Ill]:
    """The tally that fails on these events, and what makes it do so."""
    cause = Ill(*names)
    return replace(TALLY, project=cause.count), cause


def waiting(owner: Connection) -> list[tuple[int, str, str, str]]:
    """Position, name, state and reason of what waits."""
    return [(event.position, event.name, event.state, event.reason) for event in PARKED_EVENTS.waiting(owner)]


def parked_id(owner: Connection, at: int) -> UUID:
    return next(event.id for event in PARKED_EVENTS.waiting(owner) if event.position == at)


def retry(owner: Connection, at: int) -> None:
    PARKED_EVENTS.retry(owner, parked_id(owner, at), actor="ada", now=CLOCK.now())


def drop(owner: Connection, at: int, why: str) -> None:
    PARKED_EVENTS.drop(owner, parked_id(owner, at), actor="ada", now=CLOCK.now(), why=why)


def events_of(owner: Connection) -> dict[UUID, int]:
    """How many events readers see of each stream."""
    return dict(owner.execute("select stream_id, events from read.tally").fetchall())
