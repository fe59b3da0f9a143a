"""What the runs stand on: embedded servers (fsync on), databases of their own, a played season, grown logs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benchmarks import growing
from benchmarks.size import Size
from infra import settings
from infra.embedded.servers import Embedded
from infra.errors import InputError
from infra.migrate import migrate

SEED = 7
# Of the log, its indexes, its read models, its topics, and what PostgreSQL writes ahead.
BYTES_AN_EVENT = 2_000


class Ground:
    """Servers of our own, started when they are first asked for, and the databases on them."""

    def __init__(self, folder: Path, size: Size, held: ExitStack) -> None:
        self.folder = folder
        self._size = size
        self._held = held
        self._databases = 0
        self.postgres = self._started("postgres")

    @property
    def kafka(self) -> str:
        """The bootstrap server of a Kafka."""
        return self._kafka()

    @cache  # noqa: B019 -- there is one ground
    def _kafka(self) -> str:
        return self._started("kafka")

    def _started(self, name: str) -> str:
        servers = Embedded(self.folder / name, cache=settings.read().cache)
        address: str = getattr(self._held.enter_context(servers.running(name)), name)
        return address

    def database(self, *, template: str | None = None) -> str:
        """The connection string of a new database: empty, or a copy of another one."""
        self._databases += 1
        name = f"bench_{self._databases}"
        with psycopg.connect(self.postgres, autocommit=True) as server:
            statement = sql.SQL("create database {}").format(sql.Identifier(name))
            if template:
                source = str(conninfo_to_dict(template)["dbname"])
                statement += sql.SQL(" template {} strategy file_copy").format(sql.Identifier(source))
            server.execute(statement)
        return make_conninfo(self.postgres, dbname=name)

    def drop(self, conninfo: str) -> None:
        name = str(conninfo_to_dict(conninfo)["dbname"])
        with psycopg.connect(self.postgres, autocommit=True) as server:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def book(self) -> str:
        """An empty order book."""
        conninfo = self.database()
        migrate(conninfo)
        return conninfo

    @cache  # noqa: B019 -- there is one ground
    def season(self) -> str:
        """The order book of a season, played through the whole system by `carnet demo`."""
        environment = {**os.environ, "CARNET_POSTGRES": self.postgres, "CARNET_KAFKA": self.kafka}
        play = ["demo", "--orders", str(self._size.season_orders), "--seed", str(SEED)]
        there = ["--database", "season", "--topic-prefix", "season.", "--json"]
        subprocess.run(
            [sys.executable, "-m", "app", *play, *there],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return make_conninfo(self.postgres, dbname="season")

    @cache  # noqa: B019 -- there is one ground
    def grown(self, events: int) -> str:
        """An order book of so many events, grown from the season and looked over. Do not write to it."""
        free = shutil.disk_usage(self.folder).free
        if free < events * BYTES_AN_EVENT:
            raise InputError(
                f"A log of {events:,} events takes {events * BYTES_AN_EVENT / 1e9:.0f} GB in {self.folder}, "
                f"where {free / 1e9:.0f} GB are free.",
                hint="Free some space, or name another folder in TMPDIR.",
            )
        conninfo = self.book()
        growing.grow(self.season(), conninfo, events)
        self.tidy(conninfo)
        with psycopg.connect(conninfo) as connection:
            connection.execute("set work_mem to '256MB'")
            growing.check(connection)
        return conninfo

    def tidy(self, *conninfos: str) -> None:
        """Leave nothing to do for PostgreSQL that one run would pay for another."""
        for conninfo in conninfos:
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute("vacuum analyze")
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            connection.execute("checkpoint")


@contextmanager
def ground(size: Size) -> Iterator[Ground]:
    """Ground for one run of the suite; everything on it is gone when the block ends."""
    with (
        tempfile.TemporaryDirectory(prefix="carnet-bench-") as folder,
        ExitStack() as held,
    ):
        yield Ground(Path(folder), size, held)
