"""The eventsourcing library's own test cases, as shipped, against our recorder."""

import gc
from abc import ABC
from collections.abc import Iterator
from unittest import TestCase

import pytest
from eventsourcing.tests import application, persistence
from psycopg.conninfo import conninfo_to_dict

from infra.clock import SystemClock
from infra.errors import InputError
from infra.recorder import Datastore, Factory, Recorder


class WithRecorder(TestCase, ABC):
    """Each test in a fresh database."""

    @pytest.fixture(autouse=True)
    def _datastore(self, database: str) -> Iterator[None]:
        self.datastore = Datastore(database, SystemClock())
        yield
        self.datastore.close()

    def create_recorder(self) -> Recorder:
        return Recorder(self.datastore)


class TestApplicationRecorder(WithRecorder, persistence.ApplicationRecorderTestCase[Recorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(WithRecorder, persistence.TrackingRecorderTestCase):
    pass


class TestProcessRecorder(WithRecorder, persistence.ProcessRecorderTestCase):
    pass


class TestNonInterleaving(WithRecorder, persistence.NonInterleavingNotificationIDsBaseCase):
    pass


@pytest.mark.filterwarnings("default:'log' is deprecated:DeprecationWarning")  # a case warns, and looks
class TestApplication(application.ApplicationTestCase):
    @pytest.fixture(autouse=True)
    def _environment(self, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield
        gc.collect()  # the cases leave their applications to the collector, which closes them


@pytest.fixture
def environment(database: str) -> dict[str, str]:
    server = conninfo_to_dict(database)
    return {
        "PERSISTENCE_MODULE": "infra.recorder:Factory",
        "POSTGRES_DBNAME": str(server["dbname"]),
        "POSTGRES_HOST": str(server["host"]),
        "POSTGRES_PORT": str(server["port"]),
        "POSTGRES_USER": str(server["user"]),
        "POSTGRES_PASSWORD": "",
    }


def test_database_functions_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(InputError, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
        Factory(environment | {"POSTGRES_ENABLE_DB_FUNCTIONS": "y"})
