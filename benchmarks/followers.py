"""The processes that follow the log, as operations would run them: `carnet project` and `carnet relay`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
from psycopg.conninfo import conninfo_to_dict

import projections
from app.publishing import apply_all
from benchmarks.ground import Ground
from infra import settings as settings_module
from infra.clock import SystemClock
from infra.errors import CarnetError
from infra.position import relay_position
from infra.postgres import connect
from projections.lag import lag

LOOK_EVERY_S = 0.25
STOP_WITHIN_S = 30.0


class Followers:
    """A projecting process and a relay of one order book. Use it as `with followers(…)`."""

    def __init__(self, conninfo: str, environment: Mapping[str, str], folder: Path) -> None:
        self._conninfo = conninfo
        self._settings = settings_module.read(environment)
        self._environment = environment
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.peak_mb: dict[str, float] = {}

    def start(self) -> None:
        """Make the topics, then start both."""
        apply_all(self._settings)
        for verb in ("project", "relay"):
            with (self._folder / f"{verb}.log").open("wb") as log:
                self._processes[verb] = subprocess.Popen(
                    [sys.executable, "-m", "app", verb], env=self._environment, stdout=log, stderr=log
                )

    def stop(self) -> None:
        """End both, by force if they do not end by themselves."""
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def look(self) -> None:
        """Note how much memory each process holds; raise CarnetError if one has fallen."""
        for verb, process in self._processes.items():
            if process.poll() is not None:
                said = (self._folder / f"{verb}.log").read_text(errors="replace")
                raise CarnetError(f"carnet {verb} ended with {process.returncode}: {said[-2000:]}")
            parent = psutil.Process(process.pid)
            for one in (parent, *parent.children(recursive=True)):
                self.note(verb, one)

    def note(self, name: str, process: psutil.Process) -> None:
        """Keep the most that a process of this name has held, in MB."""
        held = process.memory_info().rss / 1e6
        self.peak_mb[name] = max(self.peak_mb.get(name, 0.0), held)

    def projected(self) -> int:
        """The position that every read model has reached."""
        with connect(self._conninfo, "carnet_reader") as connection:
            return min(one.position for one in lag(connection, projections.ALL, SystemClock().now()))

    def published(self) -> int:
        """The position up to which the relay has published."""
        at = relay_position(self._settings.kafka, self._settings.topic_prefix)
        return at.position if at else 0

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Look after the processes until it is done, or for so long; whether it is done."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.look()
            if done():
                return True
            time.sleep(LOOK_EVERY_S)
        return False


@contextmanager
def followers(ground: Ground, conninfo: str) -> Iterator[Followers]:
    """Both processes on this order book, with topics of their own; stopped when the block ends."""
    database = str(conninfo_to_dict(conninfo)["dbname"])
    environment = {
        **os.environ,
        "CARNET_POSTGRES": ground.postgres,
        "CARNET_KAFKA": ground.kafka,
        "CARNET_DATABASE": database,
        "CARNET_TOPIC_PREFIX": f"{database}.",
        "CARNET_PARTITIONS": "3",
        "CARNET_LOG": "warning",
    }
    both = Followers(conninfo, environment, ground.folder)
    try:
        both.start()
        yield both
    finally:
        both.stop()
