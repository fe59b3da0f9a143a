"""What a follower costs after a long time: as much as at its beginning."""

from __future__ import annotations

from uuid import uuid4

import pytest

from infra.log import Log
from infra.postgres import Connection
from projections import run, view
from tests.integration.projections.scene import runner
from tests.integration.projections.tally import END, MORE, TALLY, grow

BURN = """create procedure public.burn(n int) language plpgsql as $$ begin
    for i in 1..n loop perform pg_current_xact_id(); commit; end loop;
end $$"""
OLDEST = """select max(age(relfrozenxid)) from pg_class
where relpersistence = 't' and relkind in ('r', 't') and relfrozenxid <> '0'"""
READ = """select seq_tup_read, (select sum(idx_tup_read) from pg_stat_all_indexes i where i.relid = t.relid)::bigint
from pg_stat_all_tables t where schemaname like 'read_tally%' and relname = 'tally'"""


def oldest(owner: Connection) -> int:
    (age,) = owner.execute(OLDEST).fetchone() or (None,)
    assert isinstance(age, int), "there is no temporary table"
    return age


def test_its_temporary_tables_keep_no_old_transactions_from_being_forgotten(
    database: str, log: Log, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = [uuid4() for _ in range(5)]
    owner.execute(BURN)
    with runner(database, log, TALLY) as running:
        for version in range(2):  # the second time the rows stand there, and are put in place of others
            grow(log, streams, [MORE], after=version)
            running.catch_up()
        owner.execute("call public.burn(500)")
        running.catch_up()
        assert oldest(owner) > 500
        monkeypatch.setattr(run, "RENEW_EVERY_S", 0.0)
        running.catch_up()
        assert oldest(owner) < 50
        grow(log, streams, [MORE], after=2)
        running.catch_up()
    assert owner.execute("select distinct events from read.tally").fetchall() == [(3,)]


def test_it_looks_rows_up_by_their_keys_though_it_began_while_there_were_none(
    database: str, log: Log, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "KEPT_ROWS", 10)

    def ten_more(times: int) -> None:
        for _ in range(times):
            grow(log, [uuid4() for _ in range(10)], [MORE])
            running.catch_up()

    grow(log, [uuid4()], [END])
    with runner(database, log, TALLY) as running:
        running.catch_up()
        owner.execute("vacuum analyze")
    with runner(database, log, TALLY) as running:
        ten_more(14)  # a statement is prepared, and its plan kept, after some times
        grow(log, [uuid4() for _ in range(2_000)], [MORE])
        running.catch_up()
        scanned, entries = read(owner, running)
        ten_more(10)
        scanned_later, entries_later = read(owner, running)
    assert scanned_later == scanned
    assert entries_later - entries <= 3 * 10 * 10, "a few for each row"


def read(owner: Connection, running: run.Runner) -> tuple[int, int]:
    """Rows read by scanning, and entries of the indexes that were read."""
    for connection in (running._connection, running._reading):
        connection.execute("select pg_stat_force_next_flush()")
    scanned, entries = owner.execute(READ).fetchone() or (0, 0)
    return scanned, entries
