"""Where scenarios are played: a PostgreSQL, and a fresh order book on it for each."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from psycopg import sql
from psycopg.conninfo import make_conninfo

from app.databases import MAINTENANCE, migrate_all
from infra import settings as settings_module
from infra.embedded.servers import Embedded
from infra.postgres import connect, faults
from infra.settings import Settings


@dataclass(frozen=True)
class Ground:
    """`template` is an empty order book that is cloned for every scenario. `folder` is for their clocks."""

    template: Settings
    folder: Path
    numbers: Iterator[int]

    @contextmanager
    def fresh(self) -> Iterator[Settings]:
        """The settings of an order book of one's own, gone when the block ends."""
        number = next(self.numbers)
        settings = _settings(self.template.postgres, f"{self.template.database}_{number}", self.folder)
        clones = {
            settings.database: self.template.database,
            settings.keys_database: self.template.keys_database,
        }
        server = make_conninfo(self.template.postgres, dbname=MAINTENANCE)
        with connect(server) as connection, faults():
            for clone, template in clones.items():
                create = sql.SQL("create database {} template {} strategy file_copy")
                connection.execute(create.format(sql.Identifier(clone), sql.Identifier(template)))
            # A clone has the rights within a database, and not those on it.
            grant = sql.SQL("grant create on database {} to carnet_owner")
            connection.execute(grant.format(sql.Identifier(settings.database)))
            try:
                yield settings
            finally:
                _drop(self.template.postgres, *clones)


@contextmanager
def ground() -> Iterator[Ground]:
    """A place for scenarios on the server that CARNET_POSTGRES names, else on one that is started and lives as
    long as the block. Nothing stays behind, and no other database is touched."""
    named = settings_module.read()
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="carnet-scenarios-")))
        postgres = named.postgres
        if not postgres:
            servers = Embedded(folder / "servers", cache=named.cache)
            postgres = held.enter_context(servers.running("postgres")).postgres
        template = _settings(postgres, f"scenario_{secrets.token_hex(6)}", folder)
        held.callback(_drop, postgres, template.database, template.keys_database)
        migrate_all(template)
        yield Ground(template, folder, count(1))


def _settings(postgres: str, database: str, folder: Path) -> Settings:
    return settings_module.read(
        {
            "CARNET_POSTGRES": postgres,
            "CARNET_DATABASE": database,
            "CARNET_DATA": str(folder),
            "CARNET_CLOCK": f"file:{folder / database}.clock",
            "CARNET_KEK": secrets.token_hex(32),
        }
    )


def _drop(postgres: str, *databases: str) -> None:
    with connect(make_conninfo(postgres, dbname=MAINTENANCE)) as connection, faults():
        for database in databases:
            drop = sql.SQL("drop database if exists {} with (force)")
            connection.execute(drop.format(sql.Identifier(database)))
