"""Events a second through `append` in groups of 500 items, against COPY of the same rows into the same tables.

The raw limit gets everything: its lines are made before, there is one COPY a table, and one commit for all of it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count, islice
from uuid import UUID

import psycopg

from benchmarks import sides
from benchmarks.figures import Figures, figure, percentile, ratios
from benchmarks.flow import NOON, NoonClock, decided
from benchmarks.ground import Ground
from benchmarks.growing import COPY
from benchmarks.sides import Numbers
from benchmarks.size import ROUNDS, Size
from infra.append import Appender
from infra.item import Appended, Item
from infra.markets import load_markets
from infra.postgres import Connection, connect

GROUP = 500


def measure(ground: Ground, size: Size) -> Figures:
    """Both in turn, ROUNDS times."""
    appended, copied = ground.book(), ground.book()
    rounds = []
    for _ in range(ROUNDS):
        measured: Numbers = {}
        for side, conninfo in ((appends, appended), (copies, copied)):
            ground.tidy(conninfo)
            measured |= sides.run(side, conninfo, size.groups)
        rounds.append(measured)
    told = f"{size.groups} groups of {GROUP} items a run"
    return {
        "append_events_per_second": figure([each["appends"] for each in rounds], "events/s", told),
        "copy_events_per_second": figure([each["copies"] for each in rounds], "events/s", told),
        "append_vs_copy": figure(ratios(rounds, "appends", "copies"), "x", told),
        "append_group_p50_ms": figure([each["group_p50_ms"] for each in rounds], "ms", told),
        "append_group_p99_ms": figure([each["group_p99_ms"] for each in rounds], "ms", told),
    }


def appends(conninfo: str, groups: int) -> Numbers:
    """The steps of sales, decided before, a group after the other."""
    with connect(conninfo, "carnet_writer") as connection:
        return timed(connection, _groups(groups))


def timed(connection: Connection, groups: Sequence[Sequence[Item]]) -> Numbers:
    """Append groups of items, all of which must be taken. The first group is the warm-up."""
    now, appender = NoonClock().now(), Appender(connection)
    latencies = []
    for group in groups:
        started = time.perf_counter()
        outcomes = appender.append(group, now)
        latencies.append(time.perf_counter() - started)
        if not all(isinstance(outcome, Appended) for outcome in outcomes):
            raise AssertionError(f"append did not take a group: {outcomes}")
    del latencies[0]
    events = sum(len(item.events) for group in groups[1:] for item in group)
    return {
        "appends": events / sum(latencies),
        "group_p50_ms": percentile(latencies, 50) * 1e3,
        "group_p99_ms": percentile(latencies, 99) * 1e3,
    }


def copies(conninfo: str, groups: int) -> Numbers:
    """The raw limit: the rows that the same groups come to, as lines that are ready, in one transaction."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("select coalesce(max(position), 0) from carnet.events").fetchone()
        head = int(row[0]) if row else 0
        lines = _lines(_groups(groups), head)
        events = lines["events"].count(b"\n")
        connection.execute("select carnet.make_partitions(%s)", [head + events])
        connection.commit()
        started = time.perf_counter()
        for table, statement in COPY.items():
            with connection.cursor().copy(statement) as copy:
                copy.write(lines[table])
        connection.commit()
        seconds = time.perf_counter() - started
    return {"copies": events / seconds}


def _groups(groups: int) -> list[list[Item]]:
    """So many groups, and one more before them: in each one step of as many sales."""
    markets = load_markets()
    steps = (step for _ in count() for step in decided(markets, GROUP))
    return list(islice(steps, groups + 1))


def _lines(groups: Sequence[Sequence[Item]], position: int) -> dict[str, bytes]:
    """What COPY takes for each table."""
    lines: dict[str, list[str]] = {table: [] for table in COPY}
    streams: dict[UUID, tuple[int, int, int]] = {}
    at = NOON.isoformat()
    for item in (item for group in groups[1:] for item in group):
        for event in item.events:
            position += 1
            first = streams.get(event.stream_id, (0, position, 0))[1]
            streams[event.stream_id] = (event.version, first, position)
            body = event.body.decode().replace("\\", r"\\")
            lines["events"].append(
                f"{position}\t{event.stream_id}\t{event.version}\t{event.event_id}\t{event.name}\t"
                f"{event.schema_version}\t{event.market}\t{at}\t{at}\t{item.actor}\t{item.command_id}\t"
                f"{item.correlation_id}\t\\N\t{body}"
            )
        digest = rf"\\x{item.digest.hex()}" if item.digest else r"\N"
        lines["commands"].append(f"{item.command_id}\t{position}\t{len(item.events)}\t{digest}\t\\N")
    for stream_id, (version, first, last) in streams.items():
        lines["streams"].append(f"{stream_id}\t{version}\t{first}\t{last}")
    return {table: ("\n".join(told) + "\n").encode() for table, told in lines.items()}
