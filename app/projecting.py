"""`carnet project`: keep the read models up to date, build them again, or take their digest."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from app import comparing, reaching, rebuilding
from app.choosing import Names, Workers, chosen, counted
from app.stopping import stop_signals
from app.wiring import clock_of, configured
from infra.log import Log
from projections import following
from projections import workers as processes

Once = Annotated[bool, Parameter(negative="", help="Catch up with the log, and end.")]

project = App(name="project", help="Keep the read models up to date with the log.")


@project.default
def follow(
    *names: Names,
    once: Once = False,
    workers: Workers = 1,
) -> None:
    """Follow the log until stopped; with --once, catch up and end.

    With --workers it starts as many processes, each for a fixed share of the slots, and starts one again that dies.
    At a fault that a person must mend, or without PostgreSQL, it stops with an exit code.
    """
    settings = configured()
    clock, conninfo = clock_of(settings), reaching.postgres(settings, settings.database)
    some, workers = chosen(names), counted(workers)
    with stop_signals() as stop:
        if workers > 1:
            processes.follow(conninfo, some, clock, stop, workers=workers, once=once, log_level=settings.log)
            return
        with Log(conninfo, clock) as log:
            if once:
                following.catch_up(conninfo, log, some, clock, stop)
            else:
                following.follow(conninfo, log, some, clock, stop)


project.command(rebuilding.rebuild, name="rebuild")
project.command(comparing.diff, name="diff")
project.command(rebuilding.switch, name="switch")
project.command(rebuilding.rollback, name="rollback")
project.command(rebuilding.as_of, name="as-of")
project.command(comparing.builds, name="builds")
project.command(rebuilding.discard, name="discard")
project.command(comparing.take_digest, name="digest")
