from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

from psycopg import connect

from infra.log import Log
from infra.postgres import Connection
from tests.integration.projections.scene import catch_up, digests, positions, rebuilt, until
from tests.integration.projections.tally import END, ENDED, MORE, TALLY, grow


@contextmanager
def follower(database: str, slots: Sequence[int] = ()) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.integration.projections.follower", database, *map(str, slots)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "following\n"
            yield process
        finally:
            process.kill()


def sessions(reading: Connection, *, waiting: bool = False) -> int:
    row = reading.execute(
        """select count(*) from pg_stat_activity where application_name like 'carnet project,%%'
        and (not %s or wait_event_type = 'Lock') and datname = current_database()""",
        [waiting],
    ).fetchone()
    assert row
    return int(row[0])


def same_as_rebuilt(database: str, log: Log, reading: Connection) -> None:
    catch_up(database, log, TALLY, ENDED)
    assert digests(reading, TALLY, ENDED) == rebuilt(database, log, TALLY, ENDED)


def test_a_kill_between_the_rows_and_the_checkpoint_leaves_neither(database: str, log: Log) -> None:
    with connect(database, autocommit=True) as reading:
        grow(log, [uuid4() for _ in range(20)], [MORE])
        catch_up(database, log, TALLY, ENDED)
        before = digests(reading, TALLY, ENDED)
        with connect(database) as blocking, follower(database) as process:
            blocking.execute("select from read.checkpoints for update")
            grow(log, [uuid4() for _ in range(20)], [MORE, END])
            until(lambda: sessions(reading, waiting=True) == 1)
            process.kill()
            until(lambda: sessions(reading) == 0)
            blocking.rollback()
        assert digests(reading, TALLY, ENDED) == before
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


def test_a_paused_process_writes_nothing_once_another_has_taken_over(database: str, log: Log) -> None:
    """It was paused in the middle of a batch, its session was ended meanwhile, and then it goes on."""
    streams = [uuid4() for _ in range(50)]
    with connect(database, autocommit=True) as reading, follower(database) as paused:
        last = grow(log, streams, [MORE])
        until(lambda: at(reading) == last)
        with connect(database) as blocking, blocking.transaction():
            blocking.execute("select from read.checkpoints for update")
            last = grow(log, streams, [MORE], after=1)
            until(lambda: sessions(reading, waiting=True) == 1)
            paused.send_signal(signal.SIGSTOP)
            reading.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
            until(lambda: sessions(reading) == 0)
        catch_up(database, log, TALLY, ENDED)
        assert at(reading) == last
        before = digests(reading, TALLY, ENDED)
        paused.send_signal(signal.SIGCONT)
        assert paused.wait(timeout=20) != 0
        assert digests(reading, TALLY, ENDED) == before == rebuilt(database, log, TALLY, ENDED)


def test_another_process_takes_over_the_slots_of_one_that_was_killed(database: str, log: Log) -> None:
    streams = [uuid4() for _ in range(60)]
    even, odd = range(0, 64, 2), range(1, 64, 2)
    with connect(database, autocommit=True) as reading, follower(database, odd) as survivor:
        for version in range(3):
            with follower(database, even) as doomed:
                last = grow(log, streams, [MORE], after=version)
                until(lambda last=last: max(positions(reading, TALLY).values()) == last)  # type: ignore[misc]
                doomed.kill()
                doomed.wait()
            until(lambda: sessions(reading) == 1)
        with follower(database, even):
            until(lambda: at(reading) == last)
        survivor.send_signal(signal.SIGTERM)
        assert survivor.wait(timeout=10) == 0
        same_as_rebuilt(database, log, reading)
