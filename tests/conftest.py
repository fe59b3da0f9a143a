"""Servers for the tests: one PostgreSQL and one Kafka a session, started when the first test asks.

With `pytest -n` each worker is a session, and has its own.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from hypothesis import HealthCheck, settings

from infra.embedded.servers import Embedded, Servers
from infra.settings import read

MEMORY = Path("/dev/shm")
ROOM_BYTES = 6 * 2**30

# `pytest -n` tells its workers of a terminal that is not there.
os.environ.pop("COLUMNS", None)

# A run draws the same examples as the one before it: what fails here fails for everybody, and again. How long an
# example takes says how busy the machine is. `pytest --hypothesis-profile=explore` draws others each time.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")


@pytest.fixture
def server_data() -> Iterator[Path]:
    """A folder for the data of embedded servers, gone after the test.

    Not `tmp_path`: each pytest closes its folders to other users, those of a running session too, and as root
    PostgreSQL runs as another user.
    """
    with TemporaryDirectory(prefix="carnet-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def fast_folder() -> str | None:
    """A folder in memory if there is room, else None for the temporary folder. Each test has a database of its
    own, and nobody needs any of them after the session: on a disk most of the time would go into their files."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        return None
    room = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available)
    return str(MEMORY) if room > ROOM_BYTES else None


@pytest.fixture(scope="session")
def postgres_server(fast_folder: str | None) -> Iterator[Servers]:
    """A PostgreSQL of the session, and where its data and its log stand."""
    with (
        TemporaryDirectory(prefix="carnet-test-", dir=fast_folder) as folder,
        Embedded(Path(folder), cache=read().cache).running("postgres") as servers,
    ):
        yield servers


@pytest.fixture(scope="session")
def postgres(postgres_server: Servers) -> str:
    """The connection string of a PostgreSQL server (as its owner): make your own databases in it."""
    return postgres_server.postgres


@pytest.fixture(scope="session")
def kafka_server(fast_folder: str | None) -> Iterator[Servers]:
    """A Kafka of the session, and where its data and its log stand."""
    with (
        TemporaryDirectory(prefix="carnet-test-", dir=fast_folder) as folder,
        Embedded(Path(folder), cache=read().cache).running("kafka") as servers,
    ):
        yield servers


@pytest.fixture(scope="session")
def kafka(kafka_server: Servers) -> str:
    """The bootstrap server of a Kafka: make your own topics in it, under names of your own."""
    return kafka_server.kafka
