"""What is done to those who use the order book: one disturbance after another, chosen by the seed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic

import psycopg

from infra.embedded.servers import Embedded
from tests.acceptance.soak.crew import FOLLOWERS, Crew, processes
from tests.acceptance.supervised import Supervised

EVERY_S = 1.2
PAUSE_S_MAX = 3.0
TAKES_OVER_S = 6.0
SERVER_EVERY_S = 6.0  # it must come up again, and what was killed with it
SESSIONS = """
select pid from pg_stat_activity
where datname = any(%s) and pid <> pg_backend_pid() and backend_type = 'client backend' order by pid"""


class Disturbance:
    """Disturbs a crew and its PostgreSQL until it is told to stop. What it does stands in `log`, with the seconds
    since the start."""

    def __init__(
        self, crew: Crew, servers: Embedded, postgres: str, databases: list[str], rng: Random, log: Path
    ) -> None:
        self.counts: dict[str, int] = {}
        self._crew = crew
        self._servers = servers
        self._postgres = postgres
        self._databases = databases
        self._rng = rng
        self._log = log
        self._began = monotonic()
        self._server_hit = -SERVER_EVERY_S
        self._ways: list[tuple[int, Callable[[Event], str]]] = [
            (6, self._kill),
            (4, self._pause),
            (2, self._replace),
            (2, self._cut_off),
            (1, self._kill_a_backend),
            (1, self._kill_postgres),
            (1, self._restart_postgres),
        ]

    def run(self, stop: Event) -> None:
        weights = [weight for weight, _ in self._ways]
        while not stop.wait(self._rng.expovariate(1 / EVERY_S)):
            (_, way) = self._rng.choices(self._ways, weights)[0]
            name = way.__name__.strip("_")
            if way in (self._kill_a_backend, self._kill_postgres, self._restart_postgres):
                if monotonic() - self._server_hit < SERVER_EVERY_S:
                    continue
                self._server_hit = monotonic()
            self._note(name, way(stop))

    def _kill(self, stop: Event) -> str:
        victim, process = self._victim()
        _signal([process], signal.SIGKILL)
        return f"{victim.name}, process {process}"

    def _pause(self, stop: Event) -> str:
        victim, process = self._victim()
        seconds = self._rng.uniform(0.1, PAUSE_S_MAX)
        _signal([process], signal.SIGSTOP)
        stop.wait(seconds)
        _signal([process], signal.SIGCONT)
        return f"{victim.name}, process {process}, for {seconds:.1f} s"

    def _replace(self, stop: Event) -> str:
        """It stands still and loses its sessions; another takes over; then it goes on, and must notice."""
        name = self._rng.choice(list(FOLLOWERS))
        still = processes(self._crew.members[name])
        _signal(still, signal.SIGSTOP)
        cut = sum(self._terminate("and application_name like %s", f"%process {pid} on%") for pid in still)
        substitute = self._crew.beside(name)
        stop.wait(TAKES_OVER_S)
        _signal(still, signal.SIGCONT)
        stop.wait(self._rng.uniform(0, 1))
        substitute.stop()
        return f"{name}, processes {still}, {cut} sessions"

    def _cut_off(self, stop: Event) -> str:
        return f"{self._terminate('and random() < 0.5')} sessions"

    def _kill_a_backend(self, stop: Event) -> str:
        """PostgreSQL then ends every session and recovers."""
        with suppress(psycopg.Error), psycopg.connect(self._postgres, autocommit=True) as connection:
            found = connection.execute(SESSIONS, [self._databases]).fetchall()
            if found:
                (pid,) = self._rng.choice(found)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                return f"process {pid}"
        return "there was none"

    def _kill_postgres(self, stop: Event) -> str:
        return self._end_postgres(signal.SIGKILL)

    def _restart_postgres(self, stop: Event) -> str:
        return self._end_postgres(signal.SIGINT)

    def _end_postgres(self, how: signal.Signals) -> str:
        pid = next(status.pid for status in self._servers.status() if status.name == "postgres")
        if pid is None:
            return "it was down"
        os.kill(pid, how)
        return f"process {pid}"

    def _terminate(self, which: str = "", *values: str) -> int:
        try:
            with psycopg.connect(self._postgres, autocommit=True) as connection:
                query = f"select count(pg_terminate_backend(pid)) from ({SESSIONS.replace('order by pid', which)}) s"
                row = connection.execute(query.encode(), [self._databases, *values]).fetchone()
                return int(row[0]) if row else 0
        except psycopg.Error:
            return 0

    def _victim(self) -> tuple[Supervised, int]:
        """Anybody, and one of the processes that it is."""
        victim = self._rng.choice(list(self._crew.members.values()))
        return victim, self._rng.choice(processes(victim))

    def _note(self, what: str, whom: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        with self._log.open("a") as log:
            log.write(
                json.dumps({"after_s": round(monotonic() - self._began, 1), "what": what, "whom": whom})
                + "\n"
            )


def _signal(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)
