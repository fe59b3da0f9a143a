"""Commands that come by schedule, whether those before are done or not (an open loop).

The latency of a command counts from when it was due, so a client that falls behind is no excuse for anybody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition

from benchmarks.figures import percentile
from domain.kernel import Command
from infra.ask import Answer

PATIENCE_S = 60.0
TICK_S = 0.001


@dataclass(frozen=True)
class Offered:
    """`latencies` of the commands that were accepted, in seconds, in the order of their ends; how many were not and
    why the first was not; how late the last one was handed over."""

    latencies: list[float]
    failed: int
    first_fault: str
    behind_s: float

    def percentile_ms(self, percent: float) -> float:
        return percentile(self.latencies, percent) * 1e3


def offer(
    submit: Callable[[Command], Future[Answer]], commands: Iterable[Command], per_second: float
) -> Offered:
    """Hand over the commands at this rate, and wait until each has its end.

    Raises:
        TimeoutError: some have none a minute after the last one was due.
    """
    latencies: list[float] = []
    faults: list[BaseException] = []
    ended = Condition()
    started = time.perf_counter()
    offered = 0
    for command in commands:
        due = started + offered / per_second
        while (early := due - time.perf_counter()) > 0:
            time.sleep(max(early, TICK_S))
        offered += 1

        def end(done: Future[Answer], due: float = due) -> None:
            now = time.perf_counter()
            with ended:
                if fault := done.exception():
                    faults.append(fault)
                else:
                    latencies.append(now - due)
                ended.notify()

        try:
            submit(command).add_done_callback(end)
        except Exception as refused:
            with ended:
                faults.append(refused)
    behind = max(time.perf_counter() - due, 0.0) if offered else 0.0
    with ended:
        if not ended.wait_for(lambda: len(latencies) + len(faults) == offered, PATIENCE_S):
            raise TimeoutError(f"{offered - len(latencies) - len(faults)} commands of {offered} have no end.")
    return Offered(latencies, len(faults), repr(faults[0]) if faults else "", behind)
