"""Partitions ahead of need: a process that writes has the log's next one made when half of the last is used.

It takes 10 to 50 ms, so nobody's append does it, and nobody's append waits for it. Whoever writes past the last
partition all the same (it was asleep, or its group is huge) makes what it needs inside `append`.
"""

from __future__ import annotations

from sys import maxsize
from threading import Thread

import structlog

from infra.errors import PostgresFault
from infra.postgres import Connection, Pool

AGAIN_AFTER = 10_000  # positions after a failure

logger = structlog.get_logger()


class PartitionsAhead:
    """Told of every position that this process writes, by one thread at a time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._ask_at = 0
        self._asking: Thread | None = None

    def reached(self, position: int) -> None:
        """Have the next partition made, beside this thread, if it is time."""
        if position >= self._ask_at:
            self._ask_at = maxsize
            self._asking = Thread(target=self._ask, args=[position], name="carnet-partitions", daemon=True)
            self._asking.start()

    def close(self) -> None:
        """Wait for what is being made."""
        if self._asking:
            self._asking.join()

    def _ask(self, position: int) -> None:
        try:
            self._ask_at = self._pool.run(_partitions_ahead)
        except PostgresFault as fault:
            logger.warning("append.partition_not_made", position=position, why=str(fault))
            self._ask_at = position + AGAIN_AFTER


def _partitions_ahead(connection: Connection) -> int:
    row = connection.execute("select carnet.partitions_ahead()").fetchone()
    assert row is not None
    return int(row[0])
