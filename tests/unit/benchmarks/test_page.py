"""The performance page and the file of the results tell the same."""

from __future__ import annotations

import json
from typing import Any

from benchmarks import page, results
from benchmarks.figures import Figure
from benchmarks.page import GOALS, Goal

KEYS = {
    *(goal.key for goal in GOALS),
    *("commands_per_second", "commands_ratio_threads", "commands_ratio_best_stock", "resolve_us"),
    *("load_all_markets_ms", "command_p50_ms", "command_p99_ms", "burst_offered"),
}
ONE_RUN = ("burst_", "max_rss_mb", "_at_10m")


def full(median: float) -> Figure:
    return Figure(median=median, runs=[median], unit="x", size="", run="full")


def test_the_page_shows_what_the_file_holds() -> None:
    text = page.FILE.read_text(encoding="utf-8")
    assert page.redrawn(text) == text, "Run `python -m benchmarks draw`."


def test_the_file_has_every_figure_that_is_promised() -> None:
    assert results.read().keys() >= KEYS


def test_every_figure_is_a_number_or_has_a_median_of_at_least_five_runs() -> None:
    for key, found in json.loads(results.FILE.read_text(encoding="utf-8")).items():
        assert isinstance(found["median"], int | float), key
        assert len(found["runs"]) >= 5 or any(part in key for part in ONE_RUN), key
        assert found["run"] in {"short", "full"}, key


def test_only_a_full_run_meets_a_goal() -> None:
    short: Any = full(30) | {"run": "short"}
    assert "| met |" in page.goals({"commands_ratio": full(30)})
    assert "| **missed** |" in page.goals({"commands_ratio": full(19.99)})
    assert "| a short run |" in page.goals({"commands_ratio": short})
    assert "| not measured |" in page.goals({})


def test_a_goal_knows_its_direction() -> None:
    assert Goal("k", "w", ">=", 20).met(20)
    assert not Goal("k", "w", "<", 50).met(50)
    assert Goal("k", "w", "=", 200_000).met(200_000)
