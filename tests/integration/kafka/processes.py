"""Relays of a test, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 60


class Processes:
    """What still runs at the end of the test is killed."""

    def __init__(self, database: str, kafka: str, prefix: str) -> None:
        self._arguments = [database, kafka, prefix]
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *options: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.integration.kafka.relaying"]
        process = subprocess.Popen(
            [*command, *self._arguments, *map(str, options)], stderr=subprocess.PIPE, text=True
        )
        self._started.append(process)
        return process

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()


@contextmanager
def processes(database: str, kafka: str, prefix: str) -> Iterator[Processes]:
    started = Processes(database, kafka, prefix)
    try:
        yield started
    finally:
        started.end()
