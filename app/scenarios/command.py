"""`carnet scenario`: stories that are played on a real order book, and must end as they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from cyclopts import App, Parameter
from msgspec import Struct

from app.output import AsJson, err, out, print_json, print_table
from app.scenarios.ground import ground
from app.scenarios.matching import Found
from app.scenarios.playing import Played, play
from app.scenarios.reading import names, scenario, shown
from app.scenarios.steps import Placed, Scenario
from app.scenarios.telling import Teller
from infra import logging
from infra.errors import InputError

scenarios = App(
    name="scenario", help="Stories of who sold what to whom, played on an order book of their own."
)

All = Annotated[bool, Parameter(name="--all", negative="", help="Run every scenario.")]
IsBroken = Annotated[
    bool, Parameter(name="--broken", negative="", help="Run it with the change that it must fail with.")
]


class Outcome(Struct, frozen=True, kw_only=True):
    """One scenario in JSON."""

    name: str
    passed: bool
    steps: int
    seconds: float


@scenarios.command(name="list")
def list_them(*, json: AsJson = False) -> None:
    """List the scenarios."""
    found = [scenario(name) for name in names()]
    if json:
        print_json([{"name": one.name, "title": one.title, "steps": len(one.steps)} for one in found])
    else:
        print_table(("scenario", "steps", "tells"), [(one.name, len(one.steps), one.title) for one in found])


@scenarios.command
def run(*chosen: str, every: All = False, broken: IsBroken = False, json: AsJson = False) -> int:
    """Play scenarios, by name or --all, each on an empty order book with a clock of its own.

    PostgreSQL is the one that CARNET_POSTGRES names, else one is started for as long as it takes. It exits with 1
    if one fails, and says at which step, with the file and line, what was expected and what was found.
    """
    if every and chosen:
        raise InputError("Either names or --all, not both.")
    if not every and not chosen:
        raise InputError("Name scenarios, or run them --all.", hint=f"There are {', '.join(names())}.")
    wanted = [scenario(name, broken=broken) for name in chosen or names()]
    logging.configure("error")
    with err.status("Starting PostgreSQL") as shown_status, ground() as here:
        shown_status.stop()
        outcomes = []
        for one in wanted:
            teller = None if json else Teller(out)
            if teller:
                teller.begin(one)
            played = play(one, here, teller.step if teller else _complain_of(one))
            if teller:
                teller.end(played)
            outcomes.append(_outcome(played))
    if json:
        print_json(outcomes)
    return 0 if all(one.passed for one in outcomes) else 1


def _complain_of(one: Scenario) -> Callable[[Placed, Found], None]:
    """With JSON on standard output, only what fails is told, on standard error."""

    def complain(placed: Placed, found: Found) -> None:
        if found.differs:
            where = f"{shown(one.path)}:{placed.line}"
            err.print(f"{where}: {placed.step.says} {'; '.join(found.differs)}", markup=False, soft_wrap=True)

    return complain


def _outcome(played: Played) -> Outcome:
    return Outcome(
        name=played.scenario.name,
        passed=played.failed is None,
        steps=played.steps,
        seconds=played.seconds,
    )
