"""`carnet project rebuild`, `switch`, `rollback`, `as-of`, `discard`: builds of read models, and which is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

from cyclopts import Parameter

from app import progress, reaching
from app.choosing import Names, Workers, chosen, counted
from app.output import AsJson, err_line, out, print_json
from app.replaying import position_of
from app.stopping import stop_signals
from app.wiring import clock_of, configured
from infra.errors import InputError, IntegrityFault, NotFound
from infra.log import Log
from infra.postgres import Connection
from projections import builds, making, rebuilding, switching
from projections.builds import Build
from projections.deadlines import DEADLINES
from projections.switching import Site, Switched

Name = Annotated[str, Parameter(name="NAME", help="The name of a projection.")]
When = Annotated[
    str, Parameter(name="POSITION", help="A position of the log, or a time: only what was recorded by then.")
]
Switch = Annotated[bool, Parameter(help="Whether readers see the new rows as soon as they are whole.")]
Lacking = Annotated[
    bool, Parameter(negative="", help="Even if they lack more events than the builds that are live.")
]
Keep = Annotated[bool, Parameter(negative="", help="Keep the scratch builds of other positions.")]
STOPPED = "Stopped. Readers see what they saw; ask again, and it goes on from where it stands."


def rebuild(*names: Names, workers: Workers = 1, switch: Switch = True) -> None:
    """Build read models again from the first event. Readers see the old rows until the new ones are whole.

    Interrupted at any point, it goes on from there when it is asked again. With --no-switch it goes as far as the live
    build has come, no further, so that `diff` can compare them; `switch` takes the rest of the log. The new rows wait
    for that, and so do rows that lack more events than the old ones, and then it ends with code 8.
    """
    some, workers = chosen(names), counted(workers)
    with opened() as site, progress.shown("Rebuilding") as at:
        if switch:
            switched = rebuilding.rebuild(site, some, workers=workers, progress=at, say=err_line)
            stopped = switched is None
            _tell(switched or ())
        else:
            ready = rebuilding.prepare(site, some, workers=workers, progress=at, say=err_line)
            stopped = ready is None
            for build in ready or ():
                out.print(
                    f"{build.name.capitalize()} is ready: `diff` compares it, `switch` lets it go live."
                )
    if stopped:
        out.print(STOPPED)


def switch(*names: Names, lacking: Lacking = False) -> None:
    """Let readers see the builds that are ready, all from one moment on. The builds before are kept for a rollback.

    Without a name these are all that are ready; it fails if none is, or if one that you name is not. They are brought
    to the end of the log first, even if the live ones have not come so far. Followers go on with them by themselves.
    """
    some = chosen(names)
    with opened() as site, switching.alone(site, "switch", some) as connection:
        if names:
            ready = [switching.next_build(connection, projection) for projection in some]
        else:
            ready = switching.next_builds(connection, some)
        switched = switching.go_live(connection, site, ready, lacking=lacking)
    _tell(switched or ())
    if switched is None:
        out.print(STOPPED)


def rollback(name: Name, /) -> None:
    """Let readers see the build again that was live before, at once and as far as it has come.

    After one of `deadlines`, timers wait until it knows all that the other one has caused. If the build is of another
    version, a warning says which version of Carnet goes on with it.
    """
    (projection,) = chosen([name])
    with opened() as site:
        with switching.alone(site, "rollback", [projection]) as connection:
            switched = switching.roll_back(connection, site, projection)
            foreign = _foreign(connection, switched.live)
        _tell([switched])
        if switched.position < (head := site.log.head().position):
            _tell_behind(switched.live, head, foreign=foreign is not None)
        if foreign:
            err_line(str(foreign))


def as_of(
    position: When, /, *names: Names, workers: Workers = 1, keep: Keep = False, json: AsJson = False
) -> None:
    """Build read models as of a position or a time, in schemas of their own, and name these.

    The scratch builds of other positions are dropped, unless with --keep.
    """
    some, workers = chosen(names), counted(workers)
    with opened() as site, progress.shown(f"Building as of {position}") as at:
        until = position_of(site.log, position, site.clock, "POSITION")
        made = rebuilding.as_of(site, some, until, keep=keep, workers=workers, progress=at, say=err_line)
    if made is None:
        out.print("Stopped. Ask again, and it goes on from where it stands.")
    elif json:
        print_json([{"projection": b.projection.name, "build": b.number, "schema": b.schema} for b in made])
    else:
        for build in made:
            out.print(f"{build.projection.name} as of position {until:,}: schema [bold]{build.schema}[/bold]")


def discard(name: Name, number: Annotated[int, Parameter(name="BUILD", help="Its number.")], /) -> None:
    """Drop a build that readers do not see, with all its rows."""
    (projection,) = chosen([name])
    with opened() as site, switching.alone(site, "discard", [projection]) as connection:
        every = builds.every(connection, projection, "building", "ready", "live", "kept", "scratch")
        build = next((build for build in every if build.number == number), None)
        if build is None:
            raise NotFound(f"There is no build {number} of {name}.", hint="Look at `carnet project builds`.")
        if build.state == "live":
            raise InputError(
                f"Build {number} of {name} is live: readers see it.", hint="Let another go live."
            )
        making.discard(connection, build)
    out.print(f"{build.name.capitalize()}, which was {build.state}, is dropped.")


@contextmanager
def opened() -> Iterator[Site]:
    """Where this process works on builds, until it is told to stop."""
    settings = configured()
    clock, conninfo = clock_of(settings), reaching.postgres(settings, settings.database)
    with stop_signals() as stop, Log(conninfo, clock) as log:
        yield Site(conninfo=conninfo, log=log, clock=clock, stop=stop, log_level=settings.log)


def _foreign(connection: Connection, build: Build) -> IntegrityFault | None:
    """Why this version of Carnet does not go on with a build, if so."""
    try:
        builds.check_meaning(connection, build)
    except IntegrityFault as fault:
        return fault
    return None


def _tell_behind(live: Build, head: int, *, foreign: bool) -> None:
    said = [f"Readers go back to that: the log ends at position {head:,}."]
    if not foreign:
        said.append(f"`carnet project {live.projection.name}` brings the build there.")
    if live.projection.name == DEADLINES.name:
        said.append("Timers wait until it is there.")
    out.print(" ".join(said), soft_wrap=True)


def _tell(switched: Sequence[Switched]) -> None:
    for one in switched:
        before = [f"build {one.kept.number} is kept for a rollback"] if one.kept else []
        before += [f"build {one.dropped.number}, kept until now, is dropped"] if one.dropped else []
        rest = f" {'; '.join(before).capitalize()}." if before else ""
        out.print(
            f"{one.live.projection.name}: readers see build {one.live.number}, {_how_far(one)}.{rest}",
            soft_wrap=True,
        )


def _how_far(one: Switched) -> str:
    if not one.lacking:
        return f"whole up to position {one.position:,}"
    return f"up to position {one.position:,} without {one.lacking:,} of the events (`carnet parked list`)"
