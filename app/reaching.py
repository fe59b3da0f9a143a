"""Where the servers are: those that the settings name, else the embedded ones, which must run."""

from __future__ import annotations

from psycopg.conninfo import make_conninfo

from infra.embedded.servers import Embedded
from infra.errors import KafkaFault, PostgresFault
from infra.settings import Settings

START = "Run `carnet servers start`, or name a server in {variable}."


def embedded(settings: Settings) -> Embedded:
    """The embedded servers of the settings' data folder."""
    return Embedded(settings.data, cache=settings.cache, java=settings.java)


def postgres(settings: Settings, database: str) -> str:
    """The connection string of a database. Raises PostgresFault if no server is named and none of ours runs."""
    server = settings.postgres or _running(settings, "postgres")
    if not server:
        raise PostgresFault("No PostgreSQL runs here.", hint=START.format(variable="CARNET_POSTGRES"))
    return make_conninfo(server, dbname=database)


def kafka(settings: Settings) -> str:
    """Kafka's bootstrap servers. Raises KafkaFault if none is named and ours does not run."""
    bootstrap = settings.kafka or _running(settings, "kafka")
    if not bootstrap:
        raise KafkaFault("No Kafka runs here.", hint=START.format(variable="CARNET_KAFKA"))
    return bootstrap


def _running(settings: Settings, name: str) -> str:
    return next(
        (s.address for s in embedded(settings).status() if s.name == name and s.state == "running"), ""
    )
