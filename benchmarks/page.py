"""What docs/explanation/performance.md shows of the results: drawn from the files, so that they cannot disagree."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks import machine, results
from benchmarks.figures import Figure, Figures
from benchmarks.machine import Measured

FILE = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"
MARKED = re.compile(r"(?P<begin><!-- drawn: (?P<name>[\w-]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Goal:
    """A figure that has to reach something, and what it is of."""

    key: str
    what: str
    sign: Literal[">=", "<", "="]
    wanted: float

    def met(self, found: float) -> bool:
        if self.sign == ">=":
            return found >= self.wanted
        return found < self.wanted if self.sign == "<" else found == self.wanted


GOALS = (
    Goal("commands_ratio", "commands, 64 callers, against the stock library", ">=", 20),
    Goal("single_caller_ratio", "one caller against the stock library", ">=", 2.5),
    Goal("single_caller_vs_insert", "one caller against a raw single-row INSERT by psycopg", ">=", 0.5),
    Goal("append_vs_copy", "`append` in groups of 500 against COPY", ">=", 0.35),
    Goal("rebuild_ratio", "three read models against the stock ProjectionRunner", ">=", 40),
    Goal("rebuild_vs_read_decode", "one worker against a bare read and decode", ">=", 0.3),
    Goal("relay_vs_producer", "the relay against the same producer with ready bytes", ">=", 0.8),
    Goal("append_at_10m_vs_100k", "appends at 10 million events against 100,000", ">=", 0.85),
    Goal("order_replay_p99_ms_at_10m", "replay of one order at 10 million events, p99", "<", 50),
    Goal("max_rss_mb", "memory of the largest process on 10 million events", "<", 300),
    Goal("burst_accepted", "reservations accepted of 200,000 in 180 s", "=", 200_000),
    Goal("burst_p99_ms", "their latency from when they were due, p99", "<", 500),
    Goal("burst_caught_up_s", "projections and relay through, after the last one", "<", 60),
)


def goals(figures: Figures) -> str:
    """The figures that have a goal. Only a full run can meet one."""
    rows = []
    for goal in GOALS:
        found = figures.get(goal.key)
        if found is None:
            rows.append((goal.what, f"`{goal.key}`", f"{goal.sign} {goal.wanted:,g}", "not measured", ""))
            continue
        verdict = "met" if goal.met(found["median"]) else "**missed**"
        rows.append(
            (
                goal.what,
                f"`{goal.key}`",
                f"{goal.sign} {goal.wanted:,g}",
                shown(found),
                verdict if found.get("run") == "full" else "a short run",
            )
        )
    return _table(("what", "key", "goal", "measured", ""), rows)


def everything(figures: Figures) -> str:
    """Every figure, with the least and the most of its runs."""
    rows = [
        (
            f"`{key}`",
            shown(found),
            f"{min(found['runs']):,g} to {max(found['runs']):,g}" if len(found["runs"]) > 1 else "one run",
            found["size"],
        )
        for key, found in figures.items()
    ]
    return _table(("key", "median", "runs", "of"), rows)


def shown(found: Figure) -> str:
    """A figure with its unit."""
    unit = {"x": " ×"}.get(found["unit"], f" {found['unit']}")
    return f"{found['median']:,g}{unit}" if found["median"] < 1e6 else f"{found['median']:,.0f}{unit}"


def measured_on(parts: dict[str, Measured]) -> str:
    """When each part was measured, and on what."""
    rows = [
        (name, one["size"], one["at"], f"{one['seconds']:,} s", f"`{one['commit']}`")
        for name, one in parts.items()
    ]
    machines = []
    for one in parts.values():
        if one["machine"] not in machines:
            machines.append(one["machine"])
    told = [
        f"{on['cores']} cores of {on['cpu']}, {on['memory_gb']} GB; {on['system']}; Python {on['python']}, "
        f"PostgreSQL {on['postgres']}, {', '.join(f'{name} {v}' for name, v in on['libraries'].items())}. "
        f"PostgreSQL with {', '.join(f'{name} {v}' for name, v in on['postgres_settings'].items())}."
        for on in machines
    ]
    return "\n\n".join([*told, _table(("part", "run", "at (UTC)", "took", "commit"), rows)])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


DRAWN: dict[str, Callable[[], str]] = {
    "goals": lambda: goals(results.read()),
    "figures": lambda: everything(results.read()),
    "machine": lambda: measured_on(machine.remembered()),
}


def redrawn(text: str) -> str:
    """The page with what is drawn in it drawn again."""
    return MARKED.sub(lambda mark: f"{mark['begin']}\n{DRAWN[mark['name']]()}\n\n{mark['end']}", text)


def write() -> None:
    """Draw the page's tables again."""
    FILE.write_text(redrawn(FILE.read_text(encoding="utf-8")), encoding="utf-8")
