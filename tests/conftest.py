"""Servers for the tests: one PostgreSQL and one Kafka a session, started when the first test asks."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from infra.embedded.servers import Embedded, Servers
from infra.settings import read


@pytest.fixture
def server_data() -> Iterator[Path]:
    """A folder for the data of embedded servers, gone after the test.

    Not `tmp_path`: each pytest closes its folders to other users, those of a running session too, and as root
    PostgreSQL runs as another user.
    """
    with TemporaryDirectory(prefix="carnet-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Servers]:
    """A PostgreSQL of the session, and where its data and its log stand."""
    with (
        TemporaryDirectory(prefix="carnet-test-") as folder,
        Embedded(Path(folder), cache=read().cache).running("postgres") as servers,
    ):
        yield servers


@pytest.fixture(scope="session")
def postgres(postgres_server: Servers) -> str:
    """The connection string of a PostgreSQL server (as its owner): make your own databases in it."""
    return postgres_server.postgres


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[Servers]:
    """A Kafka of the session, and where its data and its log stand."""
    with (
        TemporaryDirectory(prefix="carnet-test-") as folder,
        Embedded(Path(folder), cache=read().cache).running("kafka") as servers,
    ):
        yield servers


@pytest.fixture(scope="session")
def kafka(kafka_server: Servers) -> str:
    """The bootstrap server of a Kafka: make your own topics in it, under names of your own."""
    return kafka_server.kafka
