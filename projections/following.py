"""Keeps what readers see up to date, whichever build that is."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from infra.clock import Clock
from infra.errors import Contended, IntegrityFault
from infra.migrate import check_version
from infra.paging import Reader
from infra.postgres import connect, faults
from projections.builds import Build, is_unchanged, live_to_write
from projections.kernel import Projection
from projections.making import go_live_first
from projections.run import Runner
from projections.slots import ALL, SLOTS
from projections.view import Changed

logger = structlog.get_logger()


def live_builds(conninfo: str, projections: Sequence[Projection], clock: Clock) -> list[Build]:
    """The build of each projection that readers see; the first one is made if there is none.

    Raises:
        IntegrityFault: the rows of one have another meaning or shape, a table is gone, or the database is of another
            schema version.
        PostgresFault: the server cannot be reached or refuses.
    """
    with connect(conninfo, "carnet_writer") as connection, faults():
        check_version(connection)
        found = [live_to_write(connection, projection) for projection in projections]
        return [
            build or go_live_first(connection, projection, clock.now())
            for build, projection in zip(found, projections, strict=True)
        ]


def catch_up(
    conninfo: str,
    log: Reader,
    projections: Sequence[Projection],
    clock: Clock,
    stop: threading.Event | None = None,
    *,
    slots: Sequence[int] = ALL,
) -> int:
    """Take every event there is; returns how many positions that were. Raises as `Runner`."""
    stop = stop or threading.Event()
    while not stop.is_set():
        builds = live_builds(conninfo, projections, clock)
        with (
            _gone_on_from(conninfo, builds),
            Runner(conninfo, log, builds, clock, slots=slots) as runner,
        ):
            return runner.catch_up(stop)
    return 0


def follow(
    conninfo: str,
    log: Reader,
    projections: Sequence[Projection],
    clock: Clock,
    stop: threading.Event,
    *,
    slots: Sequence[int] = ALL,
) -> None:
    """Stay up to date until `stop` is set. When another build goes live it goes on with that. Raises as `Runner`."""
    told = logger.bind(slots="all" if len(slots) == SLOTS else list(slots))
    happened = "project.started"
    while not stop.is_set():
        builds = live_builds(conninfo, projections, clock)
        with (
            _gone_on_from(conninfo, builds),
            Runner(conninfo, log, builds, clock, slots=slots) as runner,
        ):
            told.info(happened, position=runner.position, builds=[build.name for build in builds])
            happened = "project.switched"
            runner.follow(stop)
            told.info("project.stopped", position=runner.position)


@contextmanager
def _gone_on_from(conninfo: str, builds: Sequence[Build]) -> Iterator[None]:
    """Ends quietly when one of these builds is no longer live: then there are others to go on with."""
    try:
        yield
    except Changed:
        return
    except (Contended, IntegrityFault):
        # Two switches on, a build is dropped with its tables, which says so wherever the work just was.
        with connect(conninfo, "carnet_reader") as connection, faults():
            if all(is_unchanged(connection, build) for build in builds):
                raise
