"""Who looks at the rows, and where builds are worked on."""

from collections.abc import Iterator

import pytest

from infra.log import Log
from infra.postgres import Connection, connect
from projections.switching import Site
from tests.integration.projections.scene import CLOCK


@pytest.fixture
def log(order_book: Log) -> Log:
    return order_book


@pytest.fixture
def reading(database: str) -> Iterator[Connection]:
    """With the rights of those who read."""
    with connect(database, "carnet_reader") as connection:
        yield connection


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    """With every right: to drop a table, or to end a session."""
    with connect(database) as connection:
        yield connection


@pytest.fixture
def site(database: str, log: Log) -> Site:
    return Site(conninfo=database, log=log, clock=CLOCK)
