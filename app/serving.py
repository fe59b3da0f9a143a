"""`carnet servers` and `carnet config`: the embedded servers, and every setting with where it came from."""

from __future__ import annotations

from cyclopts import App

from app.output import AsJson, out, print_json, print_table
from app.reaching import embedded
from infra import settings as settings_module
from infra.settings import describe

servers = App(
    name="servers", help="PostgreSQL and Kafka of our own, for trying out; reachable from here only."
)


@servers.command
def start(*, json: AsJson = False) -> None:
    """Start both, keep them up, and say how any client reaches them."""
    settings = settings_module.read()
    here = embedded(settings)
    here.start(supervised=True)
    ways = here.reach(settings.database)
    if json:
        print_json(dict(ways))
    else:
        for what, how in ways:
            out.print(f"[bold]{what}[/bold]", how, sep="\n  ", soft_wrap=True)


@servers.command
def stop(*, json: AsJson = False) -> None:
    """Stop them. Their data stays."""
    ran = embedded(settings_module.read()).stop()
    if json:
        print_json({"stopped": ran})
    else:
        out.print(f"Stopped: {', '.join(ran)}" if ran else "Nothing ran.")


@servers.command
def status(*, json: AsJson = False) -> None:
    """Which of them run, where, and where they log."""
    found = embedded(settings_module.read()).status()
    if json:
        print_json(
            [
                {"name": s.name, "state": s.state, "pid": s.pid, "address": s.address, "log": str(s.log)}
                for s in found
            ]
        )
    else:
        print_table(
            ("server", "state", "pid", "address", "log"),
            [(s.name, s.state, s.pid, s.address, s.log) for s in found],
        )


def config(*, json: AsJson = False) -> None:
    """Print every setting: its value, where it came from, and what it is for."""
    settings = settings_module.read()
    running = {s.name: s.address for s in embedded(settings).status() if s.state == "running"}
    rows = describe(settings, servers=running)
    if json:
        print_json([row._asdict() for row in rows])
    else:
        print_table(("setting", "value", "from", "for"), rows)
