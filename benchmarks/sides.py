"""One run of one side, in a process of its own that starts with nothing remembered.

A side is a function of a module: `run(commands.ours, …)` calls it as `python -m benchmarks.sides` and returns what
it returned. What it prints goes to the standard error of ours.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable

from infra.collecting import collect_seldom

Numbers = dict[str, float]
Argument = str | float | list[int]


def run(side: Callable[..., Numbers], *arguments: Argument) -> Numbers:
    """What the side measured.

    Raises:
        CalledProcessError: it failed; its traceback is on the standard error.
    """
    command = [
        sys.executable,
        "-m",
        "benchmarks.sides",
        side.__module__,
        side.__name__,
        json.dumps(arguments),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    measured: Numbers = json.loads(done.stdout)
    return measured


def stay_on_one_core() -> None:
    """A Python process can use one core. Spread over several, the wake-ups of its threads cross cores, which costs
    every side much of its time; so a client runs on one, and PostgreSQL has them all."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main(module: str, name: str, arguments: str) -> None:
    """The other end of `run`."""
    results, sys.stdout = sys.stdout, sys.stderr
    side: Callable[..., Numbers] = getattr(importlib.import_module(module), name)
    collect_seldom()  # as our own processes do
    json.dump(side(*json.loads(arguments)), results)


if __name__ == "__main__":
    main(*sys.argv[1:])
