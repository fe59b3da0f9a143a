"""Topics of a test's own, and relays between them and the test's own log."""

from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from infra import topics
from infra.kafka import admin
from infra.log import Log
from infra.relay import BATCH_MAX, Relay

PARTITIONS = 3
NewRelay = Callable[..., Relay]


def make_topics(kafka: str, prefix: str) -> list[str]:
    with closing(admin(kafka)) as client:
        return topics.apply(client, kafka, topics.wanted(prefix, PARTITIONS))


@pytest.fixture
def prefix(kafka: str) -> str:
    """The prefix of topics that exist and are empty."""
    name = f"t{uuid4().hex[:12]}."
    make_topics(kafka, name)
    return name


@pytest.fixture
def new_relay(order_book: Log, database: str, kafka: str, prefix: str) -> NewRelay:
    """Makes relays from the test's log to its topics."""

    def make(*, batch_max: int = BATCH_MAX) -> Relay:
        return Relay(order_book, postgres=database, bootstrap=kafka, prefix=prefix, batch_max=batch_max)

    return make


@pytest.fixture
def other_database(postgres: str, template: str) -> Iterator[str]:
    """The connection string of a second, empty order book."""
    name = f"other_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as server:
        create = sql.SQL("create database {} template {}")
        server.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    yield make_conninfo(postgres, dbname=name)
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
