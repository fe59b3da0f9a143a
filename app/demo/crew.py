"""The processes that run beside the demo's driver: relay, projections, consumers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from infra.errors import CarnetError

STOP_S = 30
TAIL_LINES = 5


class Fell(CarnetError):
    """A process of the crew ended before it was told to."""


class Crew:
    """Starts `carnet NAME` for each name; stops them with SIGTERM, which lets each finish what it took."""

    def __init__(self, names: tuple[str, ...], *, environment: Mapping[str, str], logs: Path) -> None:
        self._logs = logs
        self._environment = {**os.environ, **environment}
        self._names = names
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Crew:
        for name in self._names:
            with (self._logs / f"{name}.log").open("wb") as log:
                self._running[name] = subprocess.Popen(
                    [sys.executable, "-m", "app", name],
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
        return self

    def check(self) -> None:
        """Raises Fell if one has ended, with the last lines it wrote."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise Fell(f"carnet {name} ended with exit code {process.returncode}: {self._tail(name)}")

    def stop(self) -> None:
        """Stop all, and wait until they have finished what they took. Raises Fell if one ended badly."""
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        for name, process in self._running.items():
            if process.wait(STOP_S):
                raise Fell(f"carnet {name} stopped with exit code {process.returncode}: {self._tail(name)}")
        self._running.clear()

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()

    def _tail(self, name: str) -> str:
        lines = (self._logs / f"{name}.log").read_text(errors="replace").splitlines()
        return " | ".join(lines[-TAIL_LINES:]) or "it wrote nothing"
