"""Commands a second: load, decide and append, durable, by the number of callers.

Ours twice: with callers behind one door, and with threads. The stock library twice: as it comes, and tuned with its
cache; its callers are threads, for its API blocks. And the raw limit of one caller, twice too: a single-row INSERT of
the same events, by psycopg and by libpq. Every client stays on one core, PostgreSQL has them all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import LiteralString, TypeVar, cast

import psutil
import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from benchmarks import sides
from benchmarks.callers import by_door, by_threads
from benchmarks.desks import desk
from benchmarks.figures import Figures, Round, figure, ratios
from benchmarks.flow import NOON, decided
from benchmarks.ground import Ground
from benchmarks.sides import Numbers, stay_on_one_core
from benchmarks.size import ROUNDS, Size
from benchmarks.stock import StockBook
from infra.ask import Ask
from infra.markets import load_markets

Values = TypeVar("Values")

CALLERS = (1, 4, 16, 64, 256)
MANY = 64

RAW_TABLE: LiteralString = """
create schema raw;
create table raw.events (like carnet.events including all);
create unique index on raw.events (stream_id, version);
"""
COLUMNS = 14
INSERT = f"insert into raw.events values ({', '.join(COLUMNS * ['%s'])})".encode()
PREPARED = f"insert into raw.events values ({', '.join(f'${n}' for n in range(1, COLUMNS + 1))})".encode()


def measure(ground: Ground, size: Size) -> Figures:
    """All sides in turn, ROUNDS times."""
    book, raw = ground.book(), ground.book()
    stocks = {"stock": ground.database(), "tuned": ground.database()}
    with psycopg.connect(raw, autocommit=True) as connection:
        connection.execute(RAW_TABLE)
    loop = (size.warm_up_seconds, size.seconds)
    rounds: list[Round] = []
    for _ in range(ROUNDS):
        measured: Numbers = {}
        for name, side, conninfo in (
            ("door", door, book),
            ("stock", stock, stocks["stock"]),
            ("threads", threads, book),
            ("tuned", tuned_stock, stocks["tuned"]),
            ("insert", inserts, raw),
            ("libpq", libpq_inserts, raw),
        ):
            ground.tidy(conninfo)
            measured |= {
                f"{name}_{what}": number for what, number in sides.run(side, conninfo, *loop).items()
            }
        rounds.append(measured)
    return {**_curves(rounds, size), **_figures(rounds, size)}


def _curves(rounds: list[Round], size: Size) -> Figures:
    """Throughput by the number of callers."""
    return {
        f"commands_per_second_{name}_at_{callers}": figure(
            [each[f"{name}_rate_{callers}"] for each in rounds], "commands/s", _size(size)
        )
        for name in ("door", "threads", "stock", "tuned")
        for callers in CALLERS
    }


def _figures(rounds: list[Round], size: Size) -> Figures:
    def found(name: str) -> list[float]:
        return [each[name] for each in rounds]

    def ratio(over: str, under: str) -> list[float]:
        return ratios(rounds, over, under)

    best = [max(each[f"tuned_rate_{callers}"] for callers in CALLERS) for each in rounds]
    ours = [each[f"door_rate_{MANY}"] for each in rounds]
    runs = {
        "commands_per_second": (ours, "commands/s"),
        "commands_per_second_threads": (found(f"threads_rate_{MANY}"), "commands/s"),
        "stock_commands_per_second": (found(f"stock_rate_{MANY}"), "commands/s"),
        "tuned_stock_commands_per_second": (found(f"tuned_rate_{MANY}"), "commands/s"),
        "best_stock_commands_per_second": (best, "commands/s"),
        "commands_ratio": (ratio(f"door_rate_{MANY}", f"stock_rate_{MANY}"), "x"),
        "commands_ratio_threads": (ratio(f"threads_rate_{MANY}", f"stock_rate_{MANY}"), "x"),
        "commands_ratio_tuned_stock": (ratio(f"door_rate_{MANY}", f"tuned_rate_{MANY}"), "x"),
        "commands_ratio_best_stock": ([o / b for o, b in zip(ours, best, strict=True)], "x"),
        "single_caller_per_second": (found("threads_rate_1"), "commands/s"),
        "single_caller_ratio": (ratio("threads_rate_1", "stock_rate_1"), "x"),
        "single_caller_ratio_tuned_stock": (ratio("threads_rate_1", "tuned_rate_1"), "x"),
        "single_caller_vs_insert": (ratio("threads_rate_1", "insert_rate_1"), "x"),
        "single_caller_vs_insert_libpq": (ratio("threads_rate_1", "libpq_rate_1"), "x"),
        "single_inserts_per_second": (found("insert_rate_1"), "rows/s"),
        "libpq_inserts_per_second": (found("libpq_rate_1"), "rows/s"),
        "client_rss_mb": (found("door_rss_mb"), "MB"),
        "stock_client_rss_mb": (found("stock_rss_mb"), "MB"),
    }
    for name, said in (("door", "command"), ("threads", "threads_command"), ("stock", "stock_command")):
        for percent in ("p50_ms", "p99_ms"):
            runs[f"{said}_{percent}"] = (found(f"{name}_{percent}_{MANY}"), "ms")
    return {key: figure(values, unit, _size(size)) for key, (values, unit) in runs.items()}


def _size(size: Size) -> str:
    return f"{size.seconds:g} s a run"


def door(conninfo: str, warm_up: float, seconds: float) -> Numbers:
    """Ours, with callers behind one door."""
    stay_on_one_core()
    with desk(conninfo) as ours:
        return _with_memory(
            by_door(ours, callers, warm_up=warm_up, seconds=seconds).numbers(f"{callers}")
            for callers in CALLERS
        )


def threads(conninfo: str, warm_up: float, seconds: float) -> Numbers:
    """Ours, with a thread for each caller."""
    stay_on_one_core()
    with desk(conninfo) as ours:
        return _with_memory(
            by_threads(
                lambda command: ours.handle(Ask(command=command, actor="clerk")),
                callers,
                warm_up=warm_up,
                seconds=seconds,
            ).numbers(f"{callers}")
            for callers in CALLERS
        )


def stock(conninfo: str, warm_up: float, seconds: float) -> Numbers:
    """The stock library as it comes."""
    return _stock(conninfo, warm_up, seconds, tuned=False)


def tuned_stock(conninfo: str, warm_up: float, seconds: float) -> Numbers:
    """The stock library with the settings that its documentation offers for speed."""
    return _stock(conninfo, warm_up, seconds, tuned=True)


def _stock(conninfo: str, warm_up: float, seconds: float, *, tuned: bool) -> Numbers:
    stay_on_one_core()
    with StockBook(conninfo, load_markets(), tuned=tuned) as book:
        return _with_memory(
            by_threads(book.carry_out, callers, warm_up=warm_up, seconds=seconds).numbers(f"{callers}")
            for callers in CALLERS
        )


def _with_memory(measured: Iterable[Numbers]) -> Numbers:
    numbers = {name: number for each in measured for name, number in each.items()}
    return {**numbers, "rss_mb": psutil.Process().memory_info().rss / 1e6}


def inserts(conninfo: str, warm_up: float, seconds: float) -> Numbers:
    """The raw limit of one caller: INSERT, prepared and committed one by one, into a table with the columns and
    the indexes of the log. The events are those of sales, decided before."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return _inserted(
            _rows(connection),
            lambda values: connection.execute(INSERT, values, prepare=True, binary=True),
            (warm_up, seconds),
        )


