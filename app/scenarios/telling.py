"""A scenario as a story in the terminal: a sentence a step, and beneath it what came of it."""

from __future__ import annotations

from textwrap import wrap

from rich.console import Console
from rich.text import Text

from app.scenarios.matching import Found
from app.scenarios.playing import Played
from app.scenarios.reading import shown
from app.scenarios.steps import At, Placed, Scenario

COLUMNS = 100
INDENT = 4


class Teller:
    """Prints scenarios as they are played."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = min(COLUMNS, console.width)
        self._told = 0

    def begin(self, scenario: Scenario) -> None:
        self._told = 0
        self._line(scenario.name, "bold", indent=0)
        self._line(scenario.title, "", indent=0)
        self._line(f"After {scenario.source}.", "dim", indent=0)
        if scenario.is_broken:
            self._line(f"Broken on purpose: {scenario.broken.says}", "yellow", indent=0)

    def step(self, placed: Placed, found: Found) -> None:
        self._told += 1
        if isinstance(placed.step, At):
            self._line("", "")
            self._line(
                f"{placed.step.at:%A} {placed.step.at.day} {placed.step.at:%B %Y}", "bold cyan", indent=0
            )
        self._line(placed.step.says, "red" if found.differs else "", mark=f"{self._told:>2}")
        for line in found.differs:
            self._line(line, "red", indent=INDENT + 2)
        if found.says and not found.differs:
            self._line(found.says, "dim", indent=INDENT + 2)

    def end(self, played: Played) -> None:
        if played.failed:
            where = f"at step {played.steps}, {shown(played.scenario.path)}:{played.failed.line}"
            if played.as_it_must:
                self._line(f"Failed where it must, {where}", "yellow", indent=0)
            else:
                self._line(f"FAILED {where}", "bold red", indent=0)
        else:
            self._line(
                f"Passed: {played.steps} {'step' if played.steps == 1 else 'steps'} in {played.seconds:.1f} s",
                "green",
                indent=0,
            )
        self._line("", "")

    def _line(self, text: str, style: str, *, indent: int = INDENT, mark: str = "") -> None:
        lines = wrap(text, self._width - indent, break_on_hyphens=False) or [""]
        for number, line in enumerate(lines):
            before = mark.ljust(indent) if mark and number == 0 else " " * indent
            self._console.print(Text(f"{before}{line}".rstrip(), style), soft_wrap=True)
