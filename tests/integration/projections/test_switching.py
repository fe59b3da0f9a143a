"""Another build goes live, or the one before goes live again, while people read and followers follow."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from psycopg.conninfo import make_conninfo
from structlog.testing import capture_logs

from domain.kernel import Recorded
from infra.errors import AlreadyRunning, CarnetError, Contended, IntegrityFault, NotFound
from infra.log import Log
from infra.paging import Page, Share
from infra.postgres import Connection, connect
from projections import builds, exchanging, following, making, rebuilding, switching, workers
from projections.builds import Build
from projections.comparing import compare
from projections.kernel import Change, Projection, Rows, same_stream
from projections.switching import Site, alone, go_live, next_build, roll_back
from tests.integration.projections.scene import CLOCK, catch_up, digests, position, rebuilt, rows_of, until
from tests.integration.projections.tally import ENDED, MORE, TALLY, grow


def prepared(site: Site, projection: Projection) -> Build:
    made = rebuilding.prepare(site, [projection])
    assert made
    return made[0]


def switch(site: Site, *some: Projection) -> list[switching.Switched] | None:
    with alone(site, "switch", some) as connection:
        return go_live(connection, site, [next_build(connection, one) for one in some])


def rollback(site: Site, projection: Projection) -> switching.Switched:
    with alone(site, "rollback", [projection]) as connection:
        return roll_back(connection, site, projection)


def live(reading: Connection, projection: Projection = TALLY) -> int:
    build = builds.find(reading, projection, "live")
    assert build
    return build.number


@contextmanager
def followed(site: Site, *some: Projection) -> Iterator[None]:
    """While the block runs, a thread follows what readers see. It may not fail."""
    stop = threading.Event()
    faults: list[BaseException] = []

    def work() -> None:
        try:
            following.follow(site.conninfo, site.log, some, site.clock, stop)
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert not faults


class Overtaken:
    """A log at which the reader is kept so long, once, that two other builds have gone live meanwhile."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._waits = True

    def page(
        self, after: int, *, limit: int, size_max: int, until: int | None = None, share: Share | None = None
    ) -> Page:
        if self._waits:
            self._waits = False
            rebuilding.rebuild(self._site, [TALLY])
            rebuilding.rebuild(self._site, [TALLY])
        return self._site.log.page(after, limit=limit, size_max=size_max, until=until, share=share)


def test_a_follower_whose_build_was_dropped_under_it_goes_on_with_the_live_one(
    site: Site, log: Log, reading: Connection
) -> None:
    stream = uuid4()
    grow(log, [stream], [MORE])
    catch_up(site.conninfo, log, TALLY)
    grow(log, [stream], [MORE], after=1)
    following.catch_up(site.conninfo, Overtaken(site), [TALLY], CLOCK)
    assert live(reading) == 3
    assert rows_of(reading, "tally")[0][1] == 2
    assert position(reading, TALLY) == 2


def test_followers_go_on_with_the_new_build_by_themselves(site: Site, log: Log, reading: Connection) -> None:
    stream = uuid4()
    grow(log, [stream], [MORE])
    catch_up(site.conninfo, log, TALLY, ENDED)
    with followed(site, TALLY, ENDED):
        for version in range(1, 4):
            rebuilding.prepare(site, [TALLY])
            last = grow(log, [stream], [MORE], after=version)
            assert switch(site, TALLY)
            assert position(reading, TALLY) >= last
            last = grow(log, [uuid4()], [MORE])
            until(lambda last=last: position(reading, TALLY) == last)  # type: ignore[misc]
    assert live(reading) == 4
    assert digests(reading, TALLY) == rebuilt(site.conninfo, log, TALLY)


def test_so_do_the_workers_that_share_the_slots(site: Site, log: Log, reading: Connection) -> None:
    grow(log, [uuid4() for _ in range(20)], [MORE])
    catch_up(site.conninfo, log, TALLY)
    stop = threading.Event()
    work = partial(workers.follow, site.conninfo, [TALLY], CLOCK, stop, workers=2)
    thread = threading.Thread(target=work)
    thread.start()
    last = grow(log, [uuid4() for _ in range(20)], [MORE])
    until(lambda: position(reading, TALLY) == last)
    assert rebuilding.rebuild(site, [TALLY])
    last = grow(log, [uuid4() for _ in range(20)], [MORE])
    until(lambda: position(reading, TALLY) == last)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert live(reading) == 2
    assert digests(reading, TALLY) == rebuilt(site.conninfo, log, TALLY)


