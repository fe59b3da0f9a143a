"""Writes what views hand over, in a thread of its own, while the next batch is folded."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from infra.clock import Clock
from infra.postgres import Connection
from projections import parked_events
from projections.view import Batch, View

KEPT_BYTES = 32 << 20


class Writer:
    """Writes batches of some views over a connection, one at a time. Rows, parked events and checkpoints of a batch
    are one transaction; what was parked is logged after it."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "projection-writer")
        self._on_its_way: tuple[Future[None], Sequence[View], int] | None = None
        self._kept_bytes = 0

    def begin(self, views: Sequence[View], position: int, size: int) -> None:
        """Have written what the views have taken up to a position, out of events of so many bytes. Nothing may be on
        its way."""
        batches = [(view, view.hand_over()) for view in views]
        self._on_its_way = self._thread.submit(self._write, batches), views, position
        self._kept_bytes += size

    def wait(self) -> int | None:
        """Until what was handed over is committed; the position up to which that is. None if nothing was on its way.

        Raises:
            Changed: a build is no longer what it was; nothing of the batch was written.
            Unwritable: a row cannot be; nothing of the batch was written.
        """
        if self._on_its_way is None:
            return None
        (written, views, position), self._on_its_way = self._on_its_way, None
        written.result()
        crowded = self._kept_bytes >= KEPT_BYTES
        for view in views:
            view.written(crowded=crowded)
        if crowded:
            self._kept_bytes = 0
        return position

    def close(self) -> None:
        """What is on its way is whole then, and no thread uses the connection any more."""
        self._thread.shutdown()

    def _write(self, batches: Sequence[tuple[View, Batch]]) -> None:
        with self._connection.transaction():
            now = self._clock.now()
            for view, batch in batches:
                view.write(batch, now)
        for view, batch in batches:
            for event in batch.parked:
                if event.error:
                    parked_events.log_failed(view.build, event, event.error)
