"""Several processes of this machine that fill the same builds, each with a fixed share of the slots.

A worker that is killed, or loses its connection, is started again, and goes on where its slots stand. One that finds
a fault which only a person can mend ends them all. They end when the process that started them does, however that
ends. Across machines nothing of this is needed: slots are guarded by locks in the database.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import connection as pipes
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

import structlog

from infra.clock import Clock
from infra.errors import CarnetError, PostgresFault
from infra.log import Log
from infra.postgres import connect
from projections import following
from projections.builds import Build
from projections.kernel import Projection
from projections.run import Reached, Runner
from projections.slots import shares

LOOK_EVERY_S = 0.2
AGAIN_AFTER_S = 1.0
END_WITHIN_S = 10.0
# A forked process would share what threads of this one hold.
SPAWN: Final = get_context("spawn")

logger = structlog.get_logger()

Work = Callable[[Connection, Sequence[int]], None]


def follow(
    conninfo: str,
    projections: Sequence[Projection],
    clock: Clock,
    stop: threading.Event,
    *,
    workers: int,
    once: bool = False,
) -> None:
    """Keep what readers see up to date until `stop` is set, or `once` to the end of the log.

    Raises:
        AlreadyRunning: another process writes one of the slots.
        IntegrityFault: as `Runner`, of any worker.
        PostgresFault: the server cannot be reached.
    """
    following.live_builds(conninfo, projections, clock)
    with _Crew(conninfo, partial(_follow, conninfo, projections, clock, once=once), workers) as crew:
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
) -> None:
    """Bring builds to a position, or to the end of the log; less far if `stop` is set. Raises as `follow`."""
    with _Crew(conninfo, partial(_fill, conninfo, builds, clock, until), workers) as crew:
        crew.watch(stop or threading.Event(), tell)


def _follow(
    conninfo: str,
    projections: Sequence[Projection],
    clock: Clock,
    parent: Connection,
    slots: Sequence[int],
    *,
    once: bool,
) -> None:
    with _answering(parent) as stop, Log(conninfo, clock) as log:
        if once:
            following.catch_up(conninfo, log, projections, clock, stop, slots=slots)
        else:
            following.follow(conninfo, log, projections, clock, stop, slots=slots)


def _fill(
    conninfo: str,
    builds: Sequence[Build],
    clock: Clock,
    until: int | None,
    parent: Connection,
    slots: Sequence[int],
) -> None:
    with (
        _answering(parent) as stop,
        Log(conninfo, clock) as log,
        Runner(conninfo, log, builds, clock, slots=slots) as runner,
    ):
        runner.catch_up(stop, parent.send, until=until)


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
        parent.send(fault)


def _wait_for_end(parent: Connection, stop: threading.Event) -> None:
    try:
        parent.recv()
    except (EOFError, OSError):
        stop.set()


class _Worker:
    """A process with its share of the slots, and the pipe to it: closing that asks it to end."""

    def __init__(self, work: Work, slots: Sequence[int]) -> None:
        self._work = work
        self.slots = slots
        self.position = 0
        self.done = False
        self.start()

    def start(self) -> None:
        """Start the process, anew if it has ended."""
        self.fault: CarnetError | None = None
        self.pipe, end = SPAWN.Pipe()
        self.process = SPAWN.Process(target=self._work, args=(end, self.slots), daemon=True)
        self.process.start()
        end.close()

    def listen(self) -> None:
        """Take what it has told: positions that it reached, and its fault."""
        with suppress(EOFError, OSError):
            while self.pipe.poll():
                told = self.pipe.recv()
                if isinstance(told, CarnetError):
                    self.fault = told
                else:
                    self.position = told

    def failed(self) -> CarnetError:
        """The fault to tell of a process that ended and that only a person can mend."""
        return self.fault or CarnetError(
            f"Worker process {self.process.pid}, of slots {', '.join(map(str, self.slots))}, has failed.",
            hint="What it said stands above.",
        )

    def end(self) -> None:
        """Let it end by itself, ten seconds at most, then kill it."""
        self.process.join(END_WITHIN_S)
        # It may be paused, or wait for a server that is gone. What it has not committed is not lost.
        self.process.kill()
        self.process.join()


class _Crew:
    """The workers, one for each share of the slots. Use it in a `with`: at its end none is left."""

    def __init__(self, conninfo: str, work: Work, workers: int) -> None:
        self._conninfo = conninfo
        self._work = work
        self._shares = shares(workers)

    def __enter__(self) -> _Crew:
        self._workers = [_Worker(self._work, slots) for slots in self._shares]
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.pipe.close()
        for worker in self._workers:
            worker.end()

    def watch(self, stop: threading.Event, tell: Reached | None = None) -> None:
        """Return when every worker has done its work, or `stop` is set. It tells the position that all have reached.

        Raises:
            CarnetError: the fault of a worker.
        """
        reached = 0
        while (running := [worker for worker in self._workers if not worker.done]) and not stop.is_set():
            pipes.wait([worker.process.sentinel for worker in running], LOOK_EVERY_S)
            for worker in running:
                has_ended = not worker.process.is_alive()
                worker.listen()
                if has_ended:
                    self._look_after(worker, stop)
            position = min(worker.position for worker in self._workers)
            if tell and position > reached:
                tell(reached := position)

    def _look_after(self, worker: _Worker, stop: threading.Event) -> None:
        """A worker has ended: start it again if it was killed or lost its connection."""
        code = worker.process.exitcode or 0
        if code == 0 and worker.fault is None:
            worker.done = True
        elif code < 0 or isinstance(worker.fault, PostgresFault):
            logger.warning(
                "worker_started_again", slots=worker.slots, why=str(worker.fault or f"signal {-code}")
            )
            if not stop.wait(AGAIN_AFTER_S):
                connect(self._conninfo).close()
                worker.start()
        else:
            raise worker.failed()
