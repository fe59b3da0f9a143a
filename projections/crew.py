"""Worker processes, one for each share of the slots, and who looks after them.

A worker that is killed, or that PostgreSQL fails, is started again, and goes on where its slots stand. Its backoff is
a second, and twice as long each time that it fails again soon, half a minute at most. One that finds a fault which
only a person can mend ends them all; and so does a server that cannot be reached when one is to start again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import connection as pipes
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import monotonic
from typing import Final

import structlog

from infra.errors import CarnetError, PostgresFault
from infra.postgres import connect
from projections.run import Reached
from projections.slots import shares

LOOK_EVERY_S = 0.2
BACKOFF_S_MIN = 1.0
BACKOFF_S_MAX = 30.0
END_WITHIN_S = 10.0
# A forked process would share what threads of this one hold.
SPAWN: Final = get_context("spawn")

logger = structlog.get_logger()

Work = Callable[[Connection, Sequence[int]], None]
"""What a worker does in its process, with its end of the pipe and its share of the slots."""


class Worker:
    """A process with its share of the slots, and the pipe to it: closing that asks it to end."""

    def __init__(self, work: Work, slots: Sequence[int]) -> None:
        self._work = work
        self.slots = slots
        self.position = 0
        self.done = False
        self._backoff_s = 0.0
        self.start()

    def start(self) -> None:
        """Start the process, anew if it has ended."""
        self.fault: CarnetError | None = None
        self._due_at: float | None = None
        self._started_at = monotonic()
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

    def back_off(self) -> float:
        """It has ended, and is to be started again; returns in how many seconds."""
        now = monotonic()
        self._backoff_s = next_backoff_s(self._backoff_s, now - self._started_at)
        self._due_at = now + self._backoff_s
        return self._backoff_s

    @property
    def awaits_restart(self) -> bool:
        """Whether it has ended and was not started again yet."""
        return self._due_at is not None

    @property
    def is_due(self) -> bool:
        """Whether it is time to start it again."""
        return self._due_at is not None and monotonic() >= self._due_at

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


class Crew:
    """The workers, one for each share of the slots. Use it in a `with`: at its end none is left."""

    def __init__(self, conninfo: str, work: Work, workers: int) -> None:
        self._conninfo = conninfo
        self._work = work
        self._shares = shares(workers)

    def __enter__(self) -> Crew:
        self._workers = [Worker(self._work, slots) for slots in self._shares]
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
            at_work = [worker for worker in running if not worker.awaits_restart]
            pipes.wait([worker.process.sentinel for worker in at_work], LOOK_EVERY_S)
            for worker in at_work:
                has_ended = not worker.process.is_alive()
                worker.listen()
                if has_ended:
                    _look_after(worker)
            for worker in running:
                if worker.is_due:
                    connect(self._conninfo).close()
                    worker.start()
            position = min(worker.position for worker in self._workers)
            if tell and position > reached:
                tell(reached := position)


def _look_after(worker: Worker) -> None:
    """A worker has ended: it is to be started again if it was killed or PostgreSQL failed it."""
    code = worker.process.exitcode or 0
    if code == 0 and worker.fault is None:
        worker.done = True
    elif code < 0 or isinstance(worker.fault, PostgresFault):
        why = str(worker.fault or f"signal {-code}")
        again_in_s = worker.back_off()
        logger.warning("project.worker_ended", slots=worker.slots, why=why, again_in_s=again_in_s)
    else:
        raise worker.failed()


def next_backoff_s(before_s: float, ran_s: float) -> float:
    """How long a worker waits to be started again: `ran_s` is how long it ran, `before_s` how long it waited for that
    (0: it did not)."""
    if ran_s > BACKOFF_S_MAX:
        return BACKOFF_S_MIN
    return min(max(2 * before_s, BACKOFF_S_MIN), BACKOFF_S_MAX)
