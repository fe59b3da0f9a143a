"""What PostgreSQL reads of the tables. A session plans a statement once, here while they are empty and known to be: the
best plan for nothing must still look each row up by its key when they are full."""

from datetime import UTC, datetime
from uuid import uuid4

from infra.append import Appender
from infra.item import Appended, Conflict, Duplicate, Item, Taken, Tracking
from infra.log_reader import LogReader
from infra.postgres import Connection, connect
from tests.integration.log.items import item, rows, sealed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GROUP = 10
GROUPS = 20
WRITTEN = GROUP * GROUPS

Read = dict[str, tuple[int, int]]


def read(database: str) -> Read:
    """Of each table: how often all of it was read, and how many entries of its indexes were."""
    found = rows(
        database,
        "select t.relname, t.seq_scan, sum(i.idx_tup_read)::bigint from pg_stat_all_tables t"
        " join pg_stat_all_indexes i using (relid) where t.relname in"
        " ('streams', 'commands', 'tracking', 'lookup', 'erased', 'sealed', 'events_000000000000001')"
        " group by 1, 2",
    )
    return {table: (scans, entries) for table, scans, entries in found}


def reads(before: Read, after: Read) -> Read:
    """What was read in between."""
    return {table: (after[table][0] - scans, after[table][1] - n) for table, (scans, n) in before.items()}


def at_rest(connection: Connection) -> None:
    """What this session has read shows from now on."""
    connection.execute("select pg_stat_force_next_flush()")


def group(n: int) -> list[Item]:
    """Orders that begin, each with a unique text; one comes from a source."""
    begun = [item(sealed=(sealed(uuid4(), uuid4().bytes),)) for _ in range(GROUP - 1)]
    return [*begun, item(tracking=Tracking(f"source {n}", 1))]


def test_an_append_looks_up_each_row_by_its_key(database: str) -> None:
    rows(database, "vacuum analyze")  # now PostgreSQL knows that they are empty
    with connect(database, "carnet_writer") as connection:
        appender = Appender(connection)
        before = read(database)
        for n in range(GROUPS):
            assert appender.append(group(n), NOW)[-1] == Appended((n + 1) * GROUP)
        at_rest(connection)
    read_of = reads(before, read(database))
    assert len(read_of) == 7
    for table, (scans, entries) in read_of.items():
        assert scans == 0, table
        assert entries <= 2 * WRITTEN, table


def test_one_that_loses_is_told_by_what_by_its_key(database: str) -> None:
    rows(database, "vacuum analyze")
    with connect(database, "carnet_writer") as connection:
        appender = Appender(connection)
        first = group(0)
        assert appender.append(first, NOW)[-1] == Appended(GROUP)
        assert isinstance(appender.append(first, NOW)[-1], Duplicate)
        groups = [group(n) for n in range(1, GROUPS)]
        for one in groups:
            appender.append(one, NOW)
        at_rest(connection)
        before = read(database)
        for one in groups:
            stream, text = one[0].events[0].stream_id, one[0].sealed[0].lookup
            late, same = item(stream), item(sealed=(sealed(uuid4(), text),))
            outcomes = appender.append([*one[1:], late, same], NOW)
            assert [type(outcome) for outcome in outcomes] == [*[Duplicate] * (GROUP - 1), Conflict, Taken]
        at_rest(connection)
    for table, (scans, entries) in reads(before, read(database)).items():
        assert scans == 0, table
        assert entries <= 3 * WRITTEN, table


def test_a_stream_is_read_by_its_key(database: str) -> None:
    rows(database, "vacuum analyze")
    with LogReader(database) as log, connect(database, "carnet_writer") as connection:
        assert log.histories([uuid4()]) == {}
        written = [one for n in range(GROUPS) for one in group(n)]
        Appender(connection).append(written, NOW)
        at_rest(connection)
        before = read(database)
        streams = [one.events[0].stream_id for one in written]
        for stream in streams:
            assert len(log.histories([stream])[stream]) == 1
    read_of = reads(before, read(database))
    assert read_of["streams"] == (0, WRITTEN)
    assert read_of["events_000000000000001"] == (0, WRITTEN)
