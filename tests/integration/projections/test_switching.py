"""Another build goes live, all of it or nothing, while people read."""

from __future__ import annotations

import threading
from dataclasses import replace
from uuid import uuid4

import pytest
from psycopg.conninfo import make_conninfo

from infra.errors import AlreadyRunning, Contended, IntegrityFault, NotFound
from infra.log import Log
from infra.postgres import Connection, connect
from projections import exchanging, making, rebuilding, switching
from projections.comparing import compare
from projections.switching import Site, alone
from tests.integration.projections.scene import CLOCK, catch_up, rows_of, until
from tests.integration.projections.tally import MORE, TALLY, grow
from tests.integration.projections.verbs import live, prepared, rollback, switch


def test_a_build_that_is_behind_does_not_go_live(site: Site, log: Log) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    ready = prepared(site, TALLY)
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    with connect(site.conninfo, "carnet_writer") as connection:
        with pytest.raises(
            Contended,
            match=r"Build 2 of tally stands at position 1, the live one at 2: readers would go back",
        ):
            exchanging.switch(connection, ready, CLOCK.now())
        assert live(connection) == 1
    assert switch(site, TALLY)


def test_a_build_that_stands_where_the_log_ends_goes_live_without_being_opened(
    site: Site, log: Log, reading: Connection
) -> None:
    grow(log, [uuid4()], [MORE, MORE])
    prepared(site, TALLY)
    nowhere = replace(site, conninfo="host=/nowhere")
    with alone(site, "switch", [TALLY]) as connection:
        assert switching.go_live(connection, nowhere, [switching.next_build(connection, TALLY)])
    assert live(reading) == 1


def test_without_a_build_that_is_whole_nothing_goes_live(site: Site, log: Log, reading: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    with pytest.raises(NotFound, match=r"No build of tally is ready to go live.*rebuild tally"):
        switch(site, TALLY)
    site.stop.set()
    rebuilding.prepare(site, [TALLY])
    site.stop.clear()
    with pytest.raises(NotFound, match=r"Build 2 of tally is not whole yet"):
        switch(site, TALLY)
    with pytest.raises(NotFound, match="No build of tally is kept"):
        rollback(site, TALLY)
    assert live(reading) == 1


def test_a_switch_while_another_switches_is_told_of_it(site: Site, log: Log) -> None:
    catch_up(site.conninfo, log, TALLY)
    rebuilding.prepare(site, [TALLY])
    with (
        alone(site, "switch", [TALLY]),
        pytest.raises(AlreadyRunning, match="builds of tally runs already: carnet project switch, process"),
    ):
        switch(site, TALLY)


def test_of_two_switches_in_the_database_one_waits_and_then_finds_it_done(site: Site, log: Log) -> None:
    """Nobody but `alone` keeps two processes apart; the database does it again."""
    catch_up(site.conninfo, log, TALLY)
    ready = prepared(site, TALLY)
    outcomes: list[str] = []

    def second() -> None:
        with connect(site.conninfo, "carnet_writer") as connection:
            try:
                exchanging.switch(connection, ready, CLOCK.now())
            except Contended as fault:
                outcomes.append(fault.message)

    with connect(site.conninfo, "carnet_writer") as first, connect(site.conninfo) as watching:
        with first.transaction():
            exchanging.switch(first, ready, CLOCK.now())
            thread = threading.Thread(target=second)
            thread.start()
            until(lambda: watching.execute("select from pg_locks where not granted").fetchone() is not None)
        thread.join(20)
        assert outcomes == ["Build 1 of tally is kept by now, no longer live."]
        assert live(first) == 2


def test_a_reader_who_does_not_let_go_holds_a_switch_up_and_no_more(
    site: Site, log: Log, reading: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switching, "PATIENCE_S", 1)
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    rebuilding.prepare(site, [TALLY])
    with reading.transaction():
        rows_of(reading, "tally")
        with pytest.raises(Contended, match=r"reading or writing the rows of tally.*pg_stat_activity"):
            switch(site, TALLY)
    assert live(reading) == 1
    assert switch(site, TALLY)


def test_a_table_dropped_under_the_build_that_is_ready(site: Site, log: Log, reading: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    rebuilding.prepare(site, [TALLY])
    with connect(site.conninfo) as owner:
        owner.execute("drop table read_tally_2.tally")
    with pytest.raises(IntegrityFault, match=r"read_tally_2\.tally of projection tally is gone"):
        switch(site, TALLY)
    assert len(rows_of(reading, "tally")) == live(reading) == 1


def test_a_login_without_other_rights_does_all_of_it(
    database: str, login: str, log: Log, reading: Connection
) -> None:
    clerk = make_conninfo(database, user=login)
    with Log(clerk, CLOCK) as theirs:
        site = Site(conninfo=clerk, log=theirs, clock=CLOCK)
        grow(theirs, [uuid4()], [MORE])
        catch_up(clerk, theirs, TALLY)
        rebuilding.prepare(site, [TALLY])
        found = compare(site, TALLY, limit=1)
        assert found
        assert found.alike
        assert switch(site, TALLY)
        assert rollback(site, TALLY)
        assert rebuilding.rebuild(site, [TALLY])
        scratch = rebuilding.as_of(site, [TALLY], 1)
        assert scratch
        assert reading.execute("select count(*) from read_tally_4.tally").fetchone() == (1,)
        with alone(site, "discard", [TALLY]) as connection:
            making.discard(connection, scratch[0])


def test_the_writer_makes_and_drops_no_other_schema(database: str) -> None:
    with connect(database, "carnet_writer") as connection:
        for statement in (
            "create schema mine",
            "select read.create_schema('tally', 1)",
            "select read.drop_schema('tally', 1)",
            "drop schema read",
        ):
            with pytest.raises(
                Exception, match=r"permission denied|there is no build|must be owner|there is none"
            ):
                connection.execute(statement)
