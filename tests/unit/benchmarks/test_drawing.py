"""The plots that are drawn from the results."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from benchmarks import results
from benchmarks.drawing import FOLDER, PLOTS, rendered

FIGURES = results.read()


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_what_the_results_say(name: str) -> None:
    assert (FOLDER / f"{name}.svg").read_bytes() == rendered(PLOTS[name](FIGURES))


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_a_picture_without_scripts_days_or_random_ids(name: str) -> None:
    drawn = rendered(PLOTS[name](FIGURES))
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(drawn).iter()}
    assert "path" in tags or "rect" in tags
    assert "script" not in tags
    assert b"<!--" not in drawn
    assert b"chart-" not in drawn
