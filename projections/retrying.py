"""Goes through the queues of parked events that somebody wants tried again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from infra.clock import Clock
from infra.paging import Reader
from infra.postgres import Connection
from projections import parked_events
from projections.view import View


def retry_parked(connection: Connection, log: Reader, views: Sequence[View], clock: Clock) -> None:
    """Take each queue in order, up to the first event that fails. Nothing else may wait to be written."""
    for view in views:
        for key in view.waits():
            _retry_queue(connection, log, view, key, clock)


def _retry_queue(connection: Connection, log: Reader, view: View, key: UUID, clock: Clock) -> None:
    error, done = None, 0
    while error is None:
        with connection.transaction():
            event = parked_events.first(connection, view.build, key, done)
            if event is None:
                view.unblock(key)
                return
            now = clock.now()
            (recorded,) = log.page(event.position - 1, limit=1, size_max=1).events
            error = view.retry(event, recorded, now)
            view.write(view.hand_over(), now)
            done = event.position
        view.written(crowded=False)
        if error is not None:
            parked_events.log_failed(view.build, event, type(error).__name__)
