"""Builds read models again from the first event, while readers and followers of the live ones go on untouched.

A build that was interrupted, at whatever point, is gone on with where it stands; one that this code cannot go on with
is dropped and begun anew. Nobody sees it before it is whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from infra.clock import Clock
from infra.log import Log
from projections.kernel import Projection
from projections.run import NEVER, Progress
from projections.switching import Switched, alone, go_live

Say = Callable[[str], None]


def rebuild(
    conninfo: str,
    log: Log,
    projections: Sequence[Projection],
    clock: Clock,
    *,
    workers: int = 1,
    stop: threading.Event = NEVER,
    progress: Progress | None = None,
    say: Say = lambda _: None,
) -> list[Switched] | None:
    """Build these projections again and let readers see that, all from one moment on. None if `stop` was set before:
    then readers see what they saw, and asking again goes on from there. Raises as `prepare` and `go_live`."""
    with alone(conninfo, "rebuild", projections) as connection:
        ready = _filled(connection, conninfo, log, projections, clock, None, workers, stop, progress, say)
        return ready and go_live(connection, conninfo, log, ready, clock, stop)
