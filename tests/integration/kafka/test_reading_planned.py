"""How PostgreSQL plans what the relay reads: a relay that began on an empty log reads no more of a full one than it
publishes, and looks into one partition, however many there are."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from infra.log import Log
from infra.outgoing import READ
from infra.postgres import Connection, connect
from tests.integration.kafka.writing import streams, write
from tests.integration.log.items import rows

EVENTS = 3_000
AT_ONCE = 100
SIZE = 10
PARTITIONS = 100
AT_REST = "select pg_stat_force_next_flush()"  # what the session has read shows from now on


@pytest.fixture
def reader(database: str) -> Iterator[Connection]:
    """A session of the relay's, which has read the empty log often enough to keep a plan, if it ever does."""
    rows(database, "vacuum analyze")  # now PostgreSQL knows that it is empty
    with closing(connect(database, "carnet_reader")) as connection:
        for _ in range(10):
            assert read(connection, 0) == 0
        connection.execute(AT_REST)
        yield connection


def read(connection: Connection, after: int) -> int:
    """Read the next events as the relay does; returns how many there were."""
    return len(connection.execute(READ, [after, after + AT_ONCE], prepare=True).fetchall())


def entries(database: str) -> tuple[int, int]:
    """How often all of the partition was read, and how many entries of its indexes were."""
    ((scans, count),) = rows(
        database,
        "select t.seq_scan, sum(i.idx_tup_read)::bigint from pg_stat_all_tables t"
        " join pg_stat_all_indexes i using (relid) where t.relname = 'events_000000000000001' group by 1",
    )
    return int(scans), int(count)


def test_a_relay_that_began_on_an_empty_log_reads_each_event_once(
    database: str, order_book: Log, reader: Connection
) -> None:
    assert write(order_book, streams(), EVENTS) == EVENTS
    scans, before = entries(database)
    assert sum(read(reader, after) for after in range(0, EVENTS, AT_ONCE)) == EVENTS
    reader.execute(AT_REST)
    assert entries(database) == (scans, before + EVENTS)


def test_of_many_partitions_one_is_looked_into(database: str, order_book: Log, reader: Connection) -> None:
    rows(database, "drop table carnet.events_000000000000001")
    rows(database, "update carnet.head set partition_size = %s", SIZE)
    rows(database, "update carnet.head set room = carnet.make_partitions(%s)", SIZE * PARTITIONS)
    write(order_book, streams(), SIZE * PARTITIONS // 2)
    with reader.transaction():
        assert len(reader.execute(READ, [251, 260], prepare=True).fetchall()) == 9
        locked = reader.execute(
            "select relation::regclass::text from pg_locks where pid = pg_backend_pid() and locktype = 'relation'"
            " and relation in (select inhrelid from pg_inherits where inhparent = 'carnet.events'::regclass)"
        ).fetchall()
    assert locked == [("carnet.events_000000000000251",)]
