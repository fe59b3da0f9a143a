"""Databases for the tests: each test gets a fresh one, cloned from a template that was migrated once."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from infra.clock import SystemClock
from infra.log import Log
from infra.migrate import migrate


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """The name of a migrated database without any row of its own."""
    name = "template_book"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    migrate(make_conninfo(postgres, dbname=name))
    return name


@pytest.fixture
def database(postgres: str, template: str) -> Iterator[str]:
    """The connection string, as the server's owner, of an empty order book."""
    with _clone(postgres, template) as conninfo:
        yield conninfo


@pytest.fixture
def other_database(postgres: str, template: str) -> Iterator[str]:
    """A second order book, beside that of `database`."""
    with _clone(postgres, template) as conninfo:
        yield conninfo


@contextmanager
def _clone(postgres: str, template: str) -> Iterator[str]:
    name = f"book_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as server:
        create = sql.SQL("create database {} template {}")
        server.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        # A clone has the rights within a database, and not those on it.
        server.execute(sql.SQL("grant create on database {} to carnet_owner").format(sql.Identifier(name)))
    yield make_conninfo(postgres, dbname=name)
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def order_book(database: str) -> Iterator[Log]:
    """The log of an empty order book, on the system's clock."""
    with Log(database, SystemClock()) as log:
        yield log


@pytest.fixture(scope="session")
def login(postgres: str, template: str) -> str:
    """The name of a login without rights of its own: a member of writer and reader, no superuser."""
    name = "clerk"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("create role clerk login in role carnet_writer, carnet_reader")
    return name
