"""Start, stop and watch the embedded servers.

`Embedded(data).start()` leaves them running when our process ends (`carnet servers start`), with a supervisor
that starts again what dies; `with Embedded(data).running() as servers:` binds them to our process, and they
stop with it whatever ends it, `kill -9` too.
"""

import fcntl
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from psycopg.conninfo import make_conninfo

from infra.embedded.kafka import Kafka
from infra.embedded.postgres import Postgres, binary
from infra.embedded.processes import Identity, alive, spawn, stop
from infra.errors import AlreadyRunning, InputError

NAMES = ("postgres", "kafka")
SUPERVISOR = "supervisor"
SUPERVISOR_STOP_S = 10.0
HERE = Path(__file__).parents[2]  # where Python finds `infra`, installed or not


class Server(Protocol):
    """What the two servers have in common."""

    name: str
    log: Path

    @property
    def address(self) -> str:
        """How a client names it."""

    def up(self, started: Callable[[Identity], None]) -> None:
        """Start it and return when it answers."""

    def stop(self, identity: Identity | None) -> None:
        """Stop it and return when it is gone."""


@dataclass(frozen=True)
class Servers:
    """Running servers: a libpq connection string and Kafka's bootstrap server ("" for one that is not ours)."""

    data: Path
    postgres: str
    kafka: str


@dataclass(frozen=True)
class Status:
    """One server. `dead` is one that was started, not stopped, and does not run."""

    name: str
    state: Literal["running", "dead", "stopped"]
    pid: int | None
    address: str
    log: Path


