"""The build that is to go live is compared with the one that is, both at the same position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from domain.kernel import Recorded
from infra.errors import Contended, NotFound
from infra.log import Log
from projections import comparing, rebuilding
from projections.comparing import compare
from projections.diffing import Value
from projections.kernel import Change, Projection, Rows
from projections.switching import Site
from tests.integration.projections.scene import CLOCK, catch_up
from tests.integration.projections.tally import END, MORE, TALLY, WIDER, Nth, Tally, count, grow
from tests.integration.projections.verbs import followed


@pytest.fixture
def site(database: str, log: Log) -> Site:
    return Site(conninfo=database, log=log, clock=CLOCK)


def otherwise(odd: UUID, lost: UUID, new: UUID) -> Projection:
    """A tally that counts one stream double, leaves one out, and gives one of its rows a number of its own."""

    def project(recorded: Recorded, rows: Rows) -> Iterator[Change]:
        for change in count(recorded, rows):
            if recorded.stream_id == lost and isinstance(change, Tally):
                continue
            if recorded.stream_id == odd and isinstance(change, Tally):
                yield replace(change, events=change.events * 2, last="other")
            elif recorded.stream_id == new and isinstance(change, Nth):
                yield replace(change, version=99)
            else:
                yield change

    return replace(TALLY, version=2, project=project)


def test_a_build_of_the_same_code_is_alike(site: Site, log: Log) -> None:
    grow(log, [uuid4() for _ in range(20)], [MORE, END])
    catch_up(site.conninfo, log, TALLY)
    rebuilding.prepare(site, [TALLY])
    found = compare(site, TALLY, limit=10)
    assert found
    assert found.alike
    assert (found.old.number, found.new.number, found.position) == (1, 2, log.head().position)
    assert [(one.table, one.same, one.shown) for one in found.tables] == [
        ("tally", 20, ()),
        ("tally_nth", 0, ()),
    ]


def test_rows_that_differ_are_named_with_their_columns(site: Site, log: Log) -> None:
    odd, lost, new, same = sorted(uuid4() for _ in range(4))
    grow(log, [odd, lost, new, same], [MORE])
    catch_up(site.conninfo, log, TALLY)
    changed = otherwise(odd, lost, new)
    rebuilding.prepare(site, [changed])
    found = compare(site, changed, limit=10)
    assert found
    assert not found.alike
    tally, nth = found.tables
    assert (tally.same, tally.differing, tally.only_old, tally.only_new) == (2, 1, 1, 0)
    assert [(row.kind, row.key, row.columns) for row in tally.shown] == [
        (
            "differs",
            {"stream_id": str(odd)},
            {"events": Value(old="1", new="2"), "last": Value(old="ReservationLapsed", new="other")},
        ),
        ("only_old", {"stream_id": str(lost)}, {}),
    ]
    assert (nth.same, nth.differing, nth.only_old, nth.only_new) == (3, 0, 1, 1)
    assert [(row.kind, row.key["version"]) for row in nth.shown] == [("only_old", "1"), ("only_new", "99")]


def test_only_so_many_rows_are_shown_and_all_are_counted(site: Site, log: Log) -> None:
    streams = [uuid4() for _ in range(9)]
    grow(log, streams, [MORE])
    catch_up(site.conninfo, log, TALLY)
    changed = replace(TALLY, version=2, project=lambda recorded, rows: iter(()))
    rebuilding.prepare(site, [changed])
    found = compare(site, changed, limit=2)
    assert found
    assert [(one.only_old, len(one.shown)) for one in found.tables] == [(9, 2), (9, 2)]


def test_tables_and_columns_of_one_version_only_are_told(site: Site, log: Log) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    rebuilding.prepare(site, [WIDER])
    found = compare(site, WIDER, limit=1)
    assert found
    tally, nth = found.tables
    assert (tally.same, tally.columns_only_new, tally.columns_only_old[:2]) == (
        1,
        ("half",),
        ("last", "first_at"),
    )
    assert (nth.note, nth.only_old, nth.alike) == ("only in the old build", 1, False)


def test_both_are_brought_to_the_same_position_while_events_come_in(site: Site, log: Log) -> None:
    stream = uuid4()
    grow(log, [stream], [MORE])
    catch_up(site.conninfo, log, TALLY)
    with followed(site, TALLY):
        for version in range(1, 9, 2):
            rebuilding.prepare(site, [TALLY])
            grow(log, [stream], [MORE, MORE], after=version)
            found = compare(site, TALLY, limit=10)
            assert found
            assert found.alike


def test_a_build_that_has_come_further_is_not_compared(
    site: Site, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "LOOKS_MAX", 2)
    grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    grow(log, [uuid4()], [MORE])
    site.stop.set()
    rebuilding.rebuild(site, [TALLY])
    site.stop.clear()
    rebuilding.prepare(site, [TALLY])
    with pytest.raises(
        Contended,
        match=r"live build of tally stands at position 1, the new one at 2.*Start `carnet project tally`",
    ):
        compare(site, TALLY, limit=10)
    catch_up(site.conninfo, log, TALLY)
    found = compare(site, TALLY, limit=10)
    assert found
    assert found.alike


def test_there_must_be_two_builds_to_compare(site: Site, log: Log) -> None:
    with pytest.raises(NotFound, match="No build of tally is ready"):
        compare(site, TALLY, limit=10)
    rebuilding.prepare(site, [TALLY])
    with pytest.raises(NotFound, match="tally was never built"):
        compare(site, TALLY, limit=10)
