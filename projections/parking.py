"""Events on which a projection failed: the queue of their key waits, and everything else goes on.

The first event of a queue failed; those behind it only wait. A person mends the cause and asks for a retry, or
drops an event. The process that writes the slot then goes through the queue in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from psycopg.rows import class_row

from infra.errors import InputError, IntegrityFault, NotFound
from infra.parked import State
from infra.postgres import Connection
from projections.builds import Build

WAITS = "It waits behind an earlier event of the same key."
KEYS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event that a build could not take, and why. `key` is what it waits under: its stream, or what its
    projection routes it by."""

    slot: int
    key: UUID
    position: int
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent(Waiting):
    """One row of `read.parked_events`, column by column; `state` and `retries` are as for parked messages."""

    id: UUID
    projection: str
    build: int
    state: State
    retries: int
    parked_at: datetime
    changed_at: datetime | None
    changed_by: str | None
    why: str | None


def reason_of(error: Exception) -> str:
    """A sentence for what a projection raised."""
    said = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {said}." if said else f"{type(error).__name__}."


def park(connection: Connection, build: Build, events: Sequence[Waiting], now: datetime) -> None:
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
    check(build, keys)
    return keys


def check(build: Build, keys: set[UUID]) -> None:
    """Raises IntegrityFault: more keys wait than single bad events explain."""
    if len(keys) > KEYS_MAX:
        raise IntegrityFault(
            f"Projection {build.projection.name} has failed on events of more than {KEYS_MAX:,} keys: "
            "the fault is in the projection, not in the events.",
            hint=f"Mend it, then run `carnet project rebuild {build.projection.name}`.",
        )


def ready(connection: Connection, build: Build, slots: Sequence[int]) -> list[UUID]:
    """The keys whose queue may go on: somebody asked for it, or its first event only waited for others."""
    rows = connection.execute(
        """select key from read.parked_events
        where projection = %s and build = %s and slot = any(%s) and state in ('waiting', 'retry')
        group by key
        having bool_or(state = 'retry') or (array_agg(reason order by position))[1] = %s
        order by min(position)""",
        [build.projection.name, build.number, list(slots), WAITS],
    )
    return [key for (key,) in rows]


def first(connection: Connection, build: Build, key: UUID) -> ParkedEvent | None:
    """The first event of a queue, held until the transaction ends."""
    with connection.cursor(row_factory=class_row(ParkedEvent)) as cursor:
        return cursor.execute(
            """select * from read.parked_events
            where projection = %s and build = %s and key = %s and state in ('waiting', 'retry')
            order by position limit 1 for update""",
            [build.projection.name, build.number, key],
        ).fetchone()


def done(connection: Connection, event: ParkedEvent, now: datetime) -> None:
    """The event was taken after all."""
    connection.execute(
        "update read.parked_events set state = 'done', retries = retries + 1, changed_at = %s where id = %s",
        [now, event.id],
    )


def failed(connection: Connection, event: ParkedEvent, reason: str, now: datetime) -> None:
    """The event failed again; its queue waits for another `retry`."""
    connection.execute(
        "update read.parked_events set reason = %s, retries = retries + 1, changed_at = %s where id = %s",
        [reason, now, event.id],
    )
    connection.execute(
        """update read.parked_events set state = 'waiting'
        where projection = %s and build = %s and key = %s and state = 'retry'""",
        [event.projection, event.build, event.key],
    )


def waiting(connection: Connection, *, limit: int = 1000) -> list[ParkedEvent]:
    """The events that wait, in the order they were parked."""
    query = """select * from read.parked_events where state in ('waiting', 'retry')
        order by parked_at, projection, build, position limit %s"""
    with connection.cursor(row_factory=class_row(ParkedEvent)) as cursor:
        return cursor.execute(query, [limit]).fetchall()


def count(connection: Connection) -> int:
    """How many events wait, in all builds."""
    row = connection.execute(
        "select count(*) from read.parked_events where state in ('waiting', 'retry')"
    ).fetchone()
    return int(row[0]) if row else 0


def count_of(connection: Connection, build: Build) -> int:
    """How many events wait in one build."""
    row = connection.execute(
        """select count(*) from read.parked_events
        where projection = %s and build = %s and state in ('waiting', 'retry')""",
        [build.projection.name, build.number],
    ).fetchone()
    return int(row[0]) if row else 0


def find(connection: Connection, parked_id: UUID) -> ParkedEvent:
    """One event, whatever its state. Raises NotFound."""
    with connection.cursor(row_factory=class_row(ParkedEvent)) as cursor:
        row = cursor.execute("select * from read.parked_events where id = %s", [parked_id]).fetchone()
    if row is None:
        raise NotFound(
            f"There is no parked event {parked_id}.", hint="`carnet parked list` shows those that wait."
        )
    return row


def retry(connection: Connection, parked_id: UUID, *, actor: str, now: datetime) -> ParkedEvent:
    """Ask for another try of the queue that this event waits in.

    Raises:
        NotFound: there is no such event.
        InputError: it no longer waits.
    """
    return _decide(connection, parked_id, "retry", actor=actor, now=now, why=None)


def drop(connection: Connection, parked_id: UUID, *, actor: str, now: datetime, why: str) -> ParkedEvent:
    """Take the event out for good, and remember who did and why. What waited behind it goes on.

    Raises:
        NotFound: there is no such event.
        InputError: it no longer waits, or `why` is empty.
    """
    if not why.strip():
        raise InputError("An event is not dropped without a reason.", hint="Say why with --why.")
    return _decide(connection, parked_id, "dropped", actor=actor, now=now, why=why)


def _decide(
    connection: Connection, parked_id: UUID, state: State, *, actor: str, now: datetime, why: str | None
) -> ParkedEvent:
    changed = connection.execute(
        """update read.parked_events set state = %s, changed_at = %s, changed_by = %s, why = %s
        where id = %s and state in ('waiting', 'retry')""",
        [state, now, actor, why, parked_id],
    ).rowcount
    event = find(connection, parked_id)
    if not changed:
        raise InputError(f"The parked event {parked_id} no longer waits: it is {event.state}.")
    return event
