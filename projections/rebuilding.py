"""Builds read models from the first event, while readers and followers of the live ones go on untouched.

A build that was interrupted, at whatever point, is gone on with where it stands; one that this code cannot go on with,
or that lacks events on which the code failed, is dropped and begun anew. Nobody sees it before it is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from infra.errors import InputError, IntegrityFault
from infra.postgres import Connection
from projections import builds, checkpoints, making, parked_events
from projections.builds import Build
from projections.kernel import Projection
from projections.run import Runner
from projections.switching import Site, Switched, alone, go_live
from projections.workers import fill

Say = Callable[[str], None]
Progress = Callable[[int, int], None]
"""Told the position that has been reached, and the one that is wanted."""


def rebuild(
    site: Site,
    projections: Sequence[Projection],
    *,
    workers: int = 1,
    progress: Progress = lambda _position, _wanted: None,
    say: Say = lambda _: None,
) -> list[Switched] | None:
    """Build these projections again and let readers see that, all from one moment on.

    None if it was stopped before: readers see what they saw, and asking again goes on from there. Raises as `prepare`,
    and as `go_live`.
    """
    with alone(site, "rebuild", projections) as connection:
        begun = [_begin(connection, projection, site, say) for projection in projections]
        ready = _fill(connection, site, begun, site.log.head().position, workers, progress, say)
        return go_live(connection, site, ready) if ready else None


def prepare(
    site: Site,
    projections: Sequence[Projection],
    *,
    workers: int = 1,
    progress: Progress = lambda _position, _wanted: None,
    say: Say = lambda _: None,
) -> list[Build] | None:
    """Build these projections again, as far as all the live ones have come, and leave it at that: they are ready to
    be compared, and to go live. None if it was stopped before.

    Raises:
        AlreadyRunning: another process works on the builds of one of them.
        IntegrityFault: an event cannot be read, a projection failed, a table was dropped meanwhile.
        PostgresFault: the server cannot be reached or refuses.
    """
    with alone(site, "rebuild", projections) as connection:
        begun = [_begin(connection, projection, site, say) for projection in projections]
        return _fill(connection, site, begun, _seen(connection, site, projections), workers, progress, say)


def as_of(
    site: Site,
    projections: Sequence[Projection],
    position: int,
    *,
    keep: bool = False,
    workers: int = 1,
    progress: Progress = lambda _position, _wanted: None,
    say: Say = lambda _: None,
) -> list[Build] | None:
    """Build these projections as of a position, each in a schema of its own that nothing follows; None if it was
    stopped before. Unless asked to `keep` them, scratch builds of other positions are dropped.

    Raises as `prepare`, and InputError: the log does not go so far.
    """
    head = site.log.head().position
    if position > head:
        raise InputError(
            f"Position {position} does not exist yet: the log ends at {head}.", hint="Ask for an earlier one."
        )
    with alone(site, "as-of", projections) as connection:
        begun = [
            _scratch(connection, projection, position, site, say, keep=keep) for projection in projections
        ]
        return _fill(connection, site, begun, position, workers, progress, say)


def _begin(connection: Connection, projection: Projection, site: Site, say: Say) -> Build:
    """The build that was begun, if this code can go on with it, or a new one."""
    for build in builds.every(connection, projection, "building", "ready"):
        if _goes_on(connection, build, say):
            return build
    return making.make(connection, projection, site.clock.now())


def _scratch(
    connection: Connection, projection: Projection, position: int, site: Site, say: Say, *, keep: bool
) -> Build:
    found: Build | None = None
    for build in builds.every(connection, projection, "scratch"):
        if build.until == position:
            found = build if _goes_on(connection, build, say) else found
        elif not keep:
            say(f"The scratch build {build.schema}, as of position {build.until}, is dropped.")
            making.discard(connection, build)
    return found or making.make(connection, projection, site.clock.now(), state="scratch", until=position)


def _goes_on(connection: Connection, build: Build, say: Say) -> bool:
    """Whether this code can go on with a build; it is dropped otherwise."""
    try:
        builds.check_meaning(connection, build)
        builds.check_tables(connection, build)
    except IntegrityFault as fault:
        say(f"{build.name.capitalize()} is dropped and begun anew. {fault.message}")
        making.discard(connection, build)
        return False
    if waiting := parked_events.count_of(connection, build):
        # The code may be mended by now. What is only tried again later need not give the rows of the right order.
        say(f"{build.name.capitalize()} lacks {waiting:,} events on which it failed: it is begun anew.")
        making.discard(connection, build)
        return False
    at = checkpoints.reached(connection, build)
    say(f"{build.name.capitalize()} stands already; it goes on from position {at:,}.")
    return True


def _seen(connection: Connection, site: Site, projections: Sequence[Projection]) -> int:
    """How far the live builds have come: a build that is no further can be compared with its live one at once."""
    live = [build for one in projections if (build := builds.find(connection, one, "live"))]
    at = [checkpoints.reached(connection, build) for build in live]
    return min(at) if at else site.log.head().position


def _fill(
    connection: Connection,
    site: Site,
    begun: Sequence[Build],
    until: int,
    workers: int,
    progress: Progress,
    say: Say,
) -> list[Build] | None:
    """Bring builds to a position and make their indexes. What they could not take is told."""
    stands = min(checkpoints.reached(connection, build) for build in begun)
    if stands < until:
        progress(stands, until)
        tell = partial(_tell, progress, until)
        if workers > 1:
            fill(
                site.conninfo,
                begun,
                site.clock,
                workers=workers,
                until=until,
                stop=site.stop,
                tell=tell,
                log_level=site.log_level,
            )
        else:
            with Runner(site.conninfo, site.log, begun, site.clock) as runner:
                runner.catch_up(site.stop, tell, until=until)
    if site.stop.is_set():
        return None
    for build in begun:
        if waiting := parked_events.count_of(connection, build):
            say(f"{build.name.capitalize()} lacks {waiting:,} events, which wait: see `carnet parked list`.")
    return [
        build if build.state == "ready" else making.finish(connection, build, site.clock.now())
        for build in begun
    ]


def _tell(progress: Progress, until: int, position: int) -> None:
    progress(position, until)
