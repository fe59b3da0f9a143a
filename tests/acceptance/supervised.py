"""Processes that are killed and paused, and started again whenever they end."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread

from tests.acceptance.installation import inherited

LINES = 10
WAYS_TO_END = frozenset({-signal.SIGKILL, 6, 9})
"""Killed; PostgreSQL was; the lock of the one before was not free yet."""


class Supervised:
    """`python -m MODULE ARGUMENTS`, started again whenever it ends, until it is stopped.

    `ends` are its exit codes so far; `expected` those that what is done to it explains.
    """

    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        folder: Path,
        *,
        command: Sequence[str] = (),
        expected: Collection[int] = WAYS_TO_END,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.ends: list[int] = []
        self.expected = frozenset(expected)
        self._command = [sys.executable, "-m", *(command or ("app", name))]
        self._environment = {**inherited(), **environment}
        self._changing = Lock()
        self._stopped = False
        self._process = self._start()
        self._thread = Thread(target=self._watch, name=name)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> None:
        """End politely, for good. One that does not end is killed by nobody: the caller's patience shows it."""
        with self._changing:
            self._stopped = True
            self._process.terminate()
        self._thread.join()

    def end(self) -> None:
        """End at once, for good."""
        with self._changing:
            self._stopped = True
            self._process.kill()
        self._thread.join()

    def check(self) -> None:
        """It may only end in ways that are expected."""
        assert set(self.ends) <= self.expected, self.story()

    def story(self) -> str:
        """How it ended each time, and what it said last."""
        said = self.log.read_text(errors="replace").splitlines()[-LINES:]
        return "\n".join([f"{self.name} ended with {self.ends}, and said last:", *said])

    def _watch(self) -> None:
        while True:
            code = self._process.wait()
            with self._changing:
                if self._stopped:
                    return
                self.ends.append(code)
                self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
