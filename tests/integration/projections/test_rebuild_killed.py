"""A rebuild that is killed, or whose server is, serves nothing half and goes on where it stands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from infra.embedded.servers import Embedded
from infra.errors import PostgresFault
from infra.log import Log
from infra.migrate import migrate
from infra.postgres import connect
from infra.settings import read
from projections import builds, rebuilding
from projections.switching import Site
from tests.integration.projections.scene import CLOCK, catch_up, digests, rebuilt, until
from tests.integration.projections.tally import ALSO, END, ENDED, MORE, TALLY, grow


@contextmanager
def rebuilder(database: str) -> Iterator[Callable[[], int | None]]:
    """A process that rebuilds; what it gives tells the next position it has reached, None at its end."""
    command = [sys.executable, "-m", "tests.integration.projections.rebuilder", database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = iter(process.stdout)
        try:
            yield lambda: int(line) if (line := next(told, "")) else None
        finally:
            process.kill()


def test_kills_at_any_moment_lose_nothing_and_show_nothing_half(database: str, log: Log) -> None:
    grow(log, [uuid4() for _ in range(15)], [MORE, ALSO])
    grow(log, [uuid4() for _ in range(15)], [MORE, END])
    catch_up(database, log, TALLY, ENDED)
    with connect(database, "carnet_reader") as reading:
        live = digests(reading, TALLY, ENDED)
        reached, starts = 0, []
        for _ in range(20):
            with rebuilder(database) as told:
                at = told()
                starts.append(at)
                while at is not None and at < reached + 10:
                    at = told()
            until(lambda: not sessions(reading))
            assert digests(reading, TALLY, ENDED) == live
            if at is None:
                break
            reached = at
        assert at is None
        assert len(starts) > 3
        assert starts == sorted(starts, key=lambda start: 60 if start is None else start)
        build = builds.find(reading, TALLY, "live")
        assert build
        assert build.number == 2
        assert digests(reading, TALLY, ENDED) == rebuilt(database, log, TALLY, ENDED)


def sessions(reading: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Whether a session of a rebuild is left."""
    row = reading.execute(
        """select count(*) > 0 from pg_stat_activity
        where application_name like 'carnet project%' and datname = current_database()"""
    ).fetchone()
    return row == (True,)


def test_a_server_that_is_killed_takes_nothing_with_it(server_data: Path) -> None:
    house = Embedded(server_data, cache=read().cache)
    with house.running("postgres", restart=True) as servers:
        with psycopg.connect(servers.postgres, autocommit=True) as server:
            server.execute("create database book")
        database = make_conninfo(servers.postgres, dbname="book")
        migrate(database)
        with Log(database, CLOCK) as log:
            grow(log, [uuid4() for _ in range(50)], [MORE, ALSO, MORE])
            catch_up(database, log, TALLY, ENDED)
            site = Site(conninfo=database, log=log, clock=CLOCK)

            def kill(position: int, wanted: int) -> None:
                pid = next(status.pid for status in house.status() if status.name == "postgres")
                assert pid
                for victim in (pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))):
                    os.kill(victim, signal.SIGKILL)

            with connect(database, "carnet_reader") as reading:
                live = digests(reading, TALLY, ENDED)
            with pytest.raises(PostgresFault, match="cannot be reached"):
                rebuilding.rebuild(site, [TALLY, ENDED], progress=kill)
            until(lambda: answers(database))
            with connect(database, "carnet_reader") as reading:
                assert digests(reading, TALLY, ENDED) == live
                assert rebuilding.rebuild(site, [TALLY, ENDED])
                assert digests(reading, TALLY, ENDED) == live


def answers(database: str) -> bool:
    try:
        connect(database).close()
    except PostgresFault:
        return False
    return True
