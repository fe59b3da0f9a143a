"""The plots that are drawn from the results."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from benchmarks import results
from benchmarks.commands import CALLERS
from benchmarks.drawing import FOLDER, PLOTS, rendered
from benchmarks.figures import figure
from benchmarks.lengthening import LABELS
from benchmarks.loading import PERCENTS
from benchmarks.rebuilding import WORKERS

ANY = figure([3.0, 1.0, 2.0], "x", "100,000 events")
KEYS = [
    *(f"commands_per_second_{n}_at_{c}" for n in ("door", "threads", "tuned", "stock") for c in CALLERS),
    *(f"append_events_per_second_at_{label}" for label in LABELS),
    *(f"rebuild_events_per_second_at_{workers}" for workers in WORKERS),
    *("stock_projection_events_per_second", "read_decode_events_per_second"),
    *(f"load_{percent}_{what}_ms" for percent in PERCENTS for what in ("p50", "p99")),
    "capacity_commands_per_second",
]
FIGURES = dict.fromkeys(KEYS, ANY)


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_what_the_results_say(name: str) -> None:
    assert (FOLDER / f"{name}.svg").read_bytes() == rendered(PLOTS[name](results.read()))


@pytest.mark.parametrize("name", PLOTS)
def test_the_same_figures_give_the_same_bytes(name: str) -> None:
    assert rendered(PLOTS[name](FIGURES)) == rendered(PLOTS[name](FIGURES))


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_a_picture_without_scripts_days_or_random_ids(name: str) -> None:
    drawn = rendered(PLOTS[name](FIGURES))
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(drawn).iter()}
    assert "path" in tags or "rect" in tags
    assert "script" not in tags
    assert b"<!--" not in drawn
    assert b"chart-" not in drawn
