"""The relay: publishes the log to Kafka, each event exactly once and in order.

Fail-stop: on any error it closes and raises, and never tries again itself; a supervisor starts it anew, and
it goes on from the position that Kafka has. Only one runs a shard: a second one finds the lock in PostgreSQL
taken, and one that lost its lock without noticing is fenced by Kafka.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event as Flag

import structlog

from infra.errors import IntegrityFault
from infra.migrate import check_version
from infra.only_one import only_one
from infra.outgoing import ROWS_MAX, Batch, Reading
from infra.position import Position
from infra.postgres import connect, faults
from infra.publisher import PATIENCE_S, Publisher
from infra.reading_ahead import ReadingAhead
from infra.shard import WHOLE, Shard

# What waits is published in one transaction: a small one when live, a large one when behind. The producer
# queues without bound, so these also cap what is in flight.
EVENTS_MAX = 5_000
BYTES_MAX = 16 * 1024 * 1024

logger = structlog.get_logger()


class Relay:
    """Publishes one log under one topic prefix: all of it, or one shard. `source` is the CloudEvents source; after
    `patience_s` without an answer Kafka counts as down."""

    def __init__(
        self,
        *,
        postgres: str,
        bootstrap: str,
        prefix: str = "",
        source: str = "carnet",
        shard: Shard = WHOLE,
        events_max: int = EVENTS_MAX,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._postgres = postgres
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._source = source
        self._shard = shard
        self._events_max = events_max
        self._patience_s = patience_s

    def run(self, stop: Flag, *, until: int | None = None) -> int:
        """Publish until `stop` is set (the transaction at hand is committed first), or until the position `until`
        has been published. Returns the last position published.

        Raises:
            AlreadyRunning: another relay runs this shard, or has taken over.
            PostgresFault, KafkaFault: a server cannot be reached; what was committed stands.
            IntegrityFault: topics and log do not belong together, a schema is not as it was locked, or the work
                is divided among another number of shards.
            InputError: there are more shards than partitions.
            CarnetError: the process that reads ahead has died.
        """
        with self._ready() as (publisher, ahead):
            position = publisher.position.position
            told = {"prefix": self._prefix, "shard": str(self._shard)}
            logger.info("relay.started", position=position, **told)
            ahead.begin(self._reading(publisher, until))
            while until is None or position < until:
                first = ahead.wait(stop)
                if first is None:
                    break
                publisher.publish(self._transaction(first, ahead, stop))
                before, position = position, publisher.position.position
                logger.debug("relay.published", position=position, events=position - before)
            logger.info("relay.stopped", position=position, **told)
            return position

    def _transaction(self, first: Batch, ahead: ReadingAhead, stop: Flag) -> Iterator[Batch]:
        """The batches of one transaction: all that waits, within the caps."""
        batch: Batch | None = first
        events = size = 0
        while batch is not None:
            yield batch
            events += batch.events
            size += batch.size
            full = events >= self._events_max or size >= BYTES_MAX
            batch = ahead.wait(stop) if batch.more and not full else None

    def _reading(self, publisher: Publisher, until: int | None) -> Reading:
        return Reading(
            conninfo=self._postgres,
            source=self._source,
            shard=self._shard,
            partitions=publisher.partitions,
            after=publisher.position.position,
            until=until,
            rows_max=min(ROWS_MAX, self._events_max),
        )

    @contextmanager
    def _ready(self) -> Iterator[tuple[Publisher, ReadingAhead]]:
        with only_one(self._postgres, name_of(self._prefix, self._shard.number)), ReadingAhead() as ahead:
            with closing(connect(self._postgres, "carnet_reader")) as connection:
                check_version(connection)
            publisher = Publisher(
                self._bootstrap, self._prefix, shard=self._shard, patience_s=self._patience_s
            )
            with closing(publisher):
                self._check_log(publisher.position)
                yield publisher, ahead

    def _check_log(self, published: Position) -> None:
        """Whether what was published came from this log."""
        with closing(connect(self._postgres, "carnet_reader")) as connection, faults():
            row = connection.execute(
                "select position, (select event_id from carnet.events where position = %s) from carnet.head",
                [published.position],
            ).fetchone()
        assert row is not None
        head, event_id = row
        if published.position and event_id != published.event_id:
            ends = "" if event_id else f" (this log ends at position {head})"
            raise IntegrityFault(
                f"The topics hold events up to position {published.position} of another log{ends}.",
                hint="Check CARNET_DATABASE, or name another CARNET_TOPIC_PREFIX.",
            )


def name_of(prefix: str, shard: int) -> str:
    """What the lock of a shard is called, however many shards there are."""
    return " ".join(filter(None, ("carnet relay", prefix, f"shard {shard}")))
