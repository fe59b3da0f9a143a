"""The same read models by the eventsourcing library: its ProjectionRunner on its PostgreSQL tracking recorder.

One runner for all of them: an event is read and decoded once, and what the projections make of it is written in one
transaction with its tracking, as the library's documentation shows it, in as few round trips as that allows. The
projections are ours, so both sides write the same rows. It subscribes to the topics that they want and to no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, Notification, StoredEvent, Tracking
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Composed, Identifier

import projections
from benchmarks.stock import TUNED, environment
from domain.kernel import Event, Recorded
from infra.codec import decode
from projections.kernel import Key, Row
from projections.kernel import Projection as Ours
from projections.memory import Memory
from projections.tables import Table

MAIN = tuple(
    one
    for one in projections.ALL
    if one.name in {"customer_status", "dealer_commissions", "market_compliance"}
)


class Envelope(msgspec.Struct, frozen=True):
    """What the library's table keeps of an event, as JSON: its columns are few, so the rest stands in its state."""

    event_id: UUID
    schema_version: int
    market: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    command_id: UUID
    correlation_id: UUID
    causation_id: UUID | None
    body: msgspec.Raw


ENVELOPES = msgspec.json.Decoder(Envelope)
READ = """
copy (
    select stream_id, version, name, convert_to(json_build_object(
        'event_id', event_id, 'schema_version', schema_version, 'market', market, 'occurred_at', occurred_at,
        'recorded_at', recorded_at, 'actor', actor, 'command_id', command_id, 'correlation_id', correlation_id,
        'causation_id', causation_id, 'body', body::json)::text, 'UTF8')
    from carnet.events where position <= {} order by position
) to stdout (format binary)"""
WRITE = """
copy {} (originator_id, originator_version, topic, state) from stdin (format binary)"""


class Told:
    """An event as the library hands it on."""

    def __init__(self, recorded: Recorded) -> None:
        self.originator_id = recorded.stream_id
        self.originator_version = recorded.version
        self.recorded = recorded


class EnvelopeMapper(Mapper[UUID]):
    """Reads the events of our log from the library's table."""

    def to_domain_event(self, stored_event: StoredEvent) -> Told:
        assert isinstance(stored_event, Notification)
        assert isinstance(stored_event.originator_id, UUID)
        told = ENVELOPES.decode(stored_event.state)
        body = bytes(told.body)
        return Told(
            Recorded(
                position=stored_event.id,
                stream_id=stored_event.originator_id,
                version=stored_event.originator_version,
                event_id=told.event_id,
                name=stored_event.topic,
                schema_version=told.schema_version,
                market=told.market,
                occurred_at=told.occurred_at,
                recorded_at=told.recorded_at,
                actor=told.actor,
                command_id=told.command_id,
                correlation_id=told.correlation_id,
                causation_id=told.causation_id,
                body=body,
                event=decode(stored_event.topic, body),
            )
        )


class ToldBook(Application[UUID]):
    """The application whose events are projected."""

    def construct_mapper(self) -> EnvelopeMapper:
        return EnvelopeMapper(self.construct_transcoder())


class Models(PostgresTrackingRecorder):
    """The tables of the read models, and how far they have come."""

    def __init__(self, datastore: PostgresDatastore, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        self._tables = {row: Table(row, datastore.schema) for one in MAIN for row in one.rows}

    def _create_table(self, curs: psycopg.Cursor[Any]) -> None:
        super()._create_table(curs)
        for table in self._tables.values():
            table.create(curs.connection)
            table.index(curs.connection)

    def take(self, recorded: Recorded, tracking: Tracking) -> None:
        """Project an event: its rows and its tracking, in one transaction."""
        with self.datastore.transaction(commit=True) as curs:
            for projection in MAIN:
                if projection.wanted(type(recorded.event)):
                    self._project(projection, recorded, curs)
            self._insert_tracking(curs, tracking)

    def _project(self, projection: Ours, recorded: Recorded, curs: psycopg.Cursor[Any]) -> None:
        """What it will read comes in one query a table, and what it changes goes out in one round trip a table."""

        def load(row: type[Row], places: Sequence[tuple[Key, int]]) -> Iterable[tuple[Row, int]]:
            table = self._tables[row]
            keys = [key if isinstance(key, tuple) else (key,) for key, _ in places]
            columns = [list(column) for column in zip(*keys, strict=True)]
            found = curs.execute(_select(table), columns, prepare=True, binary=True).fetchall()
            return [(table.shape.row(list(one.values())), 0) for one in found]

        memory = Memory(projection.rows, load, kept=0)
        memory.prefetch((row, key, 0) for row, key in projection.hint(recorded))
        memory.fold(projection.project, recorded, 0)
        for row in projection.rows:
            table = self._tables[row]
            changes = memory.changed(row)
            if put := [*changes.new, *changes.put]:
                curs.executemany(_upsert(table), [_values(table, one) for one, _ in put])
            if changes.gone:
                table.remove(curs.connection, changes.gone)


def _values(table: Table[Any], row: Row) -> list[object]:
    values = table.shape.values(row)
    return [value.decode() if isinstance(value, bytes) else value for value in values]


class ThreeModels(Projection[Models]):
    """The projections at work."""

    topics = tuple(name for name, event in Event.named.items() if any(one.wanted(event) for one in MAIN))

    def process_event(self, domain_event: Told, tracking: Tracking) -> None:
        self.view.take(domain_event.recorded, tracking)


def fill(log: str, conninfo: str, until: int) -> None:
    """Put the events of one of our logs, up to a position, into the library's table, in the same order."""
    with ToldBook({**TUNED, **environment(conninfo)}) as book:
        assert isinstance(book.recorder, PostgresApplicationRecorder)
        write = SQL(WRITE).format(Identifier(book.recorder.events_table_name))
    with psycopg.connect(log) as source, psycopg.connect(conninfo) as target:
        read = SQL(READ).format(until)
        with source.cursor().copy(read) as rows, target.cursor().copy(write) as copy:
            for row in rows:
                copy.write(row)


def runner(conninfo: str) -> ProjectionRunner[ToldBook, Models]:
    """The library's runner on an otherwise empty database. It starts at once."""
    return ProjectionRunner(
        application_class=ToldBook,
        projection_class=ThreeModels,
        view_class=Models,
        env={**TUNED, **environment(conninfo)},
    )


# Composing a statement costs as much as running it; so each is composed once.
@cache
def _select(table: Table[Any]) -> bytes:
    types = {column.name: column.type for column in table.shape.columns}
    statement = SQL("select {} from {} join unnest({}) as wanted ({}) using ({})").format(
        _names([column.name for column in table.shape.kept]),
        table.name,
        SQL(", ").join(SQL("%s::{}[]").format(SQL(types[name])) for name in table.key),
        _names(table.key),
        _names(table.key),
    )
    return statement.as_bytes()


@cache
def _upsert(table: Table[Any]) -> bytes:
    changed = [name for name in table.shape.names if name not in table.key]
    statement = SQL("insert into {} ({}) values ({}) on conflict ({}) do update set {}").format(
        table.name,
        _names(table.shape.names),
        SQL(", ").join(SQL("%s") for _ in table.shape.names),
        _names(table.key),
        SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in changed),
    )
    return statement.as_bytes()


def _names(names: Sequence[str]) -> Composed:
    return SQL(", ").join(map(Identifier, names))
