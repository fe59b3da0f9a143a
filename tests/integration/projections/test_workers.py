"""Several processes fill the same builds, whatever becomes of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from psycopg.sql import SQL, Identifier
from structlog.testing import capture_logs
from structlog.types import EventDict

from domain.kernel import Recorded
from infra.errors import AlreadyRunning, CarnetError, IntegrityFault, PostgresFault
from infra.log import Log
from infra.postgres import Connection, connect
from projections import crew as crews
from projections import rebuilding, workers
from projections.digest import digest_of
from projections.kernel import Change, Projection, Rows
from projections.making import make
from projections.slots import shares
from projections.switching import Site
from tests.acceptance.installation import inherited
from tests.integration.projections.failing import ill
from tests.integration.projections.scene import CLOCK, catch_up, digests, position, rebuilt, runner, until
from tests.integration.projections.tally import ALSO, END, ENDED, MORE, TALLY, grow


class Crew(threading.Thread):
    """`carnet project --workers 2`, in a thread of this process; its workers are processes."""

    def __init__(self, database: str, projections: Sequence[Projection]) -> None:
        super().__init__()
        self.fault: CarnetError | None = None
        self.ends = threading.Event()
        self._database, self._projections = database, projections

    def run(self) -> None:
        try:
            workers.follow(self._database, self._projections, CLOCK, self.ends, workers=2)
        except CarnetError as fault:
            self.fault = fault


@contextmanager
def crew(database: str, *projections: Projection) -> Iterator[Crew]:
    running = Crew(database, projections)
    running.start()
    try:
        yield running
    finally:
        running.ends.set()
        running.join(timeout=30)
        assert not running.is_alive()


def pids(owner: Connection) -> set[int]:
    """The processes that write."""
    rows = owner.execute(
        """select substring(application_name from 'process ([0-9]+)')::int from pg_stat_activity
        where application_name like 'carnet project,%' and datname = current_database()"""
    )
    return {pid for (pid,) in rows}


def reached(owner: Connection, last: int) -> bool:
    return all(position(owner, projection) >= last for projection in (TALLY, ENDED))


def backoffs(logged: list[EventDict]) -> list[float]:
    """The backoff of the worker of slot 0, each time."""
    return [one["again_in_s"] for one in logged if 0 in one["slots"]]


def test_workers_fill_what_one_process_would(database: str, log: Log) -> None:
    last = grow(log, [uuid4() for _ in range(60)], [MORE, ALSO, MORE, END])
    reached: list[int] = []
    with connect(database, "carnet_writer") as connection:
        builds = [make(connection, TALLY, CLOCK.now()), make(connection, ENDED, CLOCK.now())]
        workers.fill(database, builds, CLOCK, workers=3, tell=reached.append)
        assert [digest_of(connection, build) for build in builds] == rebuilt(database, log, TALLY, ENDED)
    assert reached[-1] == last


def test_workers_fill_no_further_than_they_are_told(database: str, log: Log) -> None:
    grow(log, [uuid4() for _ in range(20)], [MORE])
    (then,) = rebuilt(database, log, TALLY)
    grow(log, [uuid4() for _ in range(20)], [MORE])
    with connect(database, "carnet_writer") as connection:
        build = make(connection, TALLY, CLOCK.now(), state="scratch", until=20)
        workers.fill(database, [build], CLOCK, workers=2, until=20)
        assert digest_of(connection, build) == then


def test_each_worker_logs_its_share_as_json_on_standard_error(
    database: str, log: Log, owner: Connection, capfd: pytest.CaptureFixture[str]
) -> None:
    last = grow(log, [uuid4() for _ in range(10)], [MORE])
    with crew(database, TALLY, ENDED):
        until(lambda: reached(owner, last))
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    for slots in shares(2):
        assert [one["event"] for one in told if one["slots"] == list(slots)] == [
            "project.started",
            "project.stopped",
        ]


@pytest.mark.parametrize(("log_level", "lines"), [("info", 2), ("error", 0)])
def test_workers_that_rebuild_log_as_the_verb_does(
    site: Site, log: Log, capfd: pytest.CaptureFixture[str], log_level: str, lines: int
) -> None:
    """Were their logs not set up, the lines would stand in the standard output, among the data."""
    grow(log, [UUID(int=64), UUID(int=64 + 63)], [ALSO])
    sick, _ = ill("WithdrawalAccepted")
    assert rebuilding.prepare(replace(site, log_level=log_level), [sick], workers=2)
    told = capfd.readouterr()
    assert [json.loads(line)["event"] for line in told.err.splitlines()] == ["project.event_failed"] * lines
    assert told.out == ""


def test_a_worker_that_is_killed_is_started_again(database: str, log: Log, owner: Connection) -> None:
    streams = [uuid4() for _ in range(40)]
    with capture_logs() as logged, crew(database, TALLY, ENDED):
        last = grow(log, streams, [MORE])
        until(lambda: reached(owner, last))
        killed = min(pids(owner))
        os.kill(killed, signal.SIGKILL)
        last = grow(log, streams, [MORE, END], after=1)
        until(lambda: reached(owner, last))
        assert killed not in pids(owner)
    assert digests(owner, TALLY, ENDED) == rebuilt(database, log, TALLY, ENDED)
    assert pids(owner) == set()
    assert [(one["event"], one["why"]) for one in logged] == [("project.worker_ended", "signal 9")]


def test_a_worker_that_loses_its_connection_is_started_again(
    database: str, log: Log, owner: Connection
) -> None:
    streams = [uuid4() for _ in range(40)]
    with crew(database, TALLY, ENDED):
        last = grow(log, [uuid4()], [MORE])
        until(lambda: reached(owner, last))
        owner.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        last = grow(log, streams, [MORE, END])
        until(lambda: reached(owner, last))
    assert digests(owner, TALLY, ENDED) == rebuilt(database, log, TALLY, ENDED)


def test_a_worker_that_postgresql_refuses_for_long_backs_off_longer_each_time(
    database: str, log: Log, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "BACKOFF_S_MIN", 0.01)
    grow(log, [UUID(int=64)], [MORE])
    refuse = "alter table read.checkpoints add constraint full_disk check (position = 0) not valid"
    with capture_logs() as logged, crew(database, ENDED, TALLY) as running:
        until(lambda: reached(owner, 1))
        owner.execute(refuse)
        last = grow(log, [UUID(int=64)], [MORE, END], after=1)
        until(lambda: len(backoffs(logged)) >= 3)
        assert running.is_alive()
        owner.execute("alter table read.checkpoints drop constraint full_disk")
        until(lambda: reached(owner, last))
    assert all("full_disk" in one["why"] for one in logged)
    assert backoffs(logged)[:3] == [0.01, 0.02, 0.04]
    assert digests(owner, TALLY, ENDED) == rebuilt(database, log, TALLY, ENDED)


def test_a_server_that_is_away_when_a_worker_is_to_start_again_ends_them_all(
    postgres: str, database: str, log: Log, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor starts the command again, as it does for one process."""
    monkeypatch.setattr(crews, "BACKOFF_S_MIN", 0.01)
    last = grow(log, [uuid4()], [MORE])
    with crew(database, TALLY, ENDED) as running:
        until(lambda: reached(owner, last))
        with connect(postgres) as server:
            name = Identifier(owner.info.dbname)
            server.execute(SQL("alter database {} allow_connections false").format(name))
        owner.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name like 'carnet project%'"""
        )
        running.join(timeout=30)
        assert isinstance(running.fault, PostgresFault)
        assert "not currently accepting connections" in str(running.fault)
    assert pids(owner) == set()


def test_a_backoff_doubles_up_to_half_a_minute_and_is_short_after_a_long_run() -> None:
    backoffs_s = [0.0]
    for _ in range(7):
        backoffs_s.append(crews.next_backoff_s(backoffs_s[-1], ran_s=3))
    assert backoffs_s[1:] == [1, 2, 4, 8, 16, 30, 30]
    assert crews.next_backoff_s(30, ran_s=31) == 1


def test_a_paused_worker_does_not_keep_the_others_from_ending(
    database: str, log: Log, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "END_WITHIN_S", 0.5)
    with crew(database, TALLY, ENDED):
        last = grow(log, [uuid4() for _ in range(10)], [MORE])
        until(lambda: reached(owner, last))
        os.kill(min(pids(owner)), signal.SIGSTOP)
    until(lambda: pids(owner) == set())
    catch_up(database, log, TALLY, ENDED)
    assert digests(owner, TALLY, ENDED) == rebuilt(database, log, TALLY, ENDED)


def fail(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    raise KeyError("a plan")


def test_a_fault_that_a_person_must_mend_ends_them_all(database: str, log: Log, owner: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    broken = replace(TALLY, project=fail, everywhere=frozenset({type(MORE)}))
    with crew(database, broken, ENDED) as running:
        running.join(timeout=30)
        assert isinstance(running.fault, IntegrityFault)
        assert "failed on ReservationLapsed at position 1" in str(running.fault)
    assert pids(owner) == set()


ORPHAN = """
from multiprocessing import Pipe
from infra.clock import SystemClock
from projections import workers
from projections.slots import ALL

parents_end, end = Pipe()
parents_end.close()
workers._follow("host=/nowhere", [], SystemClock(), end, ALL, once=True, log_level="info")
"""


def test_a_worker_whose_parent_was_killed_tells_its_fault_to_nobody_and_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ORPHAN],
        env=inherited(),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_slot_that_another_process_writes_is_refused(database: str, log: Log) -> None:
    with runner(database, log, TALLY, slots=[5]), crew(database, TALLY) as running:
        running.join(timeout=30)
        assert isinstance(running.fault, AlreadyRunning)
        assert "build 1 of tally, slot 5 runs already: carnet project, process" in str(running.fault)
