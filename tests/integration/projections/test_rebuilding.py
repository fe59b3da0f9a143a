"""A read model is built again while everybody goes on with the one there is."""

from __future__ import annotations

import threading
from dataclasses import replace
from uuid import uuid4

import pytest

from infra.errors import AlreadyRunning, InputError, IntegrityFault
from infra.log import Log
from infra.postgres import Connection, connect
from projections import builds, making, rebuilding, run
from projections.digest import digest_of
from projections.inventory import Standing, inventory
from projections.kernel import Projection
from projections.switching import Site, alone
from tests.integration.projections.scene import catch_up, digests, rebuilt, rows_of
from tests.integration.projections.tally import ALSO, END, ENDED, MORE, TALLY, grow


def of(connection: Connection, *projections: Projection) -> list[tuple[int, str]]:
    return [(one.build, one.state) for one in inventory(connection, projections)]


def by_state(connection: Connection, state: str, projection: Projection = TALLY) -> Standing:
    (found,) = [one for one in inventory(connection, [projection]) if one.state == state]
    return found


def test_a_rebuild_goes_live_and_keeps_the_build_before(
    database: str, log: Log, site: Site, reading: Connection
) -> None:
    last = grow(log, [uuid4() for _ in range(10)], [MORE, END])
    catch_up(database, log, TALLY, ENDED)
    live = digests(reading, TALLY, ENDED)
    switched = rebuilding.rebuild(site, [TALLY, ENDED])
    assert switched
    assert [(one.live.number, one.kept and one.kept.number, one.position) for one in switched] == [
        (2, 1, last),
        (2, 1, last),
    ]
    assert digests(reading, TALLY, ENDED) == live
    assert of(reading, TALLY, ENDED) == [(1, "kept"), (2, "live")] * 2


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_gives_the_same_bytes(
    database: str, log: Log, site: Site, reading: Connection, workers: int
) -> None:
    grow(log, [uuid4() for _ in range(50)], [MORE, ALSO, MORE])
    grow(log, [uuid4() for _ in range(50)], [MORE, END])
    catch_up(database, log, TALLY, ENDED)
    live = digests(reading, TALLY, ENDED)
    assert rebuilding.rebuild(site, [TALLY, ENDED], workers=workers)
    assert digests(reading, TALLY, ENDED) == live


def test_a_third_build_drops_the_first(site: Site, log: Log, reading: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    for _ in range(3):
        switched = rebuilding.rebuild(site, [TALLY])
    assert switched
    assert switched[0].dropped
    assert switched[0].dropped.number == 1
    assert of(reading, TALLY) == [(2, "kept"), (3, "live")]
    row = reading.execute(
        "select to_regnamespace('read_tally_1'), to_regnamespace('read_tally_2')"
    ).fetchone()
    assert row == (None, "read_tally_2")


def test_readers_see_the_old_rows_until_the_new_ones_are_whole(
    database: str, log: Log, site: Site, reading: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "READ_EVENTS", 2)
    monkeypatch.setattr(run, "WRITE_ROWS", 1)
    grow(log, [uuid4() for _ in range(5)], [MORE])
    catch_up(database, log, TALLY)
    grow(log, [uuid4() for _ in range(5)], [MORE])
    seen: list[int] = []
    rebuilding.rebuild(site, [TALLY], progress=lambda *_: seen.append(len(rows_of(reading, "tally"))))
    assert len(seen) > 3
    assert set(seen) == {5}
    assert len(rows_of(reading, "tally")) == 10


def test_a_rebuild_that_is_stopped_goes_on_where_it_stands(
    database: str, log: Log, site: Site, reading: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "READ_EVENTS", 3)
    monkeypatch.setattr(run, "WRITE_ROWS", 1)
    grow(log, [uuid4() for _ in range(10)], [MORE, ALSO])
    catch_up(database, log, TALLY)
    live = digests(reading, TALLY)

    told: list[int] = []

    def stop_soon(position: int, _wanted: int) -> None:
        told.append(position)
        if position > 5:
            site.stop.set()

    assert rebuilding.rebuild(site, [TALLY], progress=stop_soon) is None
    assert of(reading, TALLY) == [(1, "live"), (2, "building")]
    assert digests(reading, TALLY) == live
    stood = by_state(reading, "building").position
    assert 5 < stood < 20

    site.stop.clear()
    told.clear()
    said: list[str] = []
    assert rebuilding.rebuild(site, [TALLY], progress=lambda at, _: told.append(at), say=said.append)
    assert told[0] == stood
    assert said == [f"Build 2 of tally stands already; it goes on from position {stood}."]
    assert digests(reading, TALLY) == live == rebuilt(database, log, TALLY)


def test_a_build_that_was_begun_by_another_version_is_begun_anew(
    database: str, log: Log, site: Site, reading: Connection
) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    newer = replace(TALLY, version=2)
    rebuilding.prepare(site, [newer])
    said: list[str] = []
    rebuilding.prepare(site, [TALLY], say=said.append)
    assert len(said) == 1
    assert "Build 2 of tally is dropped and begun anew" in said[0]
    assert "older and writes v1" in said[0]
    assert of(reading, TALLY) == [(1, "live"), (3, "ready")]


def test_a_table_dropped_under_a_build_is_named_and_the_next_rebuild_begins_anew(
    database: str, log: Log, site: Site, reading: Connection
) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    live = digests(reading, TALLY)
    rebuilding.prepare(site, [TALLY])

    def drop(position: int, wanted: int) -> None:
        with connect(database) as owner:
            owner.execute("drop table read_tally_2.tally_nth")

    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    with pytest.raises(IntegrityFault, match=r"read_tally_2\.tally_nth.*carnet project rebuild"):
        rebuilding.rebuild(site, [TALLY], progress=drop)
    said: list[str] = []
    assert of(reading, TALLY) == [(1, "live"), (2, "ready")]
    assert rebuilding.rebuild(site, [TALLY], say=said.append)
    assert "read_tally_2.tally_nth of projection tally is gone" in said[0]
    assert of(reading, TALLY) == [(1, "kept"), (3, "live")]
    assert len(rows_of(reading, "tally")) == 2
    assert digests(reading, TALLY) != live


def test_of_two_rebuilds_at_once_the_second_is_told_of_the_first(site: Site, log: Log) -> None:
    grow(log, [uuid4()], [MORE])
    begun, go_on = threading.Event(), threading.Event()

    def wait(position: int, wanted: int) -> None:
        begun.set()
        assert go_on.wait(20)

    first = threading.Thread(target=rebuilding.rebuild, args=[site, [TALLY]], kwargs={"progress": wait})
    first.start()
    assert begun.wait(20)
    try:
        with pytest.raises(
            AlreadyRunning,
            match=r"Work on the builds of tally runs already: carnet project rebuild, process \d+",
        ):
            rebuilding.rebuild(site, [ENDED, TALLY])
    finally:
        go_on.set()
        first.join(20)


def test_a_rebuild_mends_a_live_build_whose_table_is_gone(
    database: str, log: Log, site: Site, reading: Connection
) -> None:
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, TALLY)
    with connect(database) as owner:
        owner.execute("drop table read_tally_1.tally_nth cascade")
    with pytest.raises(IntegrityFault, match=r"read_tally_1\.tally_nth of projection tally is gone"):
        catch_up(database, log, TALLY)
    rebuilding.rebuild(site, [TALLY])
    assert len(rows_of(reading, "tally_nth")) == 1


