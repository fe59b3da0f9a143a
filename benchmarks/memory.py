"""The memory of every process on a log of 10 million events: the relay and the projections work through all of it,
while a command process takes what it can.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psutil

from benchmarks import sides
from benchmarks.callers import by_door
from benchmarks.desks import desk
from benchmarks.figures import Figures, figure
from benchmarks.followers import followers
from benchmarks.ground import Ground
from benchmarks.sides import Numbers
from benchmarks.size import Size

CALLERS = 64


def measure(ground: Ground, size: Size) -> Figures:
    """One run, for as long as the size allows."""
    events = size.log_sizes[-1]
    book = ground.grown(events)
    with followers(ground, book) as following, ThreadPoolExecutor(1) as pool:
        command_process = pool.submit(sides.run, commands, book, size.memory_seconds / 4)

        def done() -> bool:
            return (
                command_process.done() and following.projected() >= events and following.published() >= events
            )

        following.wait(done, size.memory_seconds)
        reached = {"projected": following.projected(), "published": following.published()}
        peaks = following.peak_mb | {"commands": command_process.result()["rss_mb"]}
    told = (
        f"{events:,} events; {reached['projected']:,} projected and {reached['published']:,} published in at most "
        f"{size.memory_seconds:g} s"
    )
    return {
        "max_rss_mb": figure([max(peaks.values())], "MB", told),
        **{f"{name}_rss_mb_at_10m": figure([peak], "MB", told) for name, peak in peaks.items()},
        "projected_events_at_10m": figure([reached["projected"]], "events", told),
        "published_events_at_10m": figure([reached["published"]], "events", told),
    }


def commands(conninfo: str, seconds: float) -> Numbers:
    """The command process, and what it holds in the end. (What the system tells as its peak would be that of the
    process which started it.)"""
    with desk(conninfo) as ours:
        by_door(ours, CALLERS, warm_up=0, seconds=seconds)
    return {"rss_mb": psutil.Process().memory_info().rss / 1e6}
