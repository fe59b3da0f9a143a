"""Many callers at once: threads that wait, or the tasks of one event loop.

Each caller carries out sale after sale until the time is over; whole sales count.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from benchmarks.flow import sale
from domain.kernel import Command
from infra.handle import Ask, Desk
from infra.loop_desk import LoopDesk


def by_threads(carry_out: Callable[[Command], object], callers: int, seconds: float) -> float:
    """Commands a second of so many threads, each of which waits for every command."""
    started = time.perf_counter()

    def call() -> int:
        done = 0
        while time.perf_counter() < started + seconds:
            for command in sale():
                carry_out(command)
                done += 1
        return done

    with ThreadPoolExecutor(callers) as pool:
        counts = [caller.result() for caller in [pool.submit(call) for _ in range(callers)]]
    return sum(counts) / (time.perf_counter() - started)


def by_tasks(desk: Desk, callers: int, seconds: float) -> float:
    """Commands a second of so many tasks of one event loop, each of which awaits every command."""
    return asyncio.run(_by_tasks(desk, callers, seconds))


async def _by_tasks(desk: Desk, callers: int, seconds: float) -> float:
    started = time.perf_counter()
    loop_desk = LoopDesk(desk, asyncio.get_running_loop())

    async def call() -> int:
        done = 0
        while time.perf_counter() < started + seconds:
            for command in sale():
                await loop_desk.handle(Ask(command=command, actor="clerk"))
                done += 1
        return done

    counts = await asyncio.gather(*[call() for _ in range(callers)])
    return sum(counts) / (time.perf_counter() - started)
