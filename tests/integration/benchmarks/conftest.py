"""A second order book beside the test's own."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo


@pytest.fixture
def another_database(postgres: str, template: str) -> Iterator[str]:
    """The connection string, as the server's owner, of another empty order book."""
    name = f"book_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as server:
        create = sql.SQL("create database {} template {}")
        server.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    yield make_conninfo(postgres, dbname=name)
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
