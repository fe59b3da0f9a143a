"""Latency under a load that comes by schedule: at 25, 50 and 75 % of what the same process can do at most."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import islice

from benchmarks import sides
from benchmarks.callers import by_door
from benchmarks.desks import desk
from benchmarks.figures import Figures, figure
from benchmarks.flow import SALE, sale
from benchmarks.ground import Ground
from benchmarks.offering import offer
from benchmarks.sides import Numbers, stay_on_one_core
from benchmarks.size import ROUNDS, Size
from domain.kernel import Command
from infra.ask import Answer, Ask

PERCENTS = (25, 50, 75)
CALLERS = 64
APART_S = 0.5  # two steps of a sale: much longer than any command should take


def measure(ground: Ground, size: Size) -> Figures:
    """What it can do, then each load, ROUNDS times."""
    book = ground.book()
    rounds = []
    for _ in range(ROUNDS):
        ground.tidy(book)
        rounds.append(sides.run(loads, book, size.warm_up_seconds, size.load_seconds))
    told = f"{size.load_seconds:g} s a load"
    return {
        "capacity_commands_per_second": figure([each["capacity"] for each in rounds], "commands/s", told),
        **{
            f"load_{percent}_{what}_ms": figure([each[f"{what}_{percent}"] for each in rounds], "ms", told)
            for percent in PERCENTS
            for what in ("p50", "p99")
        },
    }


def loads(conninfo: str, warm_up: float, seconds: float) -> Numbers:
    """One round: the capacity, and the latency under each share of it."""
    stay_on_one_core()
    with desk(conninfo) as ours:

        def submit(command: Command) -> Future[Answer]:
            return ours.submit(Ask(command=command, actor="clerk"))

        called = by_door(ours, CALLERS, warm_up=warm_up, seconds=seconds)
        capacity = len(called.latencies) / called.seconds
        numbers: Numbers = {"capacity": capacity}
        for percent in PERCENTS:
            rate = capacity * percent / 100
            for offered in (offer(submit, commands, rate) for commands in _offers(rate, seconds)):
                if offered.failed:
                    raise AssertionError(f"{offered.failed} were not accepted: {offered.first_fault}")
            numbers[f"p50_{percent}"] = offered.percentile_ms(50)
            numbers[f"p99_{percent}"] = offered.percentile_ms(99)
        return numbers


def _offers(rate: float, seconds: float) -> Iterator[list[Command]]:
    """The commands until the first sale has come to its last step, and those that count. They are made before they are
    due: to make them is not the order book's work."""
    apart = max(int(rate / len(SALE) * APART_S), 1)
    commands = _sales(apart)
    yield list(islice(commands, sum(range(len(SALE))) * apart))
    yield list(islice(commands, int(rate * seconds)))


def _sales(apart: int) -> Iterator[Command]:
    """The commands of sales of which one begins after the other: so many of them between two steps of each. Some
    steps cost a multiple of others, and so every moment has them all."""
    begun: deque[list[Command]] = deque(maxlen=(len(SALE) - 1) * apart + 1)
    while True:
        begun.appendleft(sale())
        for step, commands in enumerate(islice(begun, 0, None, apart)):
            yield commands[step]