class Embedded:
    """The servers whose data stands under one folder; `cache` keeps what is fetched once for all folders."""

    def __init__(self, data: Path, *, cache: Path, java: Path | None = None) -> None:
        self.data = data.resolve()
        self._cache = cache
        self._java = java
        self._kafka = Kafka(self.data, jars=cache / "kafka", java=java)
        self._servers: dict[str, Server] = {"postgres": Postgres(self.data), "kafka": self._kafka}
        self._writing = threading.Lock()

    def start(self, *names: str, supervised: bool = False) -> Servers:
        """Start the named servers (both, if none is named) side by side; what runs already is left alone.

        If one cannot start, what this call started is stopped again, and its fault is raised.
        """
        names = names or NAMES
        with self._alone():
            dead = [name for name in names if not alive(self._identities().get(name))]
            try:
                self._up(dead)
            except BaseException:
                self._down(dead)
                raise
            if supervised and not alive(self._identities().get(SUPERVISOR)):
                command = self._supervisor_command()
                log = self.data / "supervisor.log"
                self._remember(SUPERVISOR, spawn(command, log=log, folder=HERE))
        return self._reached(names)

    def ensure(self) -> list[str]:
        """Start again, with the same data and ports, what was started and has died; returns its names."""
        with self._alone():
            started = self._identities()
            dead = [name for name in NAMES if name in started and not alive(started[name])]
            self._up(dead)
        return dead

    def stop(self, *names: str) -> list[str]:
        """Stop the named servers (both, and their supervisor, if none is named); returns which ran."""
        if not self.data.exists():
            return []
        with self._alone():
            started = self._identities()
            supervisor = started.get(SUPERVISOR)
            if not names and supervisor is not None:
                if supervisor.pid != os.getpid():
                    stop(supervisor, politely=signal.SIGTERM, seconds=SUPERVISOR_STOP_S)
                self._remember(SUPERVISOR, None)
            ran = [name for name in names or NAMES if alive(started.get(name))]
            self._down(names or NAMES)
        return ran

    def status(self) -> list[Status]:
        """How each server is, without touching it."""
        started = self._identities()
        found = []
        for name, server in self._servers.items():
            identity = started.get(name)
            state: Literal["running", "dead", "stopped"] = "running" if alive(identity) else "dead"
            if identity is None:
                state = "stopped"
            pid = identity.pid if identity is not None and state == "running" else None
            found.append(Status(name, state, pid, server.address, server.log))
        return found

    @contextmanager
    def running(self, *names: str, restart: bool = False) -> Iterator[Servers]:
        """Servers that live as long as the block, or as our process if that ends first, however it ends.

        With `restart`, what dies is started again. Raises AlreadyRunning if servers run here already.
        """
        if any(status.state == "running" for status in self.status()):
            raise AlreadyRunning(
                f"Embedded servers run in {self.data} already.",
                hint="Stop them (`carnet servers stop`) or name another folder in CARNET_DATA.",
            )
        self._make_folder()
        options = ["--bound", *(["--restart"] if restart else [])]
        with (self.data / "supervisor.log").open("ab") as log:
            # The supervisor comes first, and ends when this pipe closes: nothing we start can be left behind.
            supervisor = subprocess.Popen(
                [*self._supervisor_command(), *options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=HERE,
                start_new_session=True,
            )
        try:
            yield self.start(*names)
        finally:
            self.stop()
            supervisor.communicate()

    def reach(self, database: str) -> list[tuple[str, str]]:
        """How any client reaches the running servers, and a database: (what, command line or address)."""
        running = {status.name: status.address for status in self.status() if status.state == "running"}
        ways: list[tuple[str, str]] = []
        if postgres := running.get("postgres"):
            ways += [
                ("PostgreSQL", postgres),
                ("psql", shlex.join([str(binary("psql")), make_conninfo(postgres, dbname=database)])),
            ]
        if kafka := running.get("kafka"):
            consumer = self.console_consumer("orders.events.v1")
            topics = self._kafka.tool(
                "org.apache.kafka.tools.TopicCommand", "--bootstrap-server", kafka, "--list"
            )
            ways += [
                ("Kafka", kafka),
                ("Kafka topics", shlex.join(topics)),
                ("Kafka console consumer", shlex.join(consumer)),
            ]
        return ways

    def console_consumer(self, topic: str) -> list[str]:
        """The command line of Kafka's own console consumer, which reads what is committed from the start."""
        return self._kafka.tool(
            "org.apache.kafka.tools.consumer.ConsoleConsumer",
            *("--bootstrap-server", self._kafka.address, "--topic", topic, "--from-beginning"),
            *("--isolation-level", "read_committed", "--formatter-property", "print.key=true"),
        )

    def _up(self, names: list[str]) -> None:
        def up(name: str) -> None:
            self._servers[name].up(lambda identity: self._remember(name, identity))

        with ThreadPoolExecutor(len(NAMES)) as pool:
            list(pool.map(up, names))

    def _down(self, names: tuple[str, ...] | list[str]) -> None:
        started = self._identities()

        def down(name: str) -> None:
            self._servers[name].stop(started.get(name))
            self._remember(name, None)

        with ThreadPoolExecutor(len(NAMES)) as pool:
            list(pool.map(down, names))

    def _reached(self, names: tuple[str, ...]) -> Servers:
        addresses = {name: self._servers[name].address if name in names else "" for name in NAMES}
        return Servers(self.data, **addresses)

    def _supervisor_command(self) -> list[str]:
        command = [
            sys.executable,
            "-m",
            "infra.embedded.supervisor",
            str(self.data),
            "--cache",
            str(self._cache),
        ]
        return command + (["--java", str(self._java)] if self._java else [])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops the servers of a folder."""
        self._make_folder()
        with (self.data / "servers.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make_folder(self) -> None:
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise InputError(
                f"The data folder {self.data} cannot be made: {fault.strerror}.",
                hint="Name another in CARNET_DATA.",
            ) from fault

    def _identities(self) -> dict[str, Identity]:
        file = self.data / "servers.json"
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Identity]) if file.exists() else {}

    def _remember(self, name: str, identity: Identity | None) -> None:
        with self._writing:
            identities = {key: value for key, value in self._identities().items() if key != name}
            if identity is not None:
                identities[name] = identity
            unfinished = self.data / "servers.json.unfinished"
            unfinished.write_bytes(msgspec.json.encode(identities))
            unfinished.replace(self.data / "servers.json")
