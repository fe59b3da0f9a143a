"""Several processes of this machine that fill the same builds, each with a fixed share of the slots.

They end when the process that started them does, however that ends. Across machines nothing of this is needed: slots
are guarded by locks in the database.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection

from infra import logging
from infra.clock import Clock
from infra.errors import CarnetError
from infra.log_reader import LogReader
from projections import following
from projections.builds import Build
from projections.crew import Crew
from projections.kernel import Projection
from projections.run import Reached, Runner


def follow(
    conninfo: str,
    projections: Sequence[Projection],
    clock: Clock,
    stop: threading.Event,
    *,
    workers: int,
    once: bool = False,
    log_level: str = "info",
) -> None:
    """Keep what readers see up to date until `stop` is set, or `once` to the end of the log. The workers log from
    `log_level` on.

    Raises:
        AlreadyRunning: another process writes one of the slots.
        IntegrityFault: as `Runner`, of any worker.
        PostgresFault: the server cannot be reached.
    """
    following.live_builds(conninfo, projections, clock)
    work = partial(_follow, conninfo, projections, clock, once=once, log_level=log_level)
    with Crew(conninfo, work, workers) as crew:
        crew.watch(stop)


def fill(
    conninfo: str,
    builds: Sequence[Build],
    clock: Clock,
    *,
    workers: int,
    until: int | None = None,
    stop: threading.Event | None = None,
    tell: Reached | None = None,
    log_level: str = "info",
) -> None:
    """Bring builds to a position, or to the end of the log; less far if `stop` is set. The workers log from
    `log_level` on. Raises as `follow`."""
    work = partial(_fill, conninfo, builds, clock, until=until, log_level=log_level)
    with Crew(conninfo, work, workers) as crew:
        crew.watch(stop or threading.Event(), tell)


def _follow(
    conninfo: str,
    projections: Sequence[Projection],
    clock: Clock,
    parent: Connection,
    slots: Sequence[int],
    *,
    once: bool,
    log_level: str,
) -> None:
    logging.configure(log_level)
    with _answering(parent) as stop, LogReader(conninfo) as log:
        if once:
            following.catch_up(conninfo, log, projections, clock, stop, slots=slots)
        else:
            following.follow(conninfo, log, projections, clock, stop, slots=slots)


def _fill(
    conninfo: str,
    builds: Sequence[Build],
    clock: Clock,
    parent: Connection,
    slots: Sequence[int],
    *,
    until: int | None,
    log_level: str,
) -> None:
    logging.configure(log_level)
    with (
        _answering(parent) as stop,
        LogReader(conninfo) as log,
        Runner(conninfo, log, builds, clock, slots=slots) as runner,
    ):
        runner.catch_up(stop, partial(_tell, parent), until=until)


@contextmanager
def _answering(parent: Connection) -> Iterator[threading.Event]:
    """An event that is set when the parent asks for the end, or has ended. It is told of a fault."""
    stop = threading.Event()
    # Ctrl-C reaches every process of a terminal; the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_for_end, args=[parent, stop], daemon=True).start()
    try:
        yield stop
    except CarnetError as fault:
        _tell(parent, fault)


def _tell(parent: Connection, what: CarnetError | int) -> None:
    with suppress(BrokenPipeError):  # it was killed; then nobody is there to be told, and we are about to end
        parent.send(what)


def _wait_for_end(parent: Connection, stop: threading.Event) -> None:
    try:
        parent.recv()
    except (EOFError, OSError):
        stop.set()
