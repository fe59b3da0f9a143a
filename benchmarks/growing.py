"""Grows a log to any length: a played season, then copies of its stories, straight into the tables with COPY.

It ends as `append` would have left it, which `check` looks over: positions without a gap, versions from 1, every
stream, every command, and the head. What the vault would hold of the copies is left out, as if they were erased.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from typing import LiteralString

import psycopg

from benchmarks.stories import Act, Copy, Stands, Told, retold, stories
from infra.errors import IntegrityFault
from infra.postgres import Connection

CHUNK_EVENTS = 50_000
GROUP_EVENTS = 64  # so many events in a row have one recorded time
LIFE_SHARE = 0.3  # of the log: so far apart are the first and the last event of the longest story

BEFORE: LiteralString = "stream_id, version, event_id, name, schema_version, market, occurred_at"
AFTER: LiteralString = "actor, command_id, correlation_id, causation_id, body"
SEASON: LiteralString = f"""
copy (
    select e.position, {BEFORE}, recorded_at, {AFTER}, digest, answer
    from carnet.events e join carnet.commands c using (command_id) order by e.position
) to stdout"""
COPY: dict[str, LiteralString] = {
    "events": f"copy carnet.events (position, {BEFORE}, recorded_at, {AFTER}) from stdin",
    "commands": "copy carnet.commands (command_id, position, events, digest, answer) from stdin",
    "streams": "copy carnet.streams (stream_id, version, first_position, last_position) from stdin",
}
WRONG: dict[str, LiteralString] = {
    "positions are missing, doubled, or not where the head is": """
        select abs(count(*) - max(position)) + abs(max(position) - (select position from carnet.head))
            + abs(min(position) - 1) from carnet.events""",
    "streams do not have the events 1 to n that they count": """
        select count(*) from (
            select stream_id, count(*) as events, min(version) as low, max(version) as high,
                min(position) as first_position, max(position) as last_position
            from carnet.events group by stream_id
        ) e full join carnet.streams s using (stream_id)
        where (e.events, e.low, e.high, e.first_position, e.last_position)
            is distinct from (s.version, 1, s.version, s.first_position, s.last_position)""",
    "versions do not rise with their positions": """
        select count(*) from (
            select version, row_number() over (partition by stream_id order by position) as nth
            from carnet.events
        ) e where version <> nth""",
    "commands do not have the events that they count": """
        select count(*) from (
            select command_id, count(*) as events, max(position) as position
            from carnet.events group by command_id
        ) e full join (select * from carnet.commands where events > 0) c using (command_id)
        where (e.events, e.position) is distinct from (c.events, c.position)""",
    "times fall while positions rise": """
        select count(*) from (
            select recorded_at, lag(recorded_at) over (order by position) as before from carnet.events
        ) e where recorded_at < before""",
}


def grow(season: str, grown: str, events: int) -> None:
    """Fill the migrated, empty order book `grown` with the rows of `season` and with copies of its stories, until it
    holds `events` events (or a few more, for a command is written whole). Both are connection strings of an owner."""
    with ExitStack() as held:
        connections = {table: held.enter_context(psycopg.connect(grown, autocommit=True)) for table in COPY}
        pool = held.enter_context(ThreadPoolExecutor(len(COPY)))
        # One more, because the last command may take the log a little further.
        connections["events"].execute("select carnet.make_partitions(%s)", [events + 1])
        sent: list[Future[None]] = []
        for chunk in Scribe(*read(season)).chunks(events):
            for done in sent:  # PostgreSQL has taken the last chunk while this one was made
                done.result()
            sent = [
                pool.submit(_copy, connections[table], COPY[table], lines) for table, lines in chunk.items()
            ]
        for done in sent:
            done.result()
        connections["events"].execute(
            "update carnet.head h set position = e.position, recorded_at = e.recorded_at from carnet.events e "
            "where e.position = (select max(position) from carnet.events)"
        )


def read(season: str) -> tuple[list[Told], list[str]]:
    """Every event of a season, and when each was recorded."""
    with psycopg.connect(season, autocommit=True) as connection, connection.cursor().copy(SEASON) as copy:
        rows = [line.split("\t") for line in b"".join(copy).decode().split("\n") if line]
    told = []
    for position, stream_id, version, *between in rows:
        event_id, name, schema, market, occurred, _, actor, command_id, *rest, digest, answer = between
        told.append(
            Told(
                position=int(position),
                stream_id=stream_id,
                version=int(version),
                name=name,
                command_id=command_id,
                before=f"{stream_id}\t{version}\t{event_id}\t{name}\t{schema}\t{market}\t{occurred}",
                after="\t".join((actor, command_id, *rest)),
                outcome=f"{digest}\t{answer}",
            )
        )
    return told, [row[8] for row in rows]


class Scribe:
    """Writes the lines of one log, a chunk at a time."""

    def __init__(self, season: Sequence[Told], recorded: Sequence[str]) -> None:
        self._season = season
        self._recorded = recorded
        self._position = 0
        self._chunk: dict[str, list[str]] = {table: [] for table in COPY}

    def chunks(self, events: int) -> Iterator[dict[str, list[str]]]:
        """The lines of each table, until the log holds so many events."""
        self._write_season()
        last = datetime.fromisoformat(self._recorded[-1])
        at = last.isoformat()
        told = retold(
            stories(self._season), events - self._position, Random(events), life=events * LIFE_SHARE
        )
        unfinished: dict[int, Copy] = {}
        for copy, act in told:
            if self._position % GROUP_EVENTS < len(act.lines):
                at = (last + timedelta(milliseconds=self._position // GROUP_EVENTS)).isoformat()
            self._write_act(copy, act, at)
            unfinished[copy.number] = copy
            if copy.told == len(copy.story.acts):
                self._write_streams(unfinished.pop(copy.number))
            if len(self._chunk["events"]) >= CHUNK_EVENTS:
                yield self._taken()
        for copy in unfinished.values():
            self._write_streams(copy)
        yield self._taken()

    def _write_act(self, copy: Copy, act: Act, at: str) -> None:
        for line in act.lines:
            self._position += 1
            self._chunk["events"].append(copy.line(line, self._position, at))
        self._write_command(copy.id(act.command), len(act.lines), act.outcome)

    def _write_streams(self, copy: Copy) -> None:
        for stream, stands in copy.streams.items():
            self._write_stream(copy.id(copy.story.streams[stream]), stands)

    def _write_season(self) -> None:
        standing: dict[str, Stands] = {}
        for command_id, written in groupby(self._season, key=lambda one: one.command_id):
            events = list(written)
            for one in events:
                self._position += 1
                at = self._recorded[self._position - 1]
                first = standing[one.stream_id].first if one.stream_id in standing else self._position
                standing[one.stream_id] = Stands(one.version, first, self._position)
                self._chunk["events"].append(f"{self._position}\t{one.before}\t{at}\t{one.after}\n")
            self._write_command(command_id, len(events), events[0].outcome)
        for stream_id, stands in standing.items():
            self._write_stream(stream_id, stands)

    def _write_command(self, command_id: str, events: int, outcome: str) -> None:
        self._chunk["commands"].append(f"{command_id}\t{self._position}\t{events}\t{outcome}\n")

    def _write_stream(self, stream_id: str, stands: Stands) -> None:
        self._chunk["streams"].append(f"{stream_id}\t{stands.version}\t{stands.first}\t{stands.last}\n")

    def _taken(self) -> dict[str, list[str]]:
        chunk, self._chunk = self._chunk, {table: [] for table in COPY}
        return chunk


def _copy(connection: Connection, statement: LiteralString, lines: list[str]) -> None:
    with connection.cursor().copy(statement) as copy:
        copy.write("".join(lines))


def check(connection: Connection) -> None:
    """Hold events, streams, commands and head against each other.

    Raises:
        IntegrityFault: it names the first thing that is wrong.
    """
    for what, wrong in WRONG.items():
        row = connection.execute(wrong).fetchone()
        if row and row[0]:
            raise IntegrityFault(f"The grown log is not as append leaves one: {row[0]} {what}.")
