"""Many callers at once, in a closed loop: threads that wait, or the tasks of one event loop.

Each caller carries out sale after sale. They begin spread over the steps of a sale, and what they do until then is
the warm-up; so every moment of what is counted has the commands of a whole sale, for a fast side and for a slow one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, count, islice

from benchmarks.figures import percentile
from benchmarks.flow import SALE, sale
from domain.kernel import Command
from infra.handle import Ask, Desk
from infra.loop_desk import LoopDesk

CarryOut = Callable[[Command], object]


@dataclass(frozen=True)
class Calls:
    """How long each command took, and all of them together."""

    latencies: list[float]
    seconds: float

    def numbers(self, label: str) -> dict[str, float]:
        """Commands a second, and the latency, by name."""
        return {
            f"rate_{label}": len(self.latencies) / self.seconds,
            f"p50_ms_{label}": percentile(self.latencies, 50) * 1e3,
            f"p99_ms_{label}": percentile(self.latencies, 99) * 1e3,
        }


def by_threads(carry_out: CarryOut, callers: int, *, warm_up: float, seconds: float) -> Calls:
    """So many threads, each of which waits for every command."""

    def call(commands: Iterator[Command], until: float) -> list[float]:
        latencies = []
        now = time.perf_counter()
        while now < until:
            carry_out(next(commands))
            then, now = now, time.perf_counter()
            latencies.append(now - then)
        return latencies

    def begin(caller: int, until: float) -> Iterator[Command]:
        commands = _sales()
        for command in islice(commands, caller % len(SALE)):
            carry_out(command)
        call(commands, until)
        return commands

    with ThreadPoolExecutor(callers) as pool:
        until = time.perf_counter() + warm_up
        begun = list(pool.map(lambda caller: begin(caller, until), range(callers)))
        started = time.perf_counter()
        called = list(pool.map(lambda commands: call(commands, started + seconds), begun))
        return Calls(list(chain.from_iterable(called)), time.perf_counter() - started)


def by_tasks(desk: Desk, callers: int, *, warm_up: float, seconds: float) -> Calls:
    """So many tasks of one event loop, each of which awaits every command."""

    async def call(here: LoopDesk, commands: Iterator[Command], until: float) -> list[float]:
        latencies = []
        now = time.perf_counter()
        while now < until:
            await here.handle(Ask(command=next(commands), actor="clerk"))
            then, now = now, time.perf_counter()
            latencies.append(now - then)
        return latencies

    async def begin(here: LoopDesk, caller: int, until: float) -> Iterator[Command]:
        commands = _sales()
        for command in islice(commands, caller % len(SALE)):
            await here.handle(Ask(command=command, actor="clerk"))
        await call(here, commands, until)
        return commands

    async def all_of_them() -> Calls:
        here = LoopDesk(desk, asyncio.get_running_loop())
        until = time.perf_counter() + warm_up
        begun = await asyncio.gather(*(begin(here, caller, until) for caller in range(callers)))
        started = time.perf_counter()
        called = await asyncio.gather(*(call(here, commands, started + seconds) for commands in begun))
        return Calls(list(chain.from_iterable(called)), time.perf_counter() - started)

    return asyncio.run(all_of_them())


def _sales() -> Iterator[Command]:
    return chain.from_iterable(sale() for _ in count())
