"""Messages that could not be taken.

A message waits in the queue of its source's partition and key; one without a key waits alone. Whoever ends a
message's wait, its sealed payload is destroyed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from infra.parked import Parked, ParkedTable
from infra.postgres import Connection

# Stored, and found again by it: another wording would leave those behind that wait already.
WAITS = "It waits behind an earlier message with the same key."
READY_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedMessage(Parked):
    """One row of `carnet.parked`, column by column."""

    source: str
    topic: str
    partition: int
    offset: int
    key: str | None
    payload: UUID

    @property
    def where(self) -> str:
        """Its place at its source."""
        return f"{self.topic}[{self.partition}] {self.offset}"


def _destroy_payload(connection: Connection, parked_id: UUID) -> None:
    """Only of a message that no longer waits: the database refuses the writer every other deletion."""
    connection.execute("select vault.destroy_parked(%s)", [parked_id])


PARKED_MESSAGES: Final = ParkedTable(
    ParkedMessage,
    "carnet.parked",
    what="message",
    order='"offset"',
    queue="topic, partition, coalesce(key, id::text)",
    ended=_destroy_payload,
)


def blocked_keys(connection: Connection, topic: str, partition: int) -> set[str | None]:
    """The keys whose messages wait; None stands for messages without a key."""
    rows = connection.execute(
        """with waiting as not materialized (
            select key from carnet.parked
            where topic = %s and partition = %s and state in ('waiting', 'retry')
        )
        select distinct key from waiting where key is not null
        union all select null where exists (select from waiting where key is null)""",
        [topic, partition],
    )
    return {key for (key,) in rows}


def is_blocked(connection: Connection, topic: str, partition: int, key: str) -> bool:
    """Whether messages with this key wait."""
    row = connection.execute(
        """select exists (select from carnet.parked
            where topic = %s and partition = %s and key = %s and state in ('waiting', 'retry'))""",
        [topic, partition, key],
    ).fetchone()
    return row == (True,)


def any_waits(connection: Connection, topic: str, partition: int) -> bool:
    """Whether any message waits."""
    row = connection.execute(
        """select exists (select from carnet.parked
            where topic = %s and partition = %s and state in ('waiting', 'retry'))""",
        [topic, partition],
    ).fetchone()
    return row == (True,)


def ready(connection: Connection, topic: str, partition: int) -> list[ParkedMessage]:
    """The first message of each queue that may go on: somebody asked for it, or it only waited for others."""
    query = """
        with waiting as not materialized (
            select * from carnet.parked
            where topic = %s and partition = %s and state in ('waiting', 'retry')
        ), firsts as (
            select distinct on (key) * from waiting where key is not null order by key, parked_at, "offset"
        ), asked as not materialized (
            select * from carnet.parked where topic = %s and partition = %s and state = 'retry'
        )
        select * from firsts where reason = %s or key in (select key from asked)
        union all select * from asked where key is null
        order by parked_at, "offset" limit %s"""
    with connection.cursor(row_factory=class_row(ParkedMessage)) as cursor:
        return cursor.execute(query, [topic, partition, topic, partition, WAITS, READY_MAX]).fetchall()


def behind(connection: Connection, row: ParkedMessage) -> ParkedMessage | None:
    """The next message of a queue whose first was taken, if it only waited for that."""
    with connection.cursor(row_factory=class_row(ParkedMessage)) as cursor:
        found = cursor.execute(
            """select * from carnet.parked
            where topic = %s and partition = %s and key = %s and state in ('waiting', 'retry')
                and (parked_at, "offset") > (%s, %s)
            order by parked_at, "offset" limit 1""",
            [row.topic, row.partition, row.key, row.parked_at, row.offset],
        ).fetchone()
    return found if found and found.reason == WAITS else None


@contextmanager
def trying(connection: Connection, row: ParkedMessage) -> Iterator[bool]:
    """Hold the message while it is tried again; False if somebody has tried or dropped it meanwhile."""
    with connection.transaction():
        held = connection.execute(
            """select from carnet.parked
            where id = %s and retries = %s and state in ('waiting', 'retry') for update""",
            [row.id, row.retries],
        ).fetchone()
        yield held is not None
