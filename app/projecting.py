"""`carnet project`: keep the read models up to date, build them again, or take their digest."""

from __future__ import annotations

from collections.abc import Sequence

from cyclopts import App

import projections
from app import reaching
from app.output import AsJson, err, out, print_json, print_table
from app.stopping import stop_signals
from app.wiring import clock_of, configured, connected
from infra.errors import InputError
from infra.log import Log
from projections.digest import digest
from projections.kernel import Projection
from projections.run import Runner, rebuild

project = App(name="project", help="Keep the read models up to date with the log.")


def chosen(names: Sequence[str]) -> list[Projection]:
    """The projections of these names, all if none is given. Raises InputError."""
    known = {projection.name: projection for projection in projections.ALL}
    for name in names:
        if name not in known:
            raise InputError(f"There is no projection {name}.", hint=f"There are {', '.join(known)}.")
    return [known[name] for name in names] or list(known.values())


@project.default
def follow(*names: str, once: bool = False) -> None:
    """Follow the log until stopped; with --once, catch up and end. NAMES leaves out the others."""
    settings = configured()
    clock, conninfo = clock_of(settings), reaching.postgres(settings, settings.database)
    with (
        stop_signals() as stop,
        Log(conninfo, clock) as log,
        Runner(conninfo, log, chosen(names), clock) as runner,
    ):
        if once:
            runner.catch_up(stop)
        else:
            runner.follow(stop)


@project.command(name="rebuild")
def rebuild_them(*names: str) -> None:
    """Build read models again from the first event. Readers see the old rows until the new ones are whole."""
    settings = configured()
    clock, conninfo = clock_of(settings), reaching.postgres(settings, settings.database)
    with stop_signals() as stop, Log(conninfo, clock) as log:
        head = log.head().position
        with err.status("Rebuilding") as shown:
            position = rebuild(
                conninfo,
                log,
                chosen(names),
                clock,
                stop=stop,
                progress=lambda at: shown.update(f"Rebuilding: {at:,} of {head:,} events"),
            )
    out.print("Stopped; the old rows stay." if position is None else f"Rebuilt up to position {position}.")


@project.command(name="digest")
def take_digest(*names: str, json: AsJson = False) -> None:
    """SHA-256 over every row: two databases with the same events give the same."""
    settings = configured()
    with connected(settings, "carnet_reader") as connection:
        found = {projection.name: digest(connection, projection) for projection in chosen(names)}
    if json:
        print_json(found)
    else:
        print_table(("projection", "SHA-256"), found.items())
