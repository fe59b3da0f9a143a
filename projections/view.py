"""One projection at work: its rows in memory, its tables, how far it has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import psycopg

from domain.kernel import Recorded
from infra.errors import CarnetError, IntegrityFault
from infra.postgres import Connection
from projections import checkpoints
from projections.kernel import Key, Projection, Row
from projections.memory import Memory
from projections.tables import Table

LIVE = "read"
NEXT = "read_next"
KEPT_ROWS = 10_000


class View:
    """A projection, and the connection that writes it. Each method runs in the caller's transaction."""

    def __init__(self, projection: Projection, connection: Connection, *, schema: str = LIVE) -> None:
        self.projection = projection
        self.position = 0
        self._written = 0
        self._connection = connection
        self._wanted = cache(projection.wanted)
        self._place(schema)
        self.memory = self._remember(empty=False)

    def open(self, now: datetime) -> None:
        """Go on where the rows stand; make the tables if this is the first run.

        Raises:
            IntegrityFault: a table is gone, or was written by a version that this one cannot follow.
        """
        checkpoint = checkpoints.find(self._connection, self.projection)
        if checkpoint is None:
            self.begin()
            checkpoints.start(self._connection, self.projection, 0, now)
            return
        for table in self._tables.values():
            self._expect(table)
        self.position = self._written = checkpoint.position

    def begin(self) -> None:
        """Fresh, empty tables at position 0."""
        for table in self._tables.values():
            table.drop(self._connection)
            table.create(self._connection)
        self.position = self._written = 0
        self.memory = self._remember(empty=True)

    def take(self, batch: Sequence[Recorded]) -> None:
        """Fold the events that come after `position` into the rows in memory.

        Raises:
            IntegrityFault: the projection failed; it names the event. Nothing of the batch may be written.
        """
        wanted, hint = self._wanted, self.projection.hint
        project, memory = self.projection.project, self.memory
        due = [
            recorded
            for recorded in batch
            if recorded.position > self.position and wanted(type(recorded.event))
        ]
        memory.prefetch(key for recorded in due for key in hint(recorded))
        for recorded in due:
            try:
                for change in project(recorded, memory):
                    memory.take(change)
            except (CarnetError, psycopg.Error):
                raise
            except Exception as error:
                raise self._failed(recorded, error) from error
        if batch:
            self.position = max(self.position, batch[-1].position)

    def write(self, now: datetime) -> None:
        """Write the changed rows and, where readers look, the checkpoint; `written` once that is committed."""
        self._put()
        if self._schema == LIVE and self.position != self._written:
            checkpoints.advance(
                self._connection, self.projection, old=self._written, new=self.position, now=now
            )

    def written(self) -> None:
        self.memory.written()
        self._written = self.position

    def go_live(self, now: datetime) -> None:
        """Put the tables of `NEXT` where readers look, in place of those that stand there."""
        for row, table in self._tables.items():
            Table(row, LIVE).drop(self._connection)
            table.move(self._connection, LIVE)
        checkpoints.start(self._connection, self.projection, self.position, now)
        self._place(LIVE)

    def _put(self) -> None:
        for row, table in self._tables.items():
            put, gone = self.memory.changed(row)
            table.put(self._connection, put)
            table.remove(self._connection, gone)

    def _place(self, schema: str) -> None:
        self._schema = schema
        self._tables: dict[type[Row], Table[Any]] = {row: Table(row, schema) for row in self.projection.rows}

    def _remember(self, *, empty: bool) -> Memory:
        return Memory(self.projection.rows, self._load, empty=empty, kept=KEPT_ROWS)

    def _load(self, row: type[Row], keys: Sequence[Key]) -> Iterable[Row]:
        return self._tables[row].load(self._connection, keys)

    def _expect(self, table: Table[Any]) -> None:
        if not table.exists(self._connection):
            raise IntegrityFault(
                f"Table {LIVE}.{table.row.table} of projection {self.projection.name} is gone.",
                hint=f"Run `carnet project rebuild {self.projection.name}`.",
            )

    def _failed(self, recorded: Recorded, error: Exception) -> IntegrityFault:
        return IntegrityFault(
            f"Projection {self.projection.name} failed on {recorded.name} at position {recorded.position} "
            f"(event {recorded.event_id}): {type(error).__name__}: {error}.",
            hint="Nothing after its last checkpoint was written. Mend the projection, then start it again.",
        )
