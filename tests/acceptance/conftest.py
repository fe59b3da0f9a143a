"""Installations for the tests: databases and topics of their own, on the servers of the session."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import structlog
from psycopg import sql

from app.demo.summary import Summary
from tests.acceptance.asked import RESERVE
from tests.acceptance.installation import Installation
from tests.acceptance.seasons import played_on

PARTITIONS = 3
ORDERS, SEED = 60, 3


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """`carnet` sets up the logs of its process; here it shares one with pytest."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@contextmanager
def installed(postgres: str, kafka: str, folder: Path, **settings: str) -> Iterator[Installation]:
    """An installation that was made by `carnet db migrate` and `carnet topics apply`, gone in the end."""
    name = f"acceptance_{uuid4().hex[:12]}"
    here = Installation(
        {
            "CARNET_POSTGRES": postgres,
            "CARNET_KAFKA": kafka,
            "CARNET_DATABASE": name,
            "CARNET_TOPIC_PREFIX": f"{name}.",
            "CARNET_PARTITIONS": str(PARTITIONS),
            "CARNET_DATA": str(folder / "data"),
            "CARNET_KEK": secrets.token_hex(32),
            "CARNET_LOG": "error",
            **settings,
        },
        folder,
    )
    assert here.carnet("db", "migrate").code == 0
    assert here.carnet("topics", "apply").code == 0
    try:
        yield here
    finally:
        here.end()
        with psycopg.connect(postgres, autocommit=True) as server:
            for database in (name, f"{name}_keys"):
                server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))


@pytest.fixture
def installation(postgres: str, kafka: str, tmp_path: Path) -> Iterator[Installation]:
    with installed(postgres, kafka, tmp_path) as here:
        yield here


@pytest.fixture(scope="module")
def shared(postgres: str, kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for the tests of a file: for those that leave nothing behind."""
    with installed(postgres, kafka, tmp_path_factory.mktemp("shared")) as here:
        yield here


@pytest.fixture(scope="module")
def book(shared: Installation) -> Installation:
    """The shared installation, with one order at version 1."""
    assert shared.carnet(*RESERVE).code == 0
    return shared


@pytest.fixture
def own_book(installation: Installation) -> Installation:
    """The same for one test alone."""
    assert installation.carnet(*RESERVE).code == 0
    return installation


@pytest.fixture(scope="session")
def undisturbed(postgres: str, kafka: str) -> Summary:
    """A small season in which nobody kills anything."""
    return played_on(postgres, kafka, ORDERS, SEED)
