"""A build on whose events the code failed is not shown to readers who lack nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest

from infra.errors import IntegrityFault
from infra.log import Log
from infra.postgres import Connection
from projections import rebuilding
from projections.switching import Site
from tests.integration.projections.failing import drop, events_of, ill, retry, waiting
from tests.integration.projections.scene import catch_up
from tests.integration.projections.tally import ALSO, MORE, TALLY, grow
from tests.integration.projections.verbs import live, prepared, rollback, switch


def test_a_rebuild_that_lacks_events_waits_and_readers_keep_what_they_have(
    site: Site, log: Log, owner: Connection
) -> None:
    stream = uuid4()
    grow(log, [stream], [MORE, ALSO])
    catch_up(site.conninfo, log, TALLY)
    sick, cause = ill("WithdrawalAccepted")
    with pytest.raises(
        IntegrityFault,
        match=r"Build 2 of tally lacks 1 of the events.* build 1, which is live, lacks none.*"
        r"`carnet parked list`.*`carnet project rebuild tally`.*`carnet project switch tally --lacking`",
    ):
        rebuilding.rebuild(site, [sick])
    assert (live(owner), events_of(owner)) == (1, {stream: 2})
    with pytest.raises(IntegrityFault, match="Build 2 of tally lacks 1"):
        switch(site, sick)

    cause.names.clear()
    mended = rebuilding.rebuild(site, [sick])
    assert mended
    assert (mended[0].live.number, mended[0].lacking) == (3, 0)
    assert (live(owner), events_of(owner)) == (3, {stream: 2})


def test_who_says_so_lets_readers_see_it_all_the_same(site: Site, log: Log, owner: Connection) -> None:
    grow(log, [uuid4()], [MORE, ALSO])
    catch_up(site.conninfo, log, TALLY)
    sick, _ = ill("WithdrawalAccepted")
    prepared(site, sick)
    switched = switch(site, sick, lacking=True)
    assert switched
    assert [(one.live.number, one.lacking) for one in switched] == [(2, 1)]
    assert rollback(site, TALLY).lacking == 0
    assert rollback(site, TALLY).lacking == 1


def test_a_build_goes_live_that_lacks_no_more_than_the_live_one(
    site: Site, log: Log, owner: Connection
) -> None:
    grow(log, [uuid4()], [MORE, ALSO])
    sick, _ = ill("WithdrawalAccepted")
    catch_up(site.conninfo, log, sick)
    assert rebuilding.rebuild(site, [sick])
    assert live(owner) == 2

    worse, _ = ill("WithdrawalAccepted", "ReservationLapsed")
    with pytest.raises(IntegrityFault, match=r"lacks 2 of the events.* build 2, which is live, lacks 1\."):
        rebuilding.rebuild(site, [worse])
    assert live(owner) == 2


def test_where_nothing_was_live_a_build_that_lacks_events_is_no_loss(site: Site, log: Log) -> None:
    grow(log, [uuid4()], [MORE, ALSO])
    sick, _ = ill("WithdrawalAccepted")
    switched = rebuilding.rebuild(site, [sick])
    assert switched
    assert (switched[0].live.number, switched[0].lacking) == (1, 1)


def test_an_event_that_is_taken_after_all_no_longer_holds_it_back(
    site: Site, log: Log, owner: Connection
) -> None:
    stream = uuid4()
    grow(log, [stream], [MORE, ALSO])
    catch_up(site.conninfo, log, TALLY)
    sick, cause = ill("WithdrawalAccepted")
    prepared(site, sick)
    cause.names.clear()
    retry(owner, 2)
    assert switch(site, sick)
    assert (live(owner), waiting(owner), events_of(owner)) == (2, [], {stream: 2})


def test_neither_does_one_that_a_person_drops(site: Site, log: Log, owner: Connection) -> None:
    stream = uuid4()
    grow(log, [stream], [MORE, ALSO])
    catch_up(site.conninfo, log, TALLY)
    sick, _ = ill("WithdrawalAccepted")
    prepared(site, sick)
    drop(owner, 2, "it never happened")
    assert switch(site, sick)
    assert (live(owner), events_of(owner)) == (2, {stream: 1})
