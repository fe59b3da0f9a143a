"""Events a second of building the three main read models from the first event, by the number of workers.

Against the stock library's ProjectionRunner, which does the same from the same log for some seconds and tells how
far it came; and against a bare read and decode of the same rows, which is what a worker cannot do without.
"""

from __future__ import annotations

import time
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from benchmarks import sides, stock_models
from benchmarks.figures import Figures, figure, ratios
from benchmarks.ground import Ground
from benchmarks.sides import Numbers
from benchmarks.size import ROUNDS, Size
from infra.clock import SystemClock
from infra.codec import decode
from infra.log import Log
from infra.log_reader import COLUMNS
from projections.rebuilding import rebuild
from projections.switching import Site

WORKERS = (1, 2, 4)
PAGE_ROWS = 2_000
# What our own sessions switch off for themselves: rows lost in a crash are projected again; plans go by index.
AS_OURS = ("synchronous_commit", "enable_seqscan", "enable_hashjoin", "enable_mergejoin")
ALL_ROWS: LiteralString = f"select {COLUMNS} from carnet.events order by position"


def measure(ground: Ground, size: Size) -> Figures:
    """All sides in turn, ROUNDS times."""
    log = ground.grown(size.rebuilt_events)
    rounds = []
    for _ in range(ROUNDS):
        measured: Numbers = {}
        for workers in WORKERS:
            ground.tidy(log)
            measured[f"ours_{workers}"] = sides.run(ours, log, workers)["rate"]
        measured |= sides.run(reads, log)
        measured["stock"] = _stock(ground, log, size)
        rounds.append(measured)
    told = f"{size.rebuilt_events:,} events; stock {size.stock_seconds:g} s of them"
    return {
        **{
            f"rebuild_events_per_second_at_{workers}": figure(
                [each[f"ours_{workers}"] for each in rounds], "events/s", told
            )
            for workers in WORKERS
        },
        "stock_projection_events_per_second": figure([each["stock"] for each in rounds], "events/s", told),
        "read_decode_events_per_second": figure([each["reads"] for each in rounds], "events/s", told),
        "rebuild_ratio": figure(
            [max(each[f"ours_{workers}"] for workers in WORKERS) / each["stock"] for each in rounds],
            "x",
            told,
        ),
        "rebuild_ratio_one_worker": figure(ratios(rounds, "ours_1", "stock"), "x", told),
        "rebuild_vs_read_decode": figure(ratios(rounds, "ours_1", "reads"), "x", told),
    }


def _stock(ground: Ground, log: str, size: Size) -> float:
    """In a database of its own, for it cannot build anew beside what readers see."""
    conninfo = ground.database()
    stock_models.fill(log, conninfo, size.rebuilt_events)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        name = sql.Identifier(str(conninfo_to_dict(conninfo)["dbname"]))
        for setting in AS_OURS:
            connection.execute(
                sql.SQL("alter database {} set {} to off").format(name, sql.Identifier(setting))
            )
    ground.tidy(conninfo)
    rate = sides.run(stock, conninfo, size.stock_seconds)["rate"]
    ground.drop(conninfo)
    return rate


def ours(conninfo: str, workers: int) -> Numbers:
    """The whole of it: tables, rows, indexes, and the switch of the readers."""
    clock = SystemClock()
    with Log(conninfo, clock) as log:
        events = log.head().position
        started = time.perf_counter()
        if rebuild(Site(conninfo=conninfo, log=log, clock=clock), stock_models.MAIN, workers=workers) is None:
            raise AssertionError("nobody stopped the rebuild, and yet it was not done")
        return {"rate": events / (time.perf_counter() - started)}


def stock(conninfo: str, seconds: float) -> Numbers:
    """The stock library, from when its first event is through."""
    with stock_models.runner(conninfo) as runner:

        def reached() -> int:
            return runner.view.max_tracking_id(runner.app.name) or 0

        runner.wait(1, timeout=60)
        begin, started = reached(), time.perf_counter()
        runner.run_forever(timeout=seconds)
        return {"rate": (reached() - begin) / (time.perf_counter() - started)}


def reads(conninfo: str) -> Numbers:
    """Every column of every row through a cursor of the server, in binary, and every body decoded."""
    with psycopg.connect(conninfo) as connection:
        started = time.perf_counter()
        with connection.cursor("bare", binary=True) as cursor:
            cursor.itersize = PAGE_ROWS
            cursor.execute(ALL_ROWS)
            events = 0
            for row in cursor:
                decode(row[4], row[-1])
                events += 1
        return {"reads": events / (time.perf_counter() - started)}
