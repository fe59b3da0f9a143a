"""Messages that could not be taken: which wait, and what a person decides about them.

A message waits in the queue of its source's partition and key; one without a key waits alone. `retry` asks
that its queue be tried again from its first message: the process that owns the partition does so, in order.
`drop` takes one message out for good. Whoever ends a message's wait, its sealed payload is destroyed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from infra.errors import InputError, NotFound

WAITS = "It waits behind an earlier message with the same key."

State = Literal["waiting", "retry", "done", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """One row of `carnet.parked`, column by column. `state` is `waiting`, `retry` (somebody asked for it), `done`
    or `dropped`; `retries` counts the tries after the first."""

    id: UUID
    source: str
    topic: str
    partition: int
    offset: int
    key: str | None
    payload: UUID
    reason: str
    state: State
    retries: int
    parked_at: datetime
    changed_at: datetime | None
    changed_by: str | None
    why: str | None


def waiting(connection: Connection, *, limit: int = 1000) -> list[Parked]:
    """The messages that wait, in the order they were parked."""
    query = """select * from carnet.parked where state in ('waiting', 'retry')
        order by parked_at, "offset" limit %s"""
    with connection.cursor(row_factory=class_row(Parked)) as cursor:
        return cursor.execute(query, [limit]).fetchall()


def count(connection: Connection) -> int:
    """How many messages wait."""
    row = connection.execute(
        "select count(*) from carnet.parked where state in ('waiting', 'retry')"
    ).fetchone()
    return int(row[0]) if row else 0


def find(connection: Connection, parked_id: UUID) -> Parked:
    """One message, whatever its state. Raises NotFound."""
    with connection.cursor(row_factory=class_row(Parked)) as cursor:
        row = cursor.execute("select * from carnet.parked where id = %s", [parked_id]).fetchone()
    if row is None:
        raise NotFound(
            f"There is no parked message {parked_id}.", hint="`carnet parked list` shows those that wait."
        )
    return row


def retry(connection: Connection, parked_id: UUID, *, actor: str, now: datetime) -> Parked:
    """Ask for another try of the queue that this message waits in.

    Raises:
        NotFound: there is no such message.
        InputError: it no longer waits.
    """
    return _decide(connection, parked_id, "retry", actor=actor, now=now, why=None)


def drop(connection: Connection, parked_id: UUID, *, actor: str, now: datetime, why: str) -> Parked:
    """Take the message out for good, and remember who did and why. What waited behind it goes on.

    Raises:
        NotFound: there is no such message.
        InputError: it no longer waits, or `why` is empty.
    """
    if not why.strip():
        raise InputError("A message is not dropped without a reason.", hint="Say why with --why.")
    return _decide(connection, parked_id, "dropped", actor=actor, now=now, why=why)


def _decide(
    connection: Connection, parked_id: UUID, state: State, *, actor: str, now: datetime, why: str | None
) -> Parked:
    with connection.transaction():
        row = find(connection, parked_id)
        changed = connection.execute(
            """update carnet.parked set state = %s, changed_at = %s, changed_by = %s, why = %s
            where id = %s and state in ('waiting', 'retry')""",
            [state, now, actor, why, parked_id],
        ).rowcount
        if not changed:
            raise InputError(
                f"The parked message {parked_id} no longer waits: it is {find(connection, parked_id).state}."
            )
        if state == "dropped":
            _destroy(connection, row.id)
    return find(connection, parked_id)


def blocked_keys(connection: Connection, topic: str, partition: int) -> set[str | None]:
    """The keys whose messages wait; None stands for messages without a key."""
    rows = connection.execute(
        """select distinct key from carnet.parked
        where topic = %s and partition = %s and state in ('waiting', 'retry')""",
        [topic, partition],
    )
    return {key for (key,) in rows}


def ready(connection: Connection, topic: str, partition: int) -> Parked | None:
    """The first message of a queue that may go on: somebody asked for it, or it only waited for others."""
    query = """
        select id from (
            select distinct on (queue) *
            from (
                select *, coalesce(key, id::text) as queue,
                    bool_or(state = 'retry') over (partition by coalesce(key, id::text)) as asked
                from carnet.parked
                where topic = %s and partition = %s and state in ('waiting', 'retry')
            ) waiting
            order by queue, parked_at, "offset"
        ) firsts
        where asked or reason = %s
        order by parked_at, "offset" limit 1"""
    first = connection.execute(query, [topic, partition, WAITS]).fetchone()
    return find(connection, first[0]) if first else None


@contextmanager
def trying(connection: Connection, row: Parked) -> Iterator[bool]:
    """Hold the message while it is tried again; False if somebody has tried or dropped it meanwhile."""
    with connection.transaction():
        held = connection.execute(
            """select from carnet.parked
            where id = %s and retries = %s and state in ('waiting', 'retry') for update""",
            [row.id, row.retries],
        ).fetchone()
        yield held is not None


def done(connection: Connection, row: Parked, now: datetime) -> None:
    """The message was taken after all."""
    connection.execute(
        "update carnet.parked set state = 'done', changed_at = %s where id = %s",
        [now, row.id],
    )
    _destroy(connection, row.id)


def failed(connection: Connection, row: Parked, reason: str, now: datetime) -> None:
    """The message could not be taken this time either; its queue waits for another `retry`."""
    connection.execute(
        "update carnet.parked set reason = %s, retries = retries + 1, changed_at = %s where id = %s",
        [reason, now, row.id],
    )
    connection.execute(
        """update carnet.parked set state = 'waiting'
        where topic = %s and partition = %s and coalesce(key, id::text) = %s and state = 'retry'""",
        [row.topic, row.partition, row.key or str(row.id)],
    )


def _destroy(connection: Connection, parked_id: UUID) -> None:
    """Only the payload of a message that no longer waits: the database refuses the writer every other deletion."""
    connection.execute("select vault.destroy_parked(%s)", [parked_id])
