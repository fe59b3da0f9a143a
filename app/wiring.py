"""Puts the parts together for one process: settings, clock, log, vault, markets, desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app import reaching
from infra import kek, logging
from infra import settings as settings_module
from infra.catalogue import load_catalogue
from infra.clock import Clock, SimulatedClock, SystemClock
from infra.collecting import collect_seldom
from infra.handle import Desk
from infra.log import Log
from infra.markets import load_markets
from infra.migrate import check_version
from infra.postgres import Connection, Role, connect
from infra.settings import Settings
from infra.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """An open order book. `conninfo` is that of its database."""

    settings: Settings
    conninfo: str
    clock: Clock
    log: Log
    vault: Vault
    desk: Desk


def configured() -> Settings:
    """The settings of this process; logs are set up as they say."""
    settings = settings_module.read()
    logging.configure(settings.log)
    return settings


def clock_of(settings: Settings) -> Clock:
    """The clock that the settings name."""
    return SimulatedClock(settings.clock) if settings.clock else SystemClock()


def connected(settings: Settings, role: Role) -> Connection:
    """A connection to the order book's database, for a verb that needs no more than that.

    Raises:
        PostgresFault: the server cannot be reached.
        IntegrityFault: the database is of another schema version.
    """
    connection = connect(reaching.postgres(settings, settings.database), role)
    try:
        check_version(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def vault_of(settings: Settings, clock: Clock) -> Vault:
    """The vault; its key-encryption key is made on first use for the embedded servers only."""
    return Vault(
        kek=kek.load(settings, make_if_missing=not settings.postgres),
        keys=reaching.postgres(settings, settings.keys_database),
        book=reaching.postgres(settings, settings.database),
        clock=clock,
    )


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Book]:
    """The order book that the settings name (those of this process, if none are given), closed when the block ends.

    Raises what its parts raise.
    """
    settings = settings or configured()
    clock = clock_of(settings)
    conninfo = reaching.postgres(settings, settings.database)
    with Log(conninfo, clock) as log, vault_of(settings, clock) as vault:
        desk = Desk(
            log,
            vault,
            load_markets(),
            clock,
            digest_key=vault.digest_key(),
            catalogue=load_catalogue(),
        )
        collect_seldom()
        yield Book(settings=settings, conninfo=conninfo, clock=clock, log=log, vault=vault, desk=desk)