def libpq_inserts(conninfo: str, warm_up: float, seconds: float) -> Numbers:
    """The same past psycopg's cursor, of values that are bytes already."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        pgconn = connection.pgconn
        pgconn.prepare(b"raw", PREPARED)
        rows = ([None if one is None else str(one).encode() for one in row] for row in _rows(connection))

        def insert(values: list[bytes | None]) -> None:
            told = pgconn.exec_prepared(b"raw", cast("list[bytes]", values))
            if told.status != ExecStatus.COMMAND_OK:
                raise error_from_result(told)

        return _inserted(rows, insert, (warm_up, seconds))


def _inserted(rows: Iterator[Values], insert: Callable[[Values], object], spans: Sequence[float]) -> Numbers:
    stay_on_one_core()
    for span in spans:
        spent = done = 0.0
        while spent < span:
            values = next(rows)
            started = time.perf_counter()
            insert(values)
            spent += time.perf_counter() - started
            done += 1
    return {"rate_1": done / spent}


def _rows(connection: psycopg.Connection[tuple[int]]) -> Iterator[list[object]]:
    """The columns of events, from the end of the table on."""
    markets = load_markets()
    row = connection.execute("select coalesce(max(position), 0) from raw.events").fetchone()
    positions = count(row[0] + 1 if row else 1)
    while True:
        for item in (item for step in decided(markets, 100) for item in step):
            for event in item.events:
                yield [
                    next(positions),
                    *(event.stream_id, event.version, event.event_id, event.name, event.schema_version),
                    *(event.market, NOON, NOON, item.actor, item.command_id, item.correlation_id, None),
                    event.body.decode(),
                ]
