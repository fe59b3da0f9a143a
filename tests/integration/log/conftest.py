"""A desk over an empty order book, with a real vault."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from infra.clock import SimulatedClock
from infra.handle import Desk
from infra.log import Log
from infra.migrate import KEYS, migrate
from infra.vault import Vault
from tests.examples import MARKETS, NOON


@pytest.fixture
def keys(postgres: str) -> Iterator[str]:
    """The connection string of an empty keys database."""
    name = f"keys_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    conninfo = make_conninfo(postgres, dbname=name)
    migrate(conninfo, KEYS)
    yield conninfo
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedClock]:
    """It stands at noon of the examples' first day."""
    simulated = SimulatedClock(tmp_path_factory.mktemp("clock") / "clock")
    simulated.set(NOON)
    yield simulated
    simulated.close()


@pytest.fixture
def vault(database: str, keys: str, clock: SimulatedClock) -> Iterator[Vault]:
    with Vault(kek=bytes(range(32)), keys=keys, book=database, clock=clock) as opened:
        yield opened


@pytest.fixture
def log(database: str, clock: SimulatedClock) -> Iterator[Log]:
    with Log(database, clock) as opened:
        yield opened


@pytest.fixture
def desk(log: Log, vault: Vault, clock: SimulatedClock) -> Desk:
    return Desk(log, vault, MARKETS, clock, digest_key=vault.digest_key())


@pytest.fixture
def other_desk(log: Log, vault: Vault, clock: SimulatedClock) -> Desk:
    """Another process's: it remembers nothing of what the first one does."""
    return Desk(log, vault, MARKETS, clock, digest_key=vault.digest_key())
