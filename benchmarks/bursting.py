"""A launch: 200,000 reservations in three minutes, by schedule, with the projections and the relay at work.

A short run offers fewer for fewer seconds, at the same rate.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks import sides
from benchmarks.desks import desk
from benchmarks.figures import Figures, figure
from benchmarks.flow import reservation
from benchmarks.followers import followers
from benchmarks.ground import Ground
from benchmarks.offering import offer
from benchmarks.sides import Numbers
from benchmarks.size import Size
from infra.ask import Ask
from infra.clock import SystemClock
from infra.postgres import connect

RESERVATIONS = 200_000
SECONDS = 180
CATCH_UP_WITHIN_S = 600.0
"""Long enough to tell how long it took; the goal is a tenth of it."""


def measure(ground: Ground, size: Size) -> Figures:
    """One burst."""
    book = ground.book()
    offered = round(RESERVATIONS * size.burst_seconds / SECONDS)
    with followers(ground, book) as following, ThreadPoolExecutor(1) as pool:
        following.wait(lambda: following.projected() == 0, 30)
        ground.tidy(book)
        burst = pool.submit(sides.run, offers, book, offered, RESERVATIONS / SECONDS)
        following.wait(burst.done, 10 * size.burst_seconds + 120)
        found = burst.result()
        ended = time.monotonic()
        head = _head(book)
        if not following.wait(
            lambda: following.projected() >= head and following.published() >= head, CATCH_UP_WITHIN_S
        ):
            raise TimeoutError(
                f"projections at {following.projected()}, relay at {following.published()}, of {head}"
            )
        caught_up = time.monotonic() - ended
        peaks = following.peak_mb
    told = f"{offered:,} reservations in {size.burst_seconds:g} s"
    return {
        "burst_offered": figure([offered], "commands", told),
        "burst_accepted": figure([found["accepted"]], "commands", told),
        "burst_p50_ms": figure([found["p50_ms"]], "ms", told),
        "burst_p99_ms": figure([found["p99_ms"]], "ms", told),
        "burst_caught_up_s": figure([caught_up], "s", told),
        "burst_relay_rss_mb": figure([peaks["relay"]], "MB", told),
        "burst_project_rss_mb": figure([peaks["project"]], "MB", told),
    }


def offers(conninfo: str, reservations: int, per_second: float) -> Numbers:
    """The command process."""
    with desk(conninfo, SystemClock()) as ours:
        offered = offer(
            lambda command: ours.submit(Ask(command=command, actor="web")),
            (reservation() for _ in range(reservations)),
            per_second,
        )
        return {
            "accepted": len(offered.latencies),
            "p50_ms": offered.percentile_ms(50),
            "p99_ms": offered.percentile_ms(99),
        }


def _head(conninfo: str) -> int:
    with connect(conninfo, "carnet_reader") as connection:
        row = connection.execute("select position from carnet.head").fetchone()
        return int(row[0]) if row else 0
