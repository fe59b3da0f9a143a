"""What is about to be published: the next events of the log, as the records that Kafka gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import LiteralString, NamedTuple
from uuid import UUID

from kafka.partitioner.default import murmur2
from psycopg.rows import args_row

from domain.kernel import Event, Family
from infra import avro
from infra.avro.schema import record_name
from infra.cloudevents import Header, Headers
from infra.codec import unknown_event
from infra.postgres import Connection, Pool
from infra.shard import Shard

# What is read at a time, and at most what leaves in one batch: a body has up to 64 KiB.
ROWS_MAX = 500
BATCH_BYTES_MAX = 2 * 1024 * 1024
KEYS_MAX = 65_536

# Positions have no gaps, so this is the next so many. PostgreSQL sees both bounds, and looks into no other partition.
READ: LiteralString = """
select position, stream_id::text, version, event_id::text, name, market, occurred_at, recorded_at, actor, body
from carnet.events where position > %s and position <= %s order by position"""


class Row(NamedTuple):
    """What the relay needs of a row of the log; ids as text, which is how Kafka gets them."""

    position: int
    stream_id: str
    version: int
    event_id: str
    name: str
    market: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    body: str


class Record(NamedTuple):
    """An event as Kafka gets it."""

    family: Family
    partition: int
    key: bytes
    value: bytes
    headers: list[Header]
    timestamp_ms: int


class Batch(NamedTuple):
    """The next records of one shard, maybe none: those of `events` events of the log, the last of which stands at
    `position`. `size` is their bytes; `more` tells that the log goes on."""

    records: list[Record]
    events: int
    size: int
    position: int
    event_id: UUID
    recorded_at: datetime
    more: bool


class Reading(NamedTuple):
    """What is to be read: the events after the position `after`, up to `until` if that is given, of the shard's
    partitions, `rows_max` at a time. `partitions` tells how many the topic of each family has."""

    conninfo: str
    source: str
    shard: Shard
    partitions: Mapping[Family, int]
    after: int
    until: int | None
    rows_max: int


class Outgoing:
    """Reads and encodes the events of a shard.

    Raises:
        PostgresFault: the server cannot be reached.
        IntegrityFault: an event cannot be read, or its class is not as the lock of the schemas has it.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._pool = Pool(reading.conninfo, "carnet_reader", size=1)
        self._codec = avro.codec()
        self._headers = Headers(reading.source)

    def batches(self, after: int) -> Iterator[Batch]:
        """What there is now after a position, up to `rows_max` events; nothing at the end of the log."""
        rows_max, until = self._reading.rows_max, self._reading.until
        # One more than is wanted tells whether the log goes on.
        end = after + rows_max + 1 if until is None else min(after + rows_max + 1, until)
        rows = self._pool.run(lambda connection: _fetch(connection, after, end))
        goes_on = len(rows) > rows_max
        del rows[rows_max:]
        records: list[Record] = []
        events = size = 0
        for number, row in enumerate(rows, start=1):
            left = len(rows) - number
            events += 1
            if record := self._record(row):
                records.append(record)
                size += len(record.value)
            if not left or size >= BATCH_BYTES_MAX:
                more = goes_on or left > 0
                yield Batch(records, events, size, row.position, UUID(row.event_id), row.recorded_at, more)
                records, events, size = [], 0, 0

    def _record(self, row: Row) -> Record | None:
        """The record of an event; None if another shard publishes it."""
        event = Event.named.get(row.name)
        if event is None:
            raise unknown_event(row.name)
        key = row.stream_id.encode()
        partition = partition_of(key, self._reading.partitions[event.family])
        if not self._reading.shard.owns(partition):
            return None
        value = self._codec.encode(row.name, row.body)
        headers = self._headers.of(row, record_name(event))
        return Record(event.family, partition, key, value, headers, int(row.recorded_at.timestamp() * 1000))


@lru_cache(maxsize=KEYS_MAX)
def partition_of(key: bytes, partitions: int) -> int:
    """Where Kafka's default partitioner puts a key: so every producer and every consumer finds it."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


def _fetch(connection: Connection, after: int, end: int) -> list[Row]:
    with connection.cursor(binary=True, row_factory=args_row(Row)) as cursor:
        return cursor.execute(READ, [after, end], prepare=True).fetchall()
