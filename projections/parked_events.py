"""Events on which a projection failed: the queue of their key waits, and everything else goes on.

A person mends the cause and asks for a retry, or drops an event. The process that writes the slot then goes through
the queue in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import structlog
from psycopg.rows import class_row

from infra.errors import InputError, IntegrityFault
from infra.parked import Parked, ParkedTable
from infra.postgres import Connection
from projections.builds import Build
from projections.slots import slot_of

# Stored, and found again by it: another wording would leave those behind that wait already.
WAITS = "It waits behind an earlier event of the same key."
KEYS_MAX = 1_000
# The states of builds in which nobody tries again what waits, and what to do instead.
UNFILLED: Final = {
    "kept": "It waits for `carnet project rollback`. Retry it once that build is live again.",
    "scratch": "Mend the projection, then ask `carnet project as-of` again: it begins such a build anew.",
}

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Untaken:
    """An event that a build could not take, and why. `key` is what it waits under: its stream, or what its
    projection routes it by. `error` is the type of what was raised on it, None if it only waits behind another."""

    slot: int
    key: UUID
    position: int
    name: str
    reason: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent(Parked):
    """One row of `read.parked_events`, column by column."""

    projection: str
    build: int
    slot: int
    key: UUID
    position: int
    name: str

    @property
    def where(self) -> str:
        """Which build waits for it, and its place in the log."""
        return f"projection {self.projection}, build {self.build}, position {self.position}"


class ParkedEvents(ParkedTable[ParkedEvent]):
    """Those of a kept build are out of sight, and back if that is rolled back to: nobody fills it meanwhile."""

    def retry(self, connection: Connection, parked_id: UUID, *, actor: str, now: datetime) -> ParkedEvent:
        event = self.find(connection, parked_id)
        row = connection.execute(
            "select state from read.builds where projection = %s and build = %s",
            [event.projection, event.build],
        ).fetchone()
        state = row[0] if row else ""
        if state in UNFILLED:
            raise InputError(
                f"Nobody would try it: build {event.build} of {event.projection} is {state}, and nobody fills it.",
                hint=UNFILLED[state],
            )
        return super().retry(connection, parked_id, actor=actor, now=now)


PARKED_EVENTS: Final = ParkedEvents(
    ParkedEvent,
    "read.parked_events",
    what="event",
    order="projection, build, position",
    queue="projection, build, key",
    shown="(projection, build) not in (select b.projection, b.build from read.builds b where b.state = 'kept')",
)


def reason_of(error: Exception) -> str:
    """A sentence for what a projection raised."""
    said = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {said}." if said else f"{type(error).__name__}."


def park(connection: Connection, build: Build, events: Sequence[Untaken], now: datetime) -> None:
    """Put events into the queues of their keys."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """insert into read.parked_events
            (id, projection, build, slot, key, position, name, reason, parked_at)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (
                    uuid4(),
                    build.projection.name,
                    build.number,
                    event.slot,
                    event.key,
                    event.position,
                    event.name,
                    event.reason,
                    now,
                )
                for event in events
            ],
        )


def log_failed(build: Build, event: Untaken | ParkedEvent, error: str) -> None:
    """Log that a projection failed on this event, so that its queue waits. Call it once that is committed."""
    # What an error says may repeat what the event holds. A log line tells its type alone.
    logger.warning(
        "project.event_failed",
        projection=build.projection.name,
        version=build.projection.version,
        build=build.number,
        slot=event.slot,
        position=event.position,
        name=event.name,
        error=error,
    )


def blocked(connection: Connection, build: Build, slots: Sequence[int]) -> set[UUID]:
    """The keys that events of these slots wait under.

    Raises:
        IntegrityFault: they are so many that it is no matter of single events.
    """
    rows = connection.execute(
        """select distinct key from read.parked_events
        where projection = %s and build = %s and slot = any(%s) and state in ('waiting', 'retry')""",
        [build.projection.name, build.number, list(slots)],
    )
    keys = {key for (key,) in rows}
    check_few(build, keys)
    return keys


def check_few(build: Build, keys: set[UUID]) -> None:
    """Raises IntegrityFault: more keys wait than single bad events explain."""
    if len(keys) > KEYS_MAX:
        raise IntegrityFault(
            f"Projection {build.projection.name} has failed on events of more than {KEYS_MAX:,} keys: "
            "the fault is in the projection, not in the events.",
            hint=f"Mend it, then run `carnet project rebuild {build.projection.name}`.",
        )


def still_blocked(connection: Connection, build: Build, keys: Iterable[UUID]) -> dict[UUID, bool]:
    """Those of these keys that events still wait under, the one that waits for longest first, and whether its queue may
    go on: somebody asked for it, or its first event only waited for others."""
    asked = list(keys)
    # The order by slot and key says no more than the conditions do, but keeps to the index that has it.
    rows = connection.execute(
        """select key, first.reason = %s or exists (
            select from read.parked_events p
            where p.projection = %s and p.build = %s and p.key = asked.key and p.state = 'retry')
        from unnest(%s::smallint[], %s::uuid[]) asked (slot, key)
        cross join lateral (
            select position, reason from read.parked_events p
            where p.projection = %s and p.build = %s and p.slot = asked.slot and p.key = asked.key
                and p.state in ('waiting', 'retry')
            order by p.slot, p.key, p.position limit 1
        ) first
        order by first.position""",
        [WAITS, *_place(build), [slot_of(key) for key in asked], asked, *_place(build)],
    )
    return dict(rows.fetchall())


def first(connection: Connection, build: Build, key: UUID, after: int) -> ParkedEvent | None:
    """The first event of a queue after a position, up to which none waits; held until the transaction ends."""
    with connection.cursor(row_factory=class_row(ParkedEvent)) as cursor:
        return cursor.execute(
            """select * from read.parked_events
            where projection = %s and build = %s and slot = %s and key = %s and position > %s
                and state in ('waiting', 'retry')
            order by position limit 1 for update""",
            [*_place(build), slot_of(key), key, after],
        ).fetchone()


def count_of(connection: Connection, build: Build) -> int:
    """How many events wait in one build."""
    row = connection.execute(
        """select count(*) from read.parked_events
        where projection = %s and build = %s and state in ('waiting', 'retry')""",
        [build.projection.name, build.number],
    ).fetchone()
    return int(row[0]) if row else 0


def _place(build: Build) -> tuple[str, int]:
    return build.projection.name, build.number
