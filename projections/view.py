"""One build at work: its rows in memory, its tables, how far each of its slots has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import psycopg

from domain.kernel import Recorded
from infra.errors import Contended, IntegrityFault, PostgresFault
from infra.postgres import Connection
from projections import builds, checkpoints, parked_events
from projections.builds import Build
from projections.kernel import Key, Row
from projections.memory import Changes, Memory
from projections.parked_events import PARKED_EVENTS, ParkedEvent, Untaken
from projections.slots import slot_of
from projections.tables import Table, tables

KEPT_ROWS = 7_000

Due = tuple[Recorded, UUID | None, int]
"""An event, the key that it is routed by (None: every slot reads it) and the slot that it is due in."""


class Changed(Contended):
    """A build is no longer what it was when it was opened: it went live, or another did. Open it again."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written in one transaction: rows, events that were parked, and from where to where slots go."""

    rows: Sequence[tuple[Table[Any], Changes[Any]]]
    parked: Sequence[Untaken]
    moves: dict[int, tuple[int, int]]


class View:
    """A build, the slots of it that this process writes, and the connection that writes them. Each method runs
    in the caller's transaction. Rows are read over a connection of their own, so that events can be folded while
    what was folded before is written.

    Raises:
        IntegrityFault: a table is gone, or was written by a version that this one cannot follow.
    """

    def __init__(
        self, build: Build, connection: Connection, reading: Connection, slots: Sequence[int]
    ) -> None:
        builds.check_meaning(connection, build)
        builds.check_tables(connection, build)
        self.build = build
        self._connection = connection
        self._reading = reading
        self._tables = tables(build.projection, build.schema)
        self._route = cache(build.projection.route)
        self._written = checkpoints.read(connection, build, slots)
        self._positions = dict(self._written)
        self._memory = Memory(
            build.projection.rows,
            self._load,
            empty=not any(self._written.values()),
            kept=KEPT_ROWS,
            copied=build.projection.copied,
        )
        self._blocked = parked_events.blocked(connection, build, slots)
        self._parked: list[Untaken] = []

    @property
    def position(self) -> int:
        """Where the slowest slot has arrived."""
        return min(self._positions.values())

    @property
    def changes(self) -> int:
        """How many rows are not handed over yet."""
        return self._memory.changes + len(self._parked)

    @property
    def is_blocked(self) -> bool:
        """Whether events wait behind one that failed."""
        return bool(self._blocked)

    def take(self, events: Sequence[Recorded], last: int, *, carefully: bool = False) -> None:
        """Fold events, which are all that these slots need up to `last`, into the rows in memory. `carefully`, the
        columns of rows are worked out after each event, so that it is known on which of them they fail.

        Raises:
            IntegrityFault: the projection failed on an event that every slot reads; it names the event. What was
                taken since the last write may not be written any more.
        """
        due, hint, blocked = self._due(events), self.build.projection.hint, self._blocked
        self._memory.prefetch((row, key, slot) for recorded, _, slot in due for row, key in hint(recorded))
        for recorded, key, slot in due:
            if blocked and key in blocked:
                self._park(recorded, key, slot)
                continue
            error = self._fold(recorded, slot, carefully=carefully)
            if error is None:
                continue
            if key is None:
                raise self._failed(recorded, error) from error
            self._park(recorded, key, slot, error)
        for slot, position in self._positions.items():
            if position < last:
                self._positions[slot] = last

    def check(self) -> None:
        """Raises Changed: the build is no longer what it was."""
        if not builds.is_unchanged(self._connection, self.build):
            raise self._changed()

    def hand_over(self) -> Batch:
        """What has changed since the last one. It has to be written before the next one is."""
        moves = {
            slot: (written, self._positions[slot])
            for slot, written in self._written.items()
            if written != self._positions[slot]
        }
        rows = [(table, self._memory.changed(row)) for row, table in self._tables.items()]
        batch = Batch(rows, self._parked, moves)
        self._memory.handed_over()
        self._written = dict(self._positions)
        self._parked = []
        return batch

    def write(self, batch: Batch, now: datetime) -> None:
        """Write rows, what was parked and the checkpoints; `written` once that is committed. It may run in another
        thread than the rest. Raises Changed."""
        if not builds.stays_unchanged(self._connection, self.build):
            raise self._changed()
        for table, changes in batch.rows:
            table.add(self._connection, changes.new)
            table.put(self._connection, changes.put)
            table.remove(self._connection, changes.gone)
        if batch.parked:
            parked_events.park(self._connection, self.build, batch.parked, now)
        checkpoints.advance(self._connection, self.build, batch.moves, now)

    def written(self, *, crowded: bool) -> None:
        """What was handed over is committed. Rows that were not used of late are forgotten early if it is
        `crowded`."""
        self._memory.written(crowded=crowded)

    def waits(self) -> list[UUID]:
        """The keys whose queue is to be tried again. Nothing may wait to be written."""
        if not self._blocked:
            return []
        # Only we park events of our slots: others may have dropped some, or asked for another try.
        looked = parked_events.still_blocked(self._connection, self.build, self._blocked)
        self._blocked = set(looked)
        return [key for key, goes_on in looked.items() if goes_on]

    def retry(self, parked: ParkedEvent, recorded: Recorded, now: datetime) -> Exception | None:
        """Fold an event that waits, as if it came only now; what the projection raised on it."""
        error = self._fold(recorded, parked.slot, carefully=True)
        if error is not None:
            PARKED_EVENTS.failed(self._connection, parked, parked_events.reason_of(error), now)
        else:
            PARKED_EVENTS.done(self._connection, parked, now)
        return error

    def unblock(self, key: UUID) -> None:
        """Nothing waits under this key any more."""
        self._blocked.discard(key)

    def _fold(self, recorded: Recorded, slot: int, *, carefully: bool) -> Exception | None:
        """Fold one event; what the projection raised on it, and then every row is what it was before."""
        try:
            self._memory.fold(self.build.projection.project, recorded, slot)
            if carefully:
                self._memory.work_out()
        except (PostgresFault, psycopg.Error, MemoryError):
            # Not the projection's: no event is to blame, and the next one would fail likewise.
            raise
        except Exception as error:
            self._memory.undo()
            return error
        return None

    def _due(self, events: Sequence[Recorded]) -> list[Due]:
        due: list[Due] = []
        route, everywhere, positions = self._route, self.build.projection.everywhere, self._positions
        for recorded in events:
            kind = type(recorded.event)
            key_of = route(kind)
            if key_of is None:
                continue
            at = recorded.position
            if kind in everywhere:
                due += [(recorded, None, slot) for slot, position in positions.items() if at > position]
                continue
            key = key_of(recorded)
            slot = slot_of(key)
            # A slot that is not ours counts as one that has come so far already.
            if at > positions.get(slot, at):
                due.append((recorded, key, slot))
        return due

    def _park(self, recorded: Recorded, key: UUID | None, slot: int, error: Exception | None = None) -> None:
        assert key is not None, "what every slot reads is never parked"
        self._parked.append(
            Untaken(
                slot=slot,
                key=key,
                position=recorded.position,
                name=recorded.name,
                reason=parked_events.WAITS if error is None else parked_events.reason_of(error),
                error=None if error is None else type(error).__name__,
            )
        )
        self._blocked.add(key)
        parked_events.check_few(self.build, self._blocked)

    def _load(self, row: type[Row], places: Sequence[tuple[Key, int]]) -> Iterable[tuple[Row, int]]:
        return self._tables[row].load(self._reading, places)

    def _changed(self) -> Changed:
        return Changed(
            f"{self.build.name.capitalize()} is no longer {self.build.state}.",
            hint="Look at `carnet project builds`.",
        )

    def _failed(self, recorded: Recorded, error: Exception) -> IntegrityFault:
        return IntegrityFault(
            f"Projection {self.build.projection.name} failed on {recorded.name} at position {recorded.position} "
            f"(event {recorded.event_id}): {parked_events.reason_of(error)} Every row may depend on it, so it cannot "
            "wait.",
            hint="Nothing after its last checkpoint was written. Mend the projection, then start it again.",
        )
