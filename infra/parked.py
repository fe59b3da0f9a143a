"""What could not be taken waits in a table, in queues, until a person decides about it: this is what all such tables
share.

The first row of a queue failed; those behind it only wait. `retry` asks that the queue be tried again from its first
row: the process that it waits for does so, in order. `drop` takes one row out for good, and what waited behind it
goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, LiteralString, TypeVar
from uuid import UUID

from psycopg.rows import class_row
from psycopg.sql import SQL, Composed

from infra.errors import InputError, NotFound
from infra.postgres import Connection

State = Literal["waiting", "retry", "done", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """The columns that every such table has. `state` is `waiting`, `retry` (somebody asked for it), `done` or
    `dropped`; `retries` counts the tries after the first."""

    id: UUID
    reason: str
    state: State
    retries: int
    parked_at: datetime
    changed_at: datetime | None
    changed_by: str | None
    why: str | None


P = TypeVar("P", bound=Parked)


class ParkedTable(Generic[P]):
    """A table whose rows wait. `what` its rows are is told to people; `order` are the columns that tell which of two
    parked at once comes first, `queue` those that the rows of one queue have in common. Of those that wait, the
    `shown` are listed and counted. `ended` is called, in the same transaction, with the id of each row whose wait has
    ended, if there is something to do about it.
    """

    def __init__(
        self,
        row: type[P],
        table: LiteralString,
        *,
        what: LiteralString,
        order: LiteralString,
        queue: LiteralString,
        shown: LiteralString = "true",
        ended: Callable[[Connection, UUID], None] | None = None,
    ) -> None:
        self._row = row
        self._what = what
        self._ended = ended
        self._words = {
            "table": SQL(table),
            "waits": SQL("state in ('waiting', 'retry')"),
            "order": SQL(order),
            "queue": SQL(queue),
            "shown": SQL(shown),
        }

    def waiting(self, connection: Connection, *, limit: int = 1000) -> list[P]:
        """The rows that wait, in the order they were parked."""
        query = self._sql(
            "select * from {table} where {waits} and {shown} order by parked_at, {order} limit %s"
        )
        with connection.cursor(row_factory=class_row(self._row)) as cursor:
            return cursor.execute(query, [limit]).fetchall()

    def count(self, connection: Connection) -> int:
        """How many rows wait."""
        row = connection.execute(
            self._sql("select count(*) from {table} where {waits} and {shown}")
        ).fetchone()
        return int(row[0]) if row else 0

    def find(self, connection: Connection, parked_id: UUID) -> P:
        """One row, whatever its state. Raises NotFound."""
        with connection.cursor(row_factory=class_row(self._row)) as cursor:
            row = cursor.execute(self._sql("select * from {table} where id = %s"), [parked_id]).fetchone()
        if row is None:
            raise NotFound(
                f"There is no parked {self._what} {parked_id}.",
                hint="`carnet parked list` shows those that wait.",
            )
        return row

    def retry(self, connection: Connection, parked_id: UUID, *, actor: str, now: datetime) -> P:
        """Ask for another try of the queue that this row waits in.

        Raises:
            NotFound: there is no such row.
            InputError: it no longer waits.
        """
        return self._decide(connection, parked_id, "retry", actor=actor, now=now, why=None)

    def drop(self, connection: Connection, parked_id: UUID, *, actor: str, now: datetime, why: str) -> P:
        """Take the row out for good, and remember who did and why. What waited behind it goes on.

        Raises:
            NotFound: there is no such row.
            InputError: it no longer waits, or `why` is empty.
        """
        if not why.strip():
            raise InputError(
                f"A parked {self._what} is not dropped without a reason.", hint="Say why with --why."
            )
        return self._decide(connection, parked_id, "dropped", actor=actor, now=now, why=why)

    def done(self, connection: Connection, row: P, now: datetime) -> None:
        """What the row stands for was taken after all."""
        connection.execute(
            self._sql(
                "update {table} set state = 'done', retries = retries + 1, changed_at = %s where id = %s"
            ),
            [now, row.id],
        )
        self._end(connection, row.id)

    def failed(self, connection: Connection, row: P, reason: str, now: datetime) -> None:
        """It could not be taken this time either; its queue waits for another `retry`."""
        connection.execute(
            self._sql("update {table} set reason = %s, retries = retries + 1, changed_at = %s where id = %s"),
            [reason, now, row.id],
        )
        connection.execute(
            self._sql(
                """update {table} set state = 'waiting'
                where state = 'retry' and ({queue}) = (select {queue} from {table} where id = %s)"""
            ),
            [row.id],
        )

    def _decide(
        self,
        connection: Connection,
        parked_id: UUID,
        state: State,
        *,
        actor: str,
        now: datetime,
        why: str | None,
    ) -> P:
        with connection.transaction():
            changed = connection.execute(
                self._sql(
                    """update {table} set state = %s, changed_at = %s, changed_by = %s, why = %s
                    where id = %s and {waits}"""
                ),
                [state, now, actor, why, parked_id],
            ).rowcount
            row = self.find(connection, parked_id)
            if not changed:
                raise InputError(f"The parked {self._what} {parked_id} no longer waits: it is {row.state}.")
            if state == "dropped":
                self._end(connection, parked_id)
        return row

    def _sql(self, text: LiteralString) -> Composed:
        return SQL(text).format(**self._words)

    def _end(self, connection: Connection, parked_id: UUID) -> None:
        if self._ended:
            self._ended(connection, parked_id)
