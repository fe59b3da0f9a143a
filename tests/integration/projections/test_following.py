"""Who follows what readers see goes on with whatever build is live."""

from __future__ import annotations

import threading
from functools import partial
from uuid import uuid4

from structlog.testing import capture_logs

from infra.log import Log
from infra.paging import WHOLE_LOG, Page, Share
from infra.postgres import Connection
from projections import following, rebuilding, workers
from projections.switching import Site
from tests.integration.projections.scene import CLOCK, catch_up, digests, position, rebuilt, rows_of, until
from tests.integration.projections.tally import ENDED, MORE, TALLY, grow
from tests.integration.projections.verbs import followed, live, switch


class Overtaken:
    """A log at which the reader is kept so long, once, that two other builds have gone live meanwhile."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._waits = True

    def page(
        self, after: int, *, limit: int, size_max: int, until: int | None = None, share: Share = WHOLE_LOG
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
