"""Plots."""

from benchmarks.figures import Figures


def draw(figures: Figures) -> None:
    """Draw."""
