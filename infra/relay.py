"""The relay: publishes the log to Kafka, each event exactly once and in order.

Fail-stop: on any error it closes and raises, and never tries again itself; a supervisor starts it anew, and
it goes on from the position that Kafka has. Only one runs a shard: a second one finds the lock in PostgreSQL
taken, and one that lost its lock without noticing is fenced by Kafka.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event as Flag
from typing import Protocol

import structlog

from domain.kernel import Recorded
from infra import avro
from infra.errors import IntegrityFault
from infra.log import Head
from infra.only_one import only_one
from infra.position import Position
from infra.publisher import PATIENCE_SECONDS, Publisher

# What waits is published in one transaction: a small one when live, a large one when behind. The producer
# queues without bound, so this also caps what is in flight.
BATCH_MAX = 5_000
IDLE_SECONDS_MIN = 0.05
IDLE_SECONDS_MAX = 1.0

logger = structlog.get_logger()


class Reads(Protocol):
    """What the relay needs of the log."""

    def read(self, after: int, limit: int) -> list[Recorded]:
        """The next events after a position, in order, at most `limit`."""

    def head(self) -> Head:
        """Where the log ends."""


class Relay:
    """Publishes one log under one topic prefix. `source` is the CloudEvents source; after
    `patience_seconds` without an answer Kafka counts as down."""

    def __init__(
        self,
        log: Reads,
        *,
        postgres: str,
        bootstrap: str,
        prefix: str = "",
        source: str = "carnet",
        codec: avro.Codec | None = None,
        batch_max: int = BATCH_MAX,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._log = log
        self._postgres = postgres
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._source = source
        self._codec = codec or avro.codec()
        self._batch_max = batch_max
        self._patience_seconds = patience_seconds

    def run(self, stop: Flag, *, until: int | None = None) -> int:
        """Publish until `stop` is set (the batch at hand is finished first), or until the position `until`
        has been published. Returns the last position published.

        Raises:
            AlreadyRunning: another relay runs, or has taken over.
            PostgresFault, KafkaFault: a server cannot be reached; what was committed stands.
            IntegrityFault: topics and log do not belong together, or a schema is not as it was locked.
        """
        with self._publisher() as publisher:
            position = publisher.position.position
            logger.info("relay.started", position=position, prefix=self._prefix)
            idle_seconds = IDLE_SECONDS_MIN
            while not stop.is_set() and (until is None or position < until):
                batch = self._log.read(position, self._batch_max)
                if not batch:
                    stop.wait(idle_seconds)
                    idle_seconds = min(2 * idle_seconds, IDLE_SECONDS_MAX)
                    continue
                idle_seconds = IDLE_SECONDS_MIN
                publisher.publish(batch)
                position = batch[-1].position
                logger.debug("relay.published", position=position, events=len(batch))
            logger.info("relay.stopped", position=position, prefix=self._prefix)
            return position

    @contextmanager
    def _publisher(self) -> Iterator[Publisher]:
        with only_one(self._postgres, f"carnet relay {self._prefix}".rstrip()):
            publisher = Publisher(
                self._bootstrap,
                self._prefix,
                self._source,
                self._codec,
                patience_seconds=self._patience_seconds,
            )
            with closing(publisher):
                self._check(publisher.position)
                yield publisher

    def _check(self, published: Position) -> None:
        """Whether what was published came from this log."""
        if not published.position:
            return
        last = self._log.read(published.position - 1, 1)
        if not last or last[0].event_id != published.event_id:
            ends = "" if last else f" (this log ends at position {self._log.head().position})"
            raise IntegrityFault(
                f"The topics hold events up to position {published.position} of another log{ends}.",
                hint="Check CARNET_DATABASE, or name another CARNET_TOPIC_PREFIX.",
            )
