"""Reads and encodes the next events in a process of its own, while those before are being published.

kafka-python keeps one core of the machine busy, so what else there is to do is done on another. The process only
reads: it may be killed at any moment. It ends with the one that started it, however that ends, because it then
finds the pipe between them closed.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import Popen
from threading import Event as Flag
from types import TracebackType
from typing import Self

from infra.errors import CarnetError
from infra.outgoing import Batch, Outgoing, Reading

HERE = Path(__file__).parents[1]  # where Python finds `infra`, installed or not
IDLE_S_MIN = 0.05
IDLE_S_MAX = 1.0
GLANCE_S = 0.25  # how often one who waits for events looks whether he is to stop
STOPS = (signal.SIGINT, signal.SIGTERM)


class ReadingAhead:
    """The process that reads ahead, as a context manager. It holds one batch, and waits until that is taken."""

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        # Blocked signals are inherited. A stop that is sent to all our processes is this one's to carry out alone.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            with closing(theirs):
                command = [sys.executable, "-m", "infra.reading_ahead", str(theirs.fileno())]
                self._process = Popen(command, pass_fds=[theirs.fileno()], env=_environment())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def begin(self, reading: Reading) -> None:
        """Tell it what to read. Raises CarnetError: the process has died."""
        try:
            self._pipe.send(reading)
        except ConnectionError as error:
            raise self._died() from error

    def wait(self, stop: Flag) -> Batch | None:
        """The next batch, as soon as there is one; None if `stop` is set before.

        Raises:
            CarnetError: what went wrong over there; or the process has died.
        """
        while not stop.is_set():
            if self._pipe.poll(GLANCE_S):
                return self._next()
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.wait()

    def _next(self) -> Batch:
        try:
            told: Batch | CarnetError = self._pipe.recv()
        except (EOFError, ConnectionResetError) as error:
            raise self._died() from error
        if isinstance(told, CarnetError):
            raise told
        return told

    def _died(self) -> CarnetError:
        return CarnetError(
            f"The relay's process that reads ahead has died (exit code {self._process.wait()}).",
            hint="Start the relay again: it goes on where Kafka says it was.",
        )


def _environment() -> dict[str, str]:
    """Ours, in which Python finds `infra`, installed or not. The folder stays ours: paths may be relative to it."""
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
    }


def read(pipe: Connection) -> None:
    """What the process does."""
    try:
        reading: Reading = pipe.recv()
        try:
            _send(pipe, reading)
        except CarnetError as fault:
            pipe.send(fault)
    except (EOFError, ConnectionError):
        return  # nobody is there any more


def _send(pipe: Connection, reading: Reading) -> None:
    outgoing = Outgoing(reading)
    position = reading.after
    idle_s = IDLE_S_MIN
    while reading.until is None or position < reading.until:
        before = position
        for batch in outgoing.batches(before):
            pipe.send(batch)
            position = batch.position
        if position > before:
            idle_s = IDLE_S_MIN
        elif pipe.poll(idle_s):
            return  # nothing is ever told here: the other end was closed
        else:
            idle_s = min(2 * idle_s, IDLE_S_MAX)


if __name__ == "__main__":
    read(Connection(int(sys.argv[1])))
