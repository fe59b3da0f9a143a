from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from psycopg import Connection, connect

from infra.clock import SystemClock
from infra.log import Log
from projections.digest import digest
from projections.run import Runner, rebuild
from tests.integration.projections.tally import END, ENDED, MORE, TALLY, grow

CLOCK = SystemClock()


@contextmanager
def follower(database: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.integration.projections.follower", database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "following\n"
            yield process
        finally:
            process.kill()


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, twenty seconds at most."""
    pause, end = threading.Event(), time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        pause.wait(0.01)


def sessions(reading: Connection, *, waiting: bool = False) -> int:
    row = reading.execute(
        """select count(*) from pg_stat_activity where application_name like 'carnet project,%%'
        and (not %s or wait_event_type = 'Lock') and datname = current_database()""",
        [waiting],
    ).fetchone()
    assert row
    return int(row[0])


def digests(reading: Connection) -> tuple[str, str]:
    return digest(reading, TALLY), digest(reading, ENDED)


def same_as_rebuilt(database: str, log: Log, reading: Connection) -> None:
    with Runner(database, log, [TALLY, ENDED], CLOCK) as runner:
        runner.catch_up()
    live = digests(reading)
    rebuild(database, log, [TALLY, ENDED], CLOCK)
    assert digests(reading) == live


def test_a_kill_between_the_rows_and_the_checkpoint_leaves_neither(database: str, log: Log) -> None:
    with connect(database, autocommit=True) as reading:
        grow(log, [uuid4() for _ in range(20)], [MORE])
        with Runner(database, log, [TALLY, ENDED], CLOCK) as runner:
            runner.catch_up()
        before = digests(reading)
        with connect(database) as blocking, follower(database) as process:
            blocking.execute("select from read.checkpoints for update")
            grow(log, [uuid4() for _ in range(20)], [MORE, END])
            until(lambda: sessions(reading, waiting=True) == 1)
            process.kill()
            until(lambda: sessions(reading) == 0)
            blocking.rollback()
        assert digests(reading) == before
        same_as_rebuilt(database, log, reading)


def test_kills_at_any_moment_lose_and_double_nothing(database: str, log: Log) -> None:
    with connect(database, autocommit=True) as reading:
        streams = [uuid4() for _ in range(50)]
        for version in range(6):
            with follower(database) as process:
                last = grow(log, streams, [MORE], after=version)
                until(lambda last=last: at(reading) > last - 50)  # type: ignore[misc]
                process.kill()
                process.wait()
            until(lambda: sessions(reading) == 0)
        same_as_rebuilt(database, log, reading)
        assert reading.execute("select count(*), min(events), max(events) from read.tally").fetchone() == (
            50,
            6,
            6,
        )


def test_sigterm_ends_it_with_everything_written_that_was_taken(database: str, log: Log) -> None:
    with connect(database, autocommit=True) as reading, follower(database) as process:
        last = grow(log, [uuid4() for _ in range(50)], [MORE, END])
        until(lambda: at(reading) == last)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        same_as_rebuilt(database, log, reading)


def at(reading: Connection) -> int:
    row = reading.execute("select min(position) from read.checkpoints").fetchone()
    return int(row[0]) if row and row[0] is not None else 0
