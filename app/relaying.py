"""`carnet relay`: publish the log to Kafka, each event once, and those of a stream in order."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from app import reaching
from app.output import out
from app.stopping import stop_signals
from app.wiring import configured
from infra.relay import Relay
from infra.resharding import reshard
from infra.shard import shard_numbered

relay = App(name="relay", help="Publish the log to Kafka, each event once, and those of a stream in order.")

ShardNumber = Annotated[
    int | None,
    Parameter(name="--shard", help="Which of CARNET_RELAY_SHARDS, from 0; the only one by itself."),
]


@relay.default
def publish(*, shard: ShardNumber = None) -> None:
    """Publish every event to Kafka until stopped; with several shards, those of one.

    At any fault it stops with an exit code, and a supervisor starts it again: it goes on where Kafka says it was.
    """
    settings = configured()
    mine = shard_numbered(shard, settings.relay_shards)
    with stop_signals() as stop:
        Relay(
            postgres=reaching.postgres(settings, settings.database),
            bootstrap=reaching.kafka(settings),
            prefix=settings.topic_prefix,
            source=settings.source,
            shard=mine,
        ).run(stop)


@relay.command(name="reshard")
def divide_anew() -> None:
    """Divide the work among CARNET_RELAY_SHARDS, once every relay is stopped. The old shards are brought to one
    position first."""
    settings = configured()
    with stop_signals() as stop:
        position = reshard(
            postgres=reaching.postgres(settings, settings.database),
            bootstrap=reaching.kafka(settings),
            prefix=settings.topic_prefix,
            source=settings.source,
            shards=settings.relay_shards,
            stop=stop,
        )
    if position is None:
        out.print("Stopped; nothing was divided anew.")
    else:
        out.print(
            f"All is published up to position {position}; start the shards 0 to {settings.relay_shards - 1}."
        )
