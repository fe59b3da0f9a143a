"""Plays scenarios: carries out each step, and holds what comes of it against what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from time import monotonic

from app.exits import told
from app.scenarios.explaining import explain
from app.scenarios.ground import Ground
from app.scenarios.loading import load_market
from app.scenarios.matching import Found, differing, events_differing, fields_of, rows_differing, same
from app.scenarios.stage import Stage, stage
from app.scenarios.steps import (
    Asked,
    At,
    Denied,
    Events,
    Explained,
    Fields,
    Loaded,
    Marked,
    Placed,
    Rows,
    Scenario,
    Step,
    Timers,
)
from domain.kernel import Event, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a scenario went; `failed` is the step that ended it. `steps` counts that one too."""

    scenario: Scenario
    steps: int
    seconds: float
    failed: Placed | None

    @property
    def as_it_must(self) -> bool:
        """Whether the scenario is a broken one, and failed at the step that it names."""
        broken = self.scenario.broken if self.scenario.is_broken else None
        return bool(broken and self.failed and self.failed.step.name == broken.fails_at)


Tell = Callable[[Placed, Found], None]


def play(scenario: Scenario, ground: Ground, tell: Tell) -> Played:
    """Play a scenario to its end, or to the first step that fails. `tell` is told each step and what it found."""
    started, steps = monotonic(), 0
    failed = None
    with stage(ground, scenario.name) as here:
        for placed in scenario.steps:
            steps += 1
            found = carried_out(placed.step, here)
            tell(placed, found)
            if found.differs:
                failed = placed
                break
    return Played(scenario=scenario, steps=steps, seconds=round(monotonic() - started, 3), failed=failed)


def carried_out(step: Step, here: Stage) -> Found:
    """What comes of a step. What goes wrong in it, and anybody can act on, is a difference too."""
    try:
        return _carry_out(step, here)
    except Exception as fault:
        known = told(fault)
        if known is None:
            raise
        said = here.names.in_words(known[1])
        return Found("", (f"found: {said}",))


def _carry_out(step: Step, here: Stage) -> Found:
    names = here.names
    match step:
        case At(at=moment):
            here.set_clock(moment)
            return Found("")
        case Asked():
            answer = here.ask(names.command(step.ask, step.fields), by=step.by, happened=step.happened)
            return events_differing(step.expect, _named(answer.events, here))
        case Denied():
            return _denied(step, here)
        case Loaded():
            answer = here.ask(load_market(step, here.shipped), by="")
            recorded = _named(answer.events, here)
            wanted = [name for name, _ in recorded] if step.expect is None else step.expect
            return events_differing(wanted, recorded)
        case Explained():
            return _explained(step, here)
        case Rows():
            return rows_differing(step.expect, here.rows(step.rows, step.where))
        case Events():
            return events_differing(step.expect, _named(here.events(step.events), here))
        case Timers():
            return same("timers", step.timers, here.fire())
        case Marked():
            return Found(f"position {here.mark(step.mark)}")
    raise TypeError(f"no step is {type(step).__name__}")


def _named(events: Iterable[Event], here: Stage) -> list[tuple[str, Fields]]:
    return [(type(event).__name__, here.names.fields(event)) for event in events]


def _denied(step: Denied, here: Stage) -> Found:
    try:
        answer = here.ask(here.names.command(step.refused, step.fields), by=step.by)
    except Refused as refused:
        found = {
            **{key: here.names.in_words(value) for key, value in refused.fields.items()},
            "code": refused.code,
            "rule": str(refused.rule or ""),
            "ground": refused.grounds[0] if refused.grounds else "",
            "grounds": list(refused.grounds),
            "rows": list(refused.rows),
        }
        return differing(step.expect, found, says=here.names.in_words(str(refused)))
    recorded = ", ".join(type(event).__name__ for event in answer.events)
    return Found(
        recorded, (f"expected: refused with {fields_of(step.expect)}", f"found: {recorded or 'no events'}")
    )


def _explained(step: Explained, here: Stage) -> Found:
    asked = list(_questions(step))
    for question in asked:
        known_at, partner = question.pop("known_at", None), question.pop("partner", None)
        markets = here.markets if known_at is None else here.markets_at(str(known_at))
        facts = None if partner is None else here.facts(str(partner))
        answer = here.names.fields(explain(markets, question, facts))
        found = differing(step.expect, answer)
        if found.differs:
            which = ", ".join(f"{key} {value}" for key, value in question.items() if key in step.each)
            return Found(found.says, ((f"asked for {which}",) if which else ()) + found.differs)
    return found if len(asked) == 1 else Found(f"{len(asked)} answers alike: {found.says}")


def _questions(step: Explained) -> Iterator[Fields]:
    for values in product(*step.each.values()):
        yield {**step.explain, **dict(zip(step.each, values, strict=True))}
