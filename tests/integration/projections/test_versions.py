"""A projection gets another meaning: its next build is of another version than the one that is read."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest

from infra.errors import CarnetError, IntegrityFault
from infra.log import Log
from infra.postgres import Connection, connect
from projections import following, rebuilding
from projections.inventory import inventory
from projections.switching import Site
from tests.integration.projections.scene import CLOCK, catch_up, rows_of
from tests.integration.projections.tally import ENDED, MORE, TALLY, WIDER, grow
from tests.integration.projections.verbs import followed, rollback, switch


def test_a_later_version_is_built_beside_the_one_that_is_followed(
    site: Site, log: Log, reading: Connection
) -> None:
    stream = uuid4()
    grow(log, [stream], [MORE, MORE])
    with followed(site, ENDED):
        catch_up(site.conninfo, log, TALLY)
        rebuilding.prepare(site, [WIDER])
        grow(log, [stream], [MORE], after=2)
        assert catch_up(site.conninfo, log, TALLY) == 1
        assert reading.execute("select events, size from read.tally").fetchall() == [(3, "small")]
        assert switch(site, WIDER)
    assert reading.execute("select * from read.tally").fetchall() == [(stream, 1, 3)]
    row = reading.execute("select to_regclass('read.tally_nth')").fetchone()
    assert row == (None,), "no table of the build before is left to read"
    assert rollback(site, WIDER).live.number == 1
    assert reading.execute("select events, size from read.tally").fetchall() == [(3, "small")]
    assert len(rows_of(reading, "tally_nth")) == 3


def test_a_follower_of_the_version_before_ends_and_says_why(site: Site, log: Log) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    faults: list[CarnetError] = []
    stop = threading.Event()

    def work() -> None:
        try:
            following.follow(site.conninfo, log, [TALLY], CLOCK, stop)
        except CarnetError as fault:
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    rebuilding.rebuild(site, [WIDER])
    thread.join(20)
    stop.set()
    thread.join(20)
    assert [fault.exit_code for fault in faults] == [8]
    assert "are of v2; this version of Carnet is older and writes v1" in faults[0].message


def test_a_version_that_went_back_does_not_go_live(site: Site, log: Log) -> None:
    catch_up(site.conninfo, log, TALLY)
    rebuilding.prepare(site, [WIDER])
    with pytest.raises(IntegrityFault, match=r"tally are of v2; this version of Carnet is older"):
        switch(site, TALLY)


def test_a_new_projection_does_not_go_live_beside_one_that_may_not_go_on(
    site: Site, log: Log, reading: Connection
) -> None:
    catch_up(site.conninfo, log, WIDER)
    with pytest.raises(IntegrityFault, match=r"tally are of v2; this version of Carnet is older"):
        catch_up(site.conninfo, log, ENDED, TALLY)
    assert inventory(reading, [ENDED]) == []


def test_a_view_that_somebody_built_upon_ours_stays(site: Site, log: Log, reading: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    with connect(site.conninfo) as owner:
        owner.execute("create view public.busy as select stream_id from read.tally where events > 1")
        rebuilding.rebuild(site, [TALLY])
        grow(log, [uuid4()], [MORE, MORE])
        catch_up(site.conninfo, log, TALLY)
        assert len(owner.execute("select from public.busy").fetchall()) == 1
