"""`python -m benchmarks [--full] [PART…]`: measure on embedded servers of our own (fsync on).

A short run takes minutes, a full one half an hour; both give the same figures. Each part that is through merges its
figures into `benchmarks/results.json`; a part that fails loses nothing but its own. Then the plots in docs/img and
the table of docs/explanation/performance.md are drawn again from the file; `python -m benchmarks draw` only draws.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence

from benchmarks import (
    appending,
    bursting,
    commands,
    lengthening,
    loading,
    machine,
    memory,
    page,
    rebuilding,
    relaying,
    resolving,
    results,
)
from benchmarks.drawing import draw
from benchmarks.figures import Figures
from benchmarks.ground import Ground, ground
from benchmarks.size import FULL, SHORT, Size

PARTS: dict[str, Callable[[Ground, Size], Figures]] = {
    "resolving": resolving.measure,
    "commands": commands.measure,
    "appending": appending.measure,
    "loading": loading.measure,
    "rebuilding": rebuilding.measure,
    "relaying": relaying.measure,
    "bursting": bursting.measure,
    "lengthening": lengthening.measure,
    "memory": memory.measure,
}
DRAW = "draw"


def main() -> int:
    """Returns the exit code: 1 if a part failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}, {DRAW}; all without any"
    )
    parser.add_argument("--full", action="store_true", help="the long runs")
    told = parser.parse_args()
    if unknown := set(told.parts) - {*PARTS, DRAW}:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}, {DRAW}")
    names = [name for name in PARTS if name in told.parts or not told.parts]
    failed = _measure(names, FULL if told.full else SHORT) if names else []
    draw(results.read())
    page.write()
    if failed:
        print(f"Failed: {', '.join(failed)}. Their figures are what they were.", file=sys.stderr)
    return 1 if failed else 0


def _measure(names: Sequence[str], size: Size) -> list[str]:
    """Measure part by part; returns those that failed."""
    failed = []
    with ground(size) as here:
        on = machine.described(here.postgres)
        for name in names:
            print(f"{name} …", file=sys.stderr, flush=True)
            started = time.monotonic()
            try:
                figures = PARTS[name](here, size)
            except Exception:
                traceback.print_exc()
                failed.append(name)
                continue
            seconds = time.monotonic() - started
            results.merge(figures, size.name)
            machine.remember(machine.remembered() | {name: machine.measured(on, size.name, seconds)})
            for key, found in figures.items():
                print(f"  {key:44} {found['median']:>12,} {found['unit']}", file=sys.stderr)
            print(f"{name} took {seconds:.0f} s", file=sys.stderr, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
