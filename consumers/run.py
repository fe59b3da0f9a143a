"""Runs consumers, policies and timers in one process, until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from threading import Event, Thread

import structlog

from consumers.factory import factory
from consumers.following import PolicyRunner
from consumers.intake import Intake
from consumers.kernel import Consumer
from consumers.payments import payments
from consumers.policies import ALL as POLICIES
from consumers.timers import TimerRunner
from consumers.workshop import Workshop
from infra.errors import InputError
from infra.only_one import only_one

CONSUMERS: dict[str, Consumer] = {consumer.name: consumer for consumer in (payments, factory)}
NAMES = (*CONSUMERS, "policies", "timers")

LOOK_EVERY_S = 0.05

Part = Callable[[Event], None]

logger = structlog.get_logger()


def run(
    names: Iterable[str], workshop: Workshop, stop: Event, *, bootstrap: str = "", prefix: str = ""
) -> None:
    """Run what the names say (all of NAMES if there are none) until `stop` is set; then what was taken is
    finished. The first fault stops all of it.

    `bootstrap` are Kafka's servers, for those who read it; `prefix` stands before the names of topics.

    Raises:
        InputError: a name is none of NAMES.
        AlreadyRunning: the policies or the timers of this database run elsewhere.
        KafkaFault, PostgresFault, Contended, IntegrityFault: it could not go on; nothing is lost.
    """
    wanted = tuple(names) or NAMES
    if unknown := [name for name in wanted if name not in NAMES]:
        raise InputError(f"There is no consumer {unknown[0]}.", hint=f"There are {', '.join(NAMES)}.")
    consumers = [CONSUMERS[name] for name in wanted if name in CONSUMERS]
    with ExitStack() as held:
        for name in ("policies", "timers"):
            if name in wanted:
                held.enter_context(only_one(workshop.conninfo, f"carnet consume {name}"))
        parts: list[Part] = []
        if "policies" in wanted:
            parts.append(PolicyRunner(POLICIES, workshop).run)
        if "timers" in wanted:
            parts.append(TimerRunner(workshop).run)
        if consumers:
            parts.append(Intake(consumers, workshop, bootstrap, prefix).run)
        _run_all(parts, stop)


def _run_all(parts: list[Part], stop: Event) -> None:
    """Each part in a thread of its own; the first that fails stops the others, and its fault is raised."""
    faults: list[BaseException] = []
    finish = Event()

    def guarded(part: Part) -> None:
        try:
            part(finish)
        except BaseException as fault:
            faults.append(fault)
            finish.set()

    threads = [
        Thread(target=guarded, args=(part,), name=f"part {n}", daemon=True) for n, part in enumerate(parts)
    ]
    for thread in threads:
        thread.start()
    while not finish.wait(LOOK_EVERY_S):
        if stop.is_set():
            finish.set()
    for thread in threads:
        thread.join()
    if faults:
        logger.error("consume.failed", fault=str(faults[0]))
        raise faults[0]
