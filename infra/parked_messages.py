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

from infra.parked import Parked, ParkedTable
from infra.postgres import Connection

WAITS = "It waits behind an earlier message with the same key."


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
        """select distinct key from carnet.parked
        where topic = %s and partition = %s and state in ('waiting', 'retry')""",
        [topic, partition],
    )
    return {key for (key,) in rows}


def ready(connection: Connection, topic: str, partition: int) -> ParkedMessage | None:
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
    return PARKED_MESSAGES.find(connection, first[0]) if first else None


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
