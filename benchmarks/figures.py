"""Figures: what runs come to. Pure; everything that is reported passes through here."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from math import ceil
from typing import NotRequired, TypedDict

Round = Mapping[str, float]


class Figure(TypedDict):
    """One figure of the results: the median of its runs, and the runs in the order in which they were made.

    `size` says how much one run was. `run` is "short" or "full"; it is told when the figure is kept.
    """

    median: float
    runs: list[float]
    unit: str
    size: str
    run: NotRequired[str]


Figures = dict[str, Figure]


def figure(runs: Sequence[float], unit: str, size: str) -> Figure:
    """The figure of these runs."""
    return Figure(
        median=rounded(statistics.median(runs)), runs=[rounded(run) for run in runs], unit=unit, size=size
    )


def ratios(rounds: Sequence[Round], over: str, under: str) -> list[float]:
    """What one side did against the other, round by round: so that a slow minute of the machine slows both."""
    return [each[over] / each[under] for each in rounds]


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(ceil(len(ranked) * percent / 100), 1) - 1]


def rounded(value: float) -> float:
    """Four significant digits, for the last ones of a measurement are noise; whole numbers stay whole."""
    if value == int(value):
        return int(value)
    short = float(f"{value:.4g}")
    return int(short) if abs(short) >= 1000 else short
