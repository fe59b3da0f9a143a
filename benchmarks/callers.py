"""Many callers at once, in a closed loop: threads that wait; or callers behind one door, a thread that hands on what
each of them asks and takes the answers as they come, as `carnet ask --file` does for the lines of a file.

Each caller carries out sale after sale. They begin spread over the steps of a sale, and what they do until then is
the warm-up; so every moment of what is counted has the commands of a whole sale, for a fast side and for a slow one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, count, islice
from queue import SimpleQueue

from benchmarks.figures import percentile
from benchmarks.flow import SALE, sale
from domain.kernel import Command
from infra.handle import Answer, Ask, Desk

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


def by_door(desk: Desk, callers: int, *, warm_up: float, seconds: float) -> Calls:
    """So many behind one door."""
    came: SimpleQueue[_Caller] = SimpleQueue()
    waiting = [_Caller(came) for _ in range(callers)]

    def call(until: float) -> list[float]:
        latencies = []
        for caller in waiting:
            caller.ask(desk)
        left = callers
        while left:
            caller = came.get()
            latencies.append(caller.latency())
            if time.perf_counter() < until:
                caller.ask(desk)
            else:
                left -= 1
        return latencies

    for number, caller in enumerate(waiting):
        for command in islice(caller.commands, number % len(SALE)):
            desk.handle(Ask(command=command, actor="clerk"))
    call(time.perf_counter() + warm_up)
    started = time.perf_counter()
    called = call(started + seconds)
    return Calls(called, time.perf_counter() - started)


class _Caller:
    """One of those behind a door, who is told in the queue of the door that his answer came."""

    __slots__ = ("_asked_at", "_came", "_fault", "commands")

    def __init__(self, came: SimpleQueue[_Caller]) -> None:
        self.commands = _sales()
        self._came = came
        self._fault: Exception | None = None

    def ask(self, desk: Desk) -> None:
        self._asked_at = time.perf_counter()
        desk.enter(Ask(command=next(self.commands), actor="clerk"), self)

    def latency(self) -> float:
        if self._fault:
            raise self._fault
        return time.perf_counter() - self._asked_at

    def set_result(self, _: Answer) -> None:
        self._came.put(self)

    def set_exception(self, fault: Exception) -> None:
        self._fault = fault
        self._came.put(self)


def _sales() -> Iterator[Command]:
    return chain.from_iterable(sale() for _ in count())
