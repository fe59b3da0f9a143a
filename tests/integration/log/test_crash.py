"""`kill -9` of PostgreSQL under load: nothing that was acknowledged is missing, nothing is doubled, no gap."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Condition, Event
from uuid import UUID, uuid4

import psutil
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from infra.clock import SystemClock
from infra.embedded.servers import Embedded
from infra.errors import PostgresFault
from infra.item import Appended, Duplicate
from infra.log import Log
from infra.migrate import migrate
from infra.settings import read
from tests.integration.log.items import WITHIN_S, assert_sound, item, rows, wait

WRITERS = 8
KILLS = 3
BETWEEN_KILLS = 200


class Writers:
    """Write streams of their own, each item until it is acknowledged, and remember at which position."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._stop = Event()
        self._progress = Condition()
        self.acknowledged: dict[UUID, int] = {}

    def write(self) -> None:
        stream = uuid4()
        version = 0
        while not self._stop.is_set():
            one = item(stream, version, count=2)
            position = None
            while position is None:
                try:
                    (outcome,) = wait(self._log.append(one))
                except PostgresFault:
                    continue
                assert isinstance(outcome, (Appended, Duplicate)), outcome
                position = outcome.position
            version += 2
            with self._progress:
                self.acknowledged[one.command_id] = position
                self._progress.notify()

    def wait_for_more(self, count: int) -> None:
        goal = len(self.acknowledged) + count
        with self._progress:
            assert self._progress.wait_for(lambda: len(self.acknowledged) >= goal, timeout=WITHIN_S)

    def stop(self) -> None:
        self._stop.set()


def the_whole_server(house: Embedded, conninfo: str) -> list[int]:
    pid = next(status.pid for status in house.status() if status.name == "postgres")
    assert pid is not None
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def the_writing_backend(house: Embedded, conninfo: str) -> list[int]:
    with psycopg.connect(conninfo) as connection:
        found = connection.execute(
            "select pid from pg_stat_activity where application_name = 'carnet-writer' and query like '%append%'"
        ).fetchall()
    return [pid for (pid,) in found]


def kill(pids: list[int]) -> None:
    assert pids
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("victims", [the_whole_server, the_writing_backend])
def test_what_was_acknowledged_survives(
    server_data: Path, victims: Callable[[Embedded, str], list[int]]
) -> None:
    house = Embedded(server_data, cache=read().cache)
    with house.running("postgres", restart=True) as servers:
        with psycopg.connect(servers.postgres, autocommit=True) as server:
            server.execute("create database book")
        database = make_conninfo(servers.postgres, dbname="book")
        migrate(database)
        with Log(database, SystemClock()) as log, ThreadPoolExecutor(WRITERS) as threads:
            writers = Writers(log)
            written = [threads.submit(writers.write) for _ in range(WRITERS)]
            try:
                for _ in range(KILLS):
                    writers.wait_for_more(BETWEEN_KILLS)
                    kill(victims(house, database))
                writers.wait_for_more(BETWEEN_KILLS)
            finally:
                writers.stop()
            for one in written:
                one.result(timeout=WITHIN_S)
        assert assert_sound(database) == 2 * len(writers.acknowledged)
        commands = dict(rows(database, "select command_id, position from carnet.commands"))
        assert commands == writers.acknowledged
        doubled = "select command_id from carnet.events group by 1 having count(*) <> 2 or mod(max(version), 2) <> 0"
        assert rows(database, doubled) == []
