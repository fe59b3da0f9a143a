"""The build before goes live again."""

from __future__ import annotations

from uuid import uuid4

import pytest

from infra.errors import IntegrityFault
from infra.log import Log
from infra.postgres import Connection, connect
from projections import rebuilding
from projections.switching import Site
from tests.integration.projections.scene import catch_up, digests, position, rebuilt, rows_of, until
from tests.integration.projections.tally import MORE, TALLY, grow
from tests.integration.projections.verbs import followed, live, rollback


def test_what_was_live_before_is_live_again_at_once(site: Site, log: Log, reading: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    assert rebuilding.rebuild(site, [TALLY])
    last = grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    switched = rollback(site, TALLY)
    assert (switched.live.number, switched.position) == (1, last - 1)
    assert switched.kept
    assert switched.kept.number == 2
    assert len(rows_of(reading, "tally")) == 1
    catch_up(site.conninfo, log, TALLY)
    assert digests(reading, TALLY) == rebuilt(site.conninfo, log, TALLY)


def test_it_can_be_taken_back(site: Site, log: Log, reading: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    rebuilding.rebuild(site, [TALLY])
    for number in (1, 2, 1):
        assert rollback(site, TALLY).live.number == live(reading) == number


def test_followers_bring_it_up_to_date(site: Site, log: Log, reading: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    with followed(site, TALLY):
        rebuilding.rebuild(site, [TALLY])
        last = grow(log, [uuid4()], [MORE])
        until(lambda: position(reading, TALLY) == last)
        rollback(site, TALLY)
        until(lambda: position(reading, TALLY) == last)
    assert live(reading) == 1
    assert len(rows_of(reading, "tally")) == 2


def test_a_table_dropped_under_the_kept_build(site: Site, log: Log, reading: Connection) -> None:
    catch_up(site.conninfo, log, TALLY)
    rebuilding.rebuild(site, [TALLY])
    with connect(site.conninfo) as owner:
        owner.execute("drop table read_tally_1.tally")
    with pytest.raises(IntegrityFault, match=r"read_tally_1\.tally of projection tally is gone"):
        rollback(site, TALLY)
    assert live(reading) == 2
