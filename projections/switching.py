"""Which build readers see, changed while everybody goes on reading and following."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from psycopg.errors import DeadlockDetected, LockNotAvailable

from infra.clock import Clock
from infra.errors import Contended, IntegrityFault, NotFound
from infra.log import Log
from infra.only_one import hold, introduce
from infra.postgres import Connection, connect, faults
from projections import builds, checkpoints, exchanging, parked_events
from projections.builds import Build
from projections.kernel import Projection
from projections.run import Runner

PATIENCE_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What readers see now, up to which position, how many events up to there it could not take, and what became of
    the others."""

    live: Build
    position: int
    lacking: int
    kept: Build | None
    dropped: Build | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where builds are worked on. Once `stop` is set, work ends at the next point from which it can go on later.
    Worker processes log from `log_level` on."""

    conninfo: str
    log: Log
    clock: Clock
    stop: threading.Event = field(default_factory=threading.Event)
    log_level: str = "info"


@contextmanager
def alone(site: Site, verb: str, projections: Sequence[Projection]) -> Iterator[Connection]:
    """A connection for work on the builds of these projections, which only one process has at a time.

    Raises:
        AlreadyRunning: another process has it; the sentence names it.
        Contended: readers or followers did not let go of what the work needs, for ten seconds.
        PostgresFault: the server cannot be reached or refuses.
    """
    connection = connect(site.conninfo, "carnet_writer")
    try:
        with faults():
            introduce(connection, f"carnet project {verb}")
            hold(connection, *sorted(f"Work on the builds of {one.name}" for one in projections))
            connection.execute(f"set lock_timeout to '{PATIENCE_S}s'")
            with _patient(projections):
                yield connection
    finally:
        connection.close()


def next_build(connection: Connection, projection: Projection) -> Build:
    """The build that is ready to go live.

    Raises:
        NotFound: there is none, or it is not whole yet.
        IntegrityFault: this code cannot go on with it, or a table is gone.
    """
    build = builds.find(connection, projection, "building", "ready")
    if build is None or build.state == "building":
        raise NotFound(
            f"{build.name.capitalize()} is not whole yet."
            if build
            else f"No build of {projection.name} is ready to go live.",
            hint=f"Run `carnet project rebuild {projection.name} --no-switch`.",
        )
    builds.check_meaning(connection, build)
    builds.check_tables(connection, build)
    return build


def next_builds(connection: Connection, projections: Sequence[Projection]) -> list[Build]:
    """Those of these projections that are ready to go live. Raises as `next_build`, NotFound only if there is none."""
    some = [one for one in projections if builds.find(connection, one, "ready")]
    if not some:
        raise NotFound(
            "No build is ready to go live.",
            hint="`carnet project rebuild --no-switch` makes builds that are.",
        )
    return [next_build(connection, one) for one in some]


def go_live(
    connection: Connection, site: Site, ready: Sequence[Build], *, lacking: bool = False
) -> list[Switched] | None:
    """Let readers see these builds, all from one moment on; None if it was stopped before, then nothing changed.

    They are brought to the end of the log first, so that nobody sees time go back. Followers of the live ones wait for
    the last of that, and go on with the new ones.

    Raises:
        IntegrityFault: one lacks more events than the live one, and nobody said that it may be `lacking` some.
    """
    catch_up(connection, site, ready)
    with connection.transaction():
        for build in ready:
            builds.hold_live(connection, build.projection)
        catch_up(connection, site, ready)
        if site.stop.is_set():
            return None
        if not lacking:
            for build in ready:
                _check_lacks_no_more(connection, build)
        return [_switched(connection, build, site.clock) for build in ready]


def roll_back(connection: Connection, site: Site, projection: Projection) -> Switched:
    """Let readers see the kept build again, as far as it has come. Raises NotFound if none is kept."""
    kept = builds.find(connection, projection, "kept")
    if kept is None:
        raise NotFound(
            f"No build of {projection.name} is kept.",
            hint="A switch keeps the build that was live before.",
        )
    with connection.transaction():
        before = builds.find(connection, projection, "live")
        live = exchanging.rollback(connection, kept, site.clock.now())
        return _told(connection, live, kept=before, dropped=None)


def catch_up(connection: Connection, site: Site, some: Sequence[Build]) -> None:
    """Bring builds to the end of the log. Nothing is opened for that if they are there and no event waits."""
    head = site.log.head().position
    if all(
        checkpoints.reached(connection, build) == head and not parked_events.count_of(connection, build)
        for build in some
    ):
        return
    with Runner(site.conninfo, site.log, some, site.clock) as runner:
        runner.catch_up(site.stop)


def _switched(connection: Connection, build: Build, clock: Clock) -> Switched:
    kept = builds.find(connection, build.projection, "live")
    dropped = builds.find(connection, build.projection, "kept")
    live = exchanging.switch(connection, build, clock.now())
    return _told(connection, live, kept=kept, dropped=dropped)


def _told(connection: Connection, live: Build, *, kept: Build | None, dropped: Build | None) -> Switched:
    return Switched(
        live=live,
        position=checkpoints.reached(connection, live),
        lacking=parked_events.count_of(connection, live),
        kept=kept,
        dropped=dropped,
    )


def _check_lacks_no_more(connection: Connection, build: Build) -> None:
    """Before the first build readers see nothing, so one that lacks events is no loss to them."""
    live = builds.find(connection, build.projection, "live")
    if live is None:
        return
    lacking, lacking_now = (parked_events.count_of(connection, one) for one in (build, live))
    if lacking > lacking_now:
        name = build.projection.name
        raise IntegrityFault(
            f"{build.name.capitalize()} lacks {lacking:,} of the events, on which its code failed; build "
            f"{live.number}, which is live, lacks {lacking_now or 'none'}. Readers go on with that one.",
            hint=f"`carnet parked list` tells which and why. Mend the code and run `carnet project rebuild {name}`; "
            f"or let readers see the build as it is: `carnet project switch {name} --lacking`.",
        )


@contextmanager
def _patient(projections: Sequence[Projection]) -> Iterator[None]:
    try:
        yield
    except (LockNotAvailable, DeadlockDetected) as error:
        names = ", ".join(projection.name for projection in projections)
        raise Contended(
            f"Somebody has been reading or writing the rows of {names} in one transaction for {PATIENCE_S} s.",
            hint="Nothing was changed. Ask again when that has ended; `pg_stat_activity` names who.",
        ) from error