def test_a_first_build_can_be_a_rebuild(site: Site, log: Log, reading: Connection) -> None:
    assert rebuilding.rebuild(site, [TALLY])
    assert of(reading, TALLY) == [(1, "live")]
    assert rows_of(reading, "tally") == []


def test_a_full_disk_leaves_the_live_build_untouched(
    database: str, log: Log, site: Site, reading: Connection
) -> None:
    grow(log, [uuid4() for _ in range(5)], [MORE])
    catch_up(database, log, TALLY)
    live = digests(reading, TALLY)
    with connect(database) as owner:
        owner.execute(
            """create function public.full() returns trigger language plpgsql as
            $$begin raise exception 'No space left on device' using errcode = 'disk_full'; end$$"""
        )
        rebuilding.prepare(site, [TALLY])
        owner.execute(
            "create trigger disk before insert on read_tally_2.tally execute function public.full()"
        )
        grow(log, [uuid4()], [MORE])
        with pytest.raises(Exception, match="no space left to write") as fault:
            rebuilding.rebuild(site, [TALLY])
        assert getattr(fault.value, "exit_code", 0) == 6
        assert digests(reading, TALLY) == live
        owner.execute("drop trigger disk on read_tally_2.tally")
    assert rebuilding.rebuild(site, [TALLY])
    assert len(rows_of(reading, "tally")) == 6


class TestAsOf:
    def test_a_read_model_as_of_a_position_is_what_readers_saw_then(
        self, database: str, log: Log, site: Site, reading: Connection
    ) -> None:
        streams = [uuid4() for _ in range(5)]
        then = grow(log, streams, [MORE, ALSO])
        catch_up(database, log, TALLY)
        was = digests(reading, TALLY)
        grow(log, streams, [END], after=2)
        catch_up(database, log, TALLY)
        now = digests(reading, TALLY)

        made = rebuilding.as_of(site, [TALLY], then)
        assert made
        assert [digest_of(reading, build) for build in made] == was
        assert digests(reading, TALLY) == now
        assert by_state(reading, "scratch").position == then
        again = rebuilding.as_of(site, [TALLY], then)
        assert again == made

    def test_scratch_builds_do_not_pile_up(self, site: Site, log: Log, reading: Connection) -> None:
        grow(log, [uuid4()], [MORE, MORE, MORE])
        said: list[str] = []
        rebuilding.as_of(site, [TALLY], 1)
        rebuilding.as_of(site, [TALLY], 2, say=said.append)
        assert said == ["The scratch build read_tally_1, as of position 1, is dropped."]
        rebuilding.as_of(site, [TALLY], 3, keep=True)
        assert of(reading, TALLY) == [(2, "scratch"), (3, "scratch")]

    def test_a_position_that_does_not_exist_yet_is_refused(self, site: Site, log: Log) -> None:
        last = grow(log, [uuid4()], [MORE])
        with pytest.raises(
            InputError, match=f"Position {last + 1} does not exist yet: the log ends at {last}"
        ):
            rebuilding.as_of(site, [TALLY], last + 1)

    def test_one_that_was_stopped_goes_on(
        self, site: Site, log: Log, reading: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(run, "READ_EVENTS", 1)
        monkeypatch.setattr(run, "WRITE_ROWS", 1)
        grow(log, [uuid4()], [MORE, MORE, MORE])
        assert rebuilding.as_of(site, [TALLY], 3, progress=lambda at, _: site.stop.set()) is None
        site.stop.clear()
        made = rebuilding.as_of(site, [TALLY], 3)
        assert made
        assert reading.execute("select events from read_tally_1.tally").fetchall() == [(3,)]


def test_a_build_can_be_dropped_unless_it_is_live(site: Site, log: Log, reading: Connection) -> None:
    rebuilding.rebuild(site, [TALLY])
    rebuilding.prepare(site, [TALLY])
    with alone(site, "discard", [TALLY]) as connection:
        ready = builds.find(connection, TALLY, "ready")
        assert ready
        making.discard(connection, ready)
    assert of(reading, TALLY) == [(1, "live")]
