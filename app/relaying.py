"""`carnet relay`: publish the log to Kafka, each event exactly once and in order."""

from __future__ import annotations

from app import reaching
from app.stopping import stop_signals
from app.wiring import clock_of, configured
from infra.log import Log
from infra.relay import Relay


def relay() -> None:
    """Publish every event to Kafka until stopped.

    At any fault it stops with an exit code, and a supervisor starts it again: it goes on where Kafka says it was.
    """
    settings = configured()
    conninfo = reaching.postgres(settings, settings.database)
    bootstrap = reaching.kafka(settings)
    with stop_signals() as stop, Log(conninfo, clock_of(settings)) as log:
        Relay(
            log,
            postgres=conninfo,
            bootstrap=bootstrap,
            prefix=settings.topic_prefix,
            source=settings.source,
        ).run(stop)
