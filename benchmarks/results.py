"""`benchmarks/results.json`: every figure by its name; parts merge theirs into it."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.figures import Figure, Figures

FILE = Path(__file__).parent / "results.json"


def read() -> Figures:
    """The figures that stand; none before the first run."""
    found: Figures = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return found


def merge(figures: Figures, run: str) -> None:
    """Put these in the place of those of the same names. `run` says of which run they are, short or full."""
    kept = read()
    for key, found in figures.items():
        kept[key] = Figure(**{**found, "run": run})
    text = json.dumps(dict(sorted(kept.items())), indent=2, ensure_ascii=False)
    FILE.write_text(text + "\n", encoding="utf-8")
