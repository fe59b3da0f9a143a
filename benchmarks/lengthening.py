"""What the length of the log costs: appends to it, and the replay of one order, from 100,000 to 10 million events.

Appends come in the groups that 64 callers make. Half of them begin an order, half go on with orders from anywhere in
the log, whose rows and index pages were read once before, when they were chosen out of ten times as many. Just after a
checkpoint PostgreSQL writes a page whole when it first changes, and a long log has more pages; so that is measured
apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from random import Random
from uuid import UUID, uuid4

from msgspec import structs

from benchmarks import sides
from benchmarks.appending import timed
from benchmarks.figures import Figures, figure, percentile, ratios
from benchmarks.flow import NOON, decided
from benchmarks.ground import Ground
from benchmarks.sides import Numbers
from benchmarks.size import ROUNDS, Size
from domain.kernel import Event
from infra.clock import SystemClock
from infra.codec import encode
from infra.ids import new_id
from infra.item import Item, NewEvent
from infra.log import Log
from infra.markets import load_markets
from infra.postgres import Connection, connect
from tests import examples

GROUP = 64
LABELS = ("100k", "1m", "10m")
Side = Callable[[str, int, int], Numbers]
OF_ORDERS = [name for name, event in Event.named.items() if event.family == "orders"]


def measure(ground: Ground, size: Size) -> Figures:
    """Every length in turn, ROUNDS times as it goes on all day, and ROUNDS times just after a checkpoint."""
    books = {
        label: ground.database(template=ground.grown(events)) if label != LABELS[-1] else ground.grown(events)
        for label, events in zip(LABELS, size.log_sizes, strict=True)
    }
    groups = size.appended_groups

    def appended(seed: int, side: Side = appends) -> Numbers:
        return {label: sides.run(side, book, groups, seed)["appends"] for label, book in books.items()}

    ground.tidy(*books.values())
    seeds = count()
    appended(next(seeds))  # one that does not count
    rounds = [
        appended(seed) | sides.run(replays, books[LABELS[-1]], size.replays, seed)
        for seed in islice(seeds, ROUNDS)
    ]
    drawn = [appended(seed, appends_random) for seed in islice(seeds, ROUNDS)]
    fresh = []
    for seed in islice(seeds, ROUNDS):
        ground.tidy(*books.values())
        fresh.append(appended(seed))
    return {
        **{
            f"append_events_per_second_at_{label}": figure(
                [each[label] for each in rounds], "events/s", f"{events:,} events"
            )
            for label, events in zip(LABELS, size.log_sizes, strict=True)
        },
        "append_at_10m_vs_100k": figure(ratios(rounds, "10m", "100k"), "x", _told(size)),
        "append_at_10m_vs_100k_random_ids": figure(ratios(drawn, "10m", "100k"), "x", _told(size)),
        "append_at_10m_vs_100k_after_checkpoint": figure(ratios(fresh, "10m", "100k"), "x", _told(size)),
        "order_replay_p50_ms_at_10m": figure([each["p50_ms"] for each in rounds], "ms", _told(size)),
        "order_replay_p99_ms_at_10m": figure([each["p99_ms"] for each in rounds], "ms", _told(size)),
    }


def _told(size: Size) -> str:
    return f"{size.log_sizes[-1]:,} events against {size.log_sizes[0]:,}"


def appends(conninfo: str, groups: int, seed: int) -> Numbers:
    """So many groups, half of whose items begin orders and half go on with some of the log. The ids of commands are
    those that Carnet mints."""
    return _appends(conninfo, groups, seed, new_id)


def appends_random(conninfo: str, groups: int, seed: int) -> Numbers:
    """The same with ids that callers drew at random."""
    return _appends(conninfo, groups, seed, uuid4)


def _appends(conninfo: str, groups: int, seed: int, mint: Callable[[], UUID]) -> Numbers:
    half = GROUP // 2
    with connect(conninfo, "carnet_writer") as connection:
        going_on = _going_on(_somewhere(connection, (groups + 1) * half, Random(seed)))
        new = _begun()
        items = [[*islice(new, half), *islice(going_on, half)] for _ in range(groups + 1)]
        return timed(
            connection, [[structs.replace(one, command_id=mint()) for one in group] for group in items]
        )


def replays(conninfo: str, orders: int, seed: int) -> Numbers:
    """Histories of orders from anywhere in the log, every other one as of a position in its midst."""
    rng = Random(seed)
    latencies = []
    with connect(conninfo, "carnet_reader") as connection:
        found = _somewhere(connection, orders, rng)
        ends = {stream: _middle(connection, stream) for stream in list(found)[::2]}
    with Log(conninfo, SystemClock()) as log:
        log.history(uuid4())  # opens the connection and makes the plan
        for stream in found:
            started = time.perf_counter()
            history = log.history(stream, until_position=ends.get(stream))
            latencies.append(time.perf_counter() - started)
            if not history:
                raise AssertionError(f"order {stream} has no history")
    return {"p50_ms": percentile(latencies, 50) * 1e3, "p99_ms": percentile(latencies, 99) * 1e3}


def _somewhere(connection: Connection, orders: int, rng: Random) -> dict[UUID, int]:
    """So many orders (all, of a log that has fewer) that have an event somewhere or other, and their versions."""
    row = connection.execute("select position from carnet.head").fetchone()
    head = int(row[0]) if row else 0
    positions = rng.sample(range(1, head + 1), min(10 * orders, head))
    found: dict[UUID, int] = dict(
        connection.execute(
            "select s.stream_id, s.version from carnet.streams s join ("
            "    select distinct stream_id from carnet.events where position = any(%s) and name = any(%s)"
            ") e using (stream_id)",
            [positions, OF_ORDERS],
        ).fetchall()
    )
    chosen = rng.sample(sorted(found), min(orders, len(found)))
    return {stream: found[stream] for stream in chosen}


def _middle(connection: Connection, stream: UUID) -> int:
    row = connection.execute(
        "select (first_position + last_position) / 2 from carnet.streams where stream_id = %s", [stream]
    ).fetchone()
    return int(row[0]) if row else 0


def _begun() -> Iterator[Item]:
    """Reservations of new orders, without end."""
    markets = load_markets()
    while True:
        yield from next(decided(markets, 100))


def _going_on(orders: dict[UUID, int]) -> Iterator[Item]:
    """The next event of each order in turn, without end."""
    for again in count():
        for stream, version in orders.items():
            yield _next(stream, version + again)


def _next(stream: UUID, version: int) -> Item:
    """A quote, as the next event of an order."""
    command_id = new_id()
    event = NewEvent(
        stream_id=stream,
        version=version + 1,
        event_id=new_id(),
        name=type(examples.quoted).__name__,
        schema_version=examples.quoted.schema_version,
        market="DE",
        body=encode(examples.quoted),
    )
    return Item(
        command_id=command_id,
        occurred_at=NOON,
        actor="clerk",
        correlation_id=command_id,
        digest=bytes(32),
        expected={stream: version},
        events=(event,),
    )
