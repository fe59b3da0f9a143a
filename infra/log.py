"""The log: one immutable, gapless sequence of events, and everything that is written with them.

All writing goes through the group commit of this process.
"""

from __future__ import annotations

from concurrent.futures import Future

from infra.append import Appender
from infra.clock import Clock
from infra.errors import PostgresFault
from infra.group_commit import QUEUE_MAX, GroupCommit
from infra.group_writer import LEARN_WITHIN_S, GroupWriter
from infra.item import Item, Outcome
from infra.log_reader import LogReader
from infra.partitions import PartitionsAhead
from infra.postgres import Connection, check_durable, connect, faults
from infra.waiting import Handed, Waiting

WRITE_WITHIN_S = 60.0


class Log(LogReader):
    """The log of one database, for writing and reading from any thread.

    A group that PostgreSQL has not written after `write_within_s`, because somebody holds a lock, is not written.

    Raises:
        PostgresFault: the server cannot be reached, or would acknowledge what is not durable.
        IntegrityFault: the database is of another schema version.
    """

    def __init__(
        self,
        conninfo: str,
        clock: Clock,
        *,
        queue_max: int = QUEUE_MAX,
        learn_within_s: float = LEARN_WITHIN_S,
        write_within_s: float = WRITE_WITHIN_S,
    ) -> None:
        super().__init__(conninfo, "carnet_writer")
        self._conninfo = conninfo
        self._write_within_s = write_within_s
        self._partitions = PartitionsAhead(self._pool)
        writer = GroupWriter(
            self._appender, clock, reached=self._partitions.reached, learn_within_s=learn_within_s
        )
        self._groups = GroupCommit(writer, queue_max=queue_max)

    def append(self, item: Item) -> Future[Outcome]:
        """Queue an item for the next group. The future has its outcome once that is durable; it raises
        `PostgresFault` if nothing was written and `OutcomeUnknown` if that could not be learnt.

        Raises:
            Busy: the queue is full, or the log is closed.
        """
        handed = Handed(item)
        self._groups.submit(handed)
        return handed.outcome

    def submit(self, waiting: Waiting) -> None:
        """The same for what becomes an item just before it is written, and is told its end. Raises Busy."""
        self._groups.submit(waiting)

    def write(self, waiting: Waiting) -> None:
        """The same for a thread that waits for the end anyway: it may be told before this returns. Raises Busy."""
        self._groups.write(waiting)

    def close(self) -> None:
        """Write what was queued, then close the connections."""
        self._groups.close()
        self._partitions.close()
        super().close()

    def _appender(self) -> Appender:
        connection = self._connect()
        try:
            with faults():
                return Appender(connection)
        except PostgresFault:
            connection.close()
            raise

    def _connect(self) -> Connection:
        connection = connect(self._conninfo, "carnet_writer")
        try:
            with faults():
                check_durable(connection)
                connection.execute(f"set statement_timeout = {int(self._write_within_s * 1000)}".encode())
        except PostgresFault:
            connection.close()
            raise
        return connection