def test_a_follower_logs_where_it_starts_goes_on_with_another_build_and_stops(
    site: Site, log: Log, reading: Connection
) -> None:
    first = grow(log, [uuid4()], [MORE])
    catch_up(site.conninfo, log, TALLY)
    with capture_logs() as logged, followed(site, TALLY):
        until(lambda: len(logged) == 1)
        rebuilding.rebuild(site, [TALLY])
        until(lambda: len(logged) == 2)
        last = grow(log, [uuid4()], [MORE])
        until(lambda: position(reading, TALLY) == last)
    assert [(one["event"], one["slots"], one["position"], one.get("builds")) for one in logged] == [
        ("project.started", "all", first, ["build 1 of tally"]),
        ("project.switched", "all", first, ["build 2 of tally"]),
        ("project.stopped", "all", last, None),
    ]


def test_no_reader_ever_sees_time_go_back(site: Site, log: Log, reading: Connection) -> None:
    """Somebody counts again and again while events come in and builds change places."""
    catch_up(site.conninfo, log, TALLY)
    seen: list[int] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            row = reading.execute("select coalesce(sum(events), 0)::int from read.tally").fetchone()
            seen.append(row[0] if row else -1)

    watching = threading.Thread(target=watch)
    with followed(site, TALLY):
        watching.start()
        for _ in range(4):
            grow(log, [uuid4() for _ in range(20)], [MORE, MORE])
            assert rebuilding.rebuild(site, [TALLY])
        ended.set()
        watching.join(20)
    assert seen == sorted(seen)
    assert len(set(seen)) > 2


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


class TestRollback:
    def test_what_was_live_before_is_live_again_at_once(
        self, site: Site, log: Log, reading: Connection
    ) -> None:
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

    def test_it_can_be_taken_back(self, site: Site, log: Log, reading: Connection) -> None:
        grow(log, [uuid4()], [MORE])
        catch_up(site.conninfo, log, TALLY)
        rebuilding.rebuild(site, [TALLY])
        for number in (1, 2, 1):
            assert rollback(site, TALLY).live.number == live(reading) == number

    def test_followers_bring_it_up_to_date(self, site: Site, log: Log, reading: Connection) -> None:
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

    def test_a_table_dropped_under_the_kept_build(self, site: Site, log: Log, reading: Connection) -> None:
        catch_up(site.conninfo, log, TALLY)
        rebuilding.rebuild(site, [TALLY])
        with connect(site.conninfo) as owner:
            owner.execute("drop table read_tally_1.tally")
        with pytest.raises(IntegrityFault, match=r"read_tally_1\.tally of projection tally is gone"):
            rollback(site, TALLY)
        assert live(reading) == 2


@dataclass(frozen=True)
class Wider:
    """The rows of a tally as a later version has them."""

    table: ClassVar[str] = "tally"
    key: ClassVar[tuple[str, ...]] = ("stream_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    stream_id: UUID
    half: int
    events: int


def halved(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    before = rows.get(Wider, recorded.stream_id)
    events = (before.events if before else 0) + 1
    yield Wider(recorded.stream_id, events // 2, events)


WIDER = Projection(name="tally", version=2, rows=(Wider,), project=halved, hint=same_stream(Wider))


class TestVersions:
    def test_a_later_version_is_built_beside_the_one_that_is_followed(
        self, site: Site, log: Log, reading: Connection
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

    def test_a_follower_of_the_version_before_ends_and_says_why(self, site: Site, log: Log) -> None:
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

    def test_a_version_that_went_back_does_not_go_live(self, site: Site, log: Log) -> None:
        catch_up(site.conninfo, log, TALLY)
        rebuilding.prepare(site, [WIDER])
        with pytest.raises(IntegrityFault, match=r"tally are of v2; this version of Carnet is older"):
            switch(site, TALLY)

    def test_a_view_that_somebody_built_upon_ours_stays(
        self, site: Site, log: Log, reading: Connection
    ) -> None:
        grow(log, [uuid4()], [MORE])
        catch_up(site.conninfo, log, TALLY)
        with connect(site.conninfo) as owner:
            owner.execute("create view public.busy as select stream_id from read.tally where events > 1")
            rebuilding.rebuild(site, [TALLY])
            grow(log, [uuid4()], [MORE, MORE])
            catch_up(site.conninfo, log, TALLY)
            assert len(owner.execute("select from public.busy").fetchall()) == 1


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
