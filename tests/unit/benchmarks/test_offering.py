"""Commands that come by schedule."""

from __future__ import annotations

from concurrent.futures import Future
from itertools import repeat

import pytest

from benchmarks.flow import reservation
from benchmarks.offering import offer
from domain.kernel import Command
from infra.ask import Answer
from infra.errors import InputError

COMMANDS = 50


def commands() -> list[Command]:
    return [reservation() for _ in range(COMMANDS)]


def answered(_command: Command) -> Future[Answer]:
    done: Future[Answer] = Future()
    done.set_result(Answer(1, ()))
    return done


def test_every_command_is_counted_from_when_it_was_due() -> None:
    offered = offer(answered, commands(), 10_000)
    assert len(offered.latencies) == COMMANDS
    assert offered.failed == 0
    assert min(offered.latencies) >= 0


def test_who_falls_behind_is_told_the_whole_delay() -> None:
    """All are due at once, and answered in their order when the last has been handed over. Counted from when they
    were handed over, the last one would have the least."""
    waiting: list[Future[Answer]] = []

    def late(_command: Command) -> Future[Answer]:
        waiting.append(Future())
        if len(waiting) == COMMANDS:
            for one in waiting:
                one.set_result(Answer(1, ()))
        return waiting[-1]

    offered = offer(late, commands(), 1e9)
    assert len(offered.latencies) == COMMANDS
    assert offered.latencies == sorted(offered.latencies)


def test_refusals_are_counted_and_the_first_is_told() -> None:
    faults = iter([InputError("first"), *repeat(InputError("later"), COMMANDS)])

    def refused(_command: Command) -> Future[Answer]:
        done: Future[Answer] = Future()
        done.set_exception(next(faults))
        return done

    offered = offer(refused, commands(), 10_000)
    assert offered.failed == COMMANDS
    assert "first" in offered.first_fault


def test_a_door_that_is_shut_is_no_crash_of_the_generator() -> None:
    def busy(_command: Command) -> Future[Answer]:
        raise InputError("shut")

    assert offer(busy, commands(), 10_000).failed == COMMANDS


@pytest.mark.parametrize("rate", [100.0, 1_000.0])
def test_nothing_is_handed_over_before_it_is_due(rate: float) -> None:
    offered = offer(answered, commands()[:10], rate)
    assert min(offered.latencies) >= 0
