"""Commands a second: load, decide and append, durable, with 64 callers; ours and the stock library's in turn.

The stock library runs as it comes, and tuned with its cache. Every run is a process of its own, which starts with
nothing remembered: `python -m benchmarks.commands ours|stock|tuned CONNINFO` prints the commands a second of one run.
"""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from benchmarks.flow import NoonClock, sale
from benchmarks.stock import StockBook
from domain.kernel import Command
from domain.sealed import Clear, Personal, Sealed
from infra.handle import Ask, Desk
from infra.log import Log
from infra.markets import load_markets
from infra.migrate import migrate
from infra.vault.sealing import SealedRow

CALLERS = 64
ROUNDS = 5
WARM_UP_SECONDS = 1.0
SECONDS = 3.0

Result = dict[str, float | list[float]]


def measure(server: str) -> dict[str, float | Result]:
    """Run all sides in turn, ROUNDS times. `server` is the connection string of a PostgreSQL to use."""
    databases = {side: _database(server, side) for side in ("ours", "stock", "tuned")}
    migrate(databases["ours"])
    rounds = [{side: _run(side, databases[side]) for side in databases} for _ in range(ROUNDS)]
    return {
        "callers": CALLERS,
        "commands_per_second": _result([each["ours"] for each in rounds]),
        "stock_commands_per_second": _result([each["stock"] for each in rounds]),
        "tuned_stock_commands_per_second": _result([each["tuned"] for each in rounds]),
        "commands_ratio": _result([each["ours"] / each["stock"] for each in rounds]),
        "commands_ratio_tuned_stock": _result([each["ours"] / each["tuned"] for each in rounds]),
    }


def main(side: str, conninfo: str) -> None:
    """One run of one side."""
    _stay_on_one_core()
    gc.freeze()  # what was imported never goes away: no collection needs to look at it again
    with _ours(conninfo) if side == "ours" else _stock(conninfo, tuned=side == "tuned") as carry_out:
        _commands_per_second(carry_out, WARM_UP_SECONDS)
        print(_commands_per_second(carry_out, SECONDS))


@contextmanager
def _ours(conninfo: str) -> Iterator[Callable[[Command], object]]:
    with Log(conninfo, NoonClock()) as log:
        desk = Desk(log, _Unused(), load_markets(), NoonClock(), digest_key=bytes(32))
        yield lambda command: desk.handle(Ask(command=command, actor="clerk"))


@contextmanager
def _stock(conninfo: str, *, tuned: bool) -> Iterator[Callable[[Command], object]]:
    with StockBook(conninfo, load_markets(), tuned=tuned) as stock:
        yield stock.carry_out


def _commands_per_second(carry_out: Callable[[Command], object], seconds: float) -> float:
    """Each caller carries out sale after sale until the time is over; whole sales count."""
    started = time.perf_counter()

    def call() -> int:
        done = 0
        while time.perf_counter() < started + seconds:
            for command in sale():
                carry_out(command)
                done += 1
        return done

    with ThreadPoolExecutor(CALLERS) as callers:
        counts = [caller.result() for caller in [callers.submit(call) for _ in range(CALLERS)]]
    return sum(counts) / (time.perf_counter() - started)


def _run(side: str, conninfo: str) -> float:
    """One run in a process of its own; PostgreSQL first tidies up, so that no run pays for another's."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
    command = [sys.executable, "-m", "benchmarks.commands", side, conninfo]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _result(runs: list[float]) -> Result:
    return {"median": round(statistics.median(runs), 2), "runs": [round(run, 2) for run in runs]}


def _stay_on_one_core() -> None:
    """A Python process can use one core. Spread over several, the callers' wake-ups cross cores, which costs both
    sides much of their time; so each client runs on one, and PostgreSQL has them all."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _database(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return make_conninfo(server, dbname=name)


class _Unused:
    """No command of the flow has clear text."""

    def known(self, clear: Clear, how: Personal, subject: object) -> Sealed | None:
        raise AssertionError("the flow has no clear text")

    def seal(self, clear: Clear, how: Personal, subject: object) -> tuple[Sealed, SealedRow]:
        raise AssertionError("the flow has no clear text")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
