"""The command line: every verb, and the file it lives in."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

from cyclopts import App

HELP = "Carnet: the order book of record for cars sold direct, through agents or by dealers."

# Verb: the module and the name in it. Only the one that is asked for is imported: a quick verb stays quick.
VERBS = {
    "demo": "app.demo.command:demo",
    "ask": "app.ask:ask",
    "show": "app.showing:show",
    "replay": "app.replaying:replay",
    "market": "app.markets.command:market",
    "findings": "app.reading:findings",
    "commissions": "app.reading:commissions",
    "status": "app.showing:status",
    "project": "app.projecting:project",
    "relay": "app.relaying:relay",
    "consume": "app.consuming:consume",
    "parked": "app.parking:parked",
    "person": "app.persons:person",
    "db": "app.databases:db",
    "topics": "app.publishing:topics",
    "schemas": "app.publishing:schemas",
    "scenario": "app.scenarios.command:scenarios",
    "docs": "app.documenting:docs",
    "servers": "app.serving:servers",
    "config": "app.serving:config",
}


def carnet(arguments: Sequence[str]) -> object:
    """Run one command line; faults are raised, the result of the verb is returned."""
    app = App(name="carnet", help=HELP, version=version("carnet"))
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for verb in [asked] if asked in VERBS else VERBS:
        module, _, name = VERBS[verb].partition(":")
        app.command(getattr(import_module(module), name), name=verb)
    return app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
