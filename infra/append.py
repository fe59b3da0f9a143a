"""One group of items as one call of `carnet.append`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from psycopg import generators
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from infra.arrays import blobs, int4s, int8s, texts, time, times, utf8s, uuids
from infra.item import Item, Outcome, ParkedRow, Tracking
from infra.postgres import Connection
from infra.vault.sealing import SealedRow
from infra.verdicts import outcomes

PARAMETERS = 40
NAME = b"carnet_append"
PLACES = ", ".join(f"${n}" for n in range(1, PARAMETERS + 1))
STATEMENT = f"select carnet.append({PLACES})".encode()
# The session's, for the statements inside `append`: they are planned once, because planning took longer than the work,
# and by index, because a plan made while the tables were empty would scan them for ever after.
SETTINGS = b"""
set plan_cache_mode = force_generic_plan;
set enable_seqscan = off;
set enable_hashjoin = off;
set enable_mergejoin = off"""
BINARY = [Format.BINARY] * PARAMETERS


class Appender:
    """`carnet.append`, prepared on a connection in autocommit that nobody else may be using.

    It asks libpq itself: psycopg's cursor takes longer over forty parameters than the command of one caller. How the
    session plans its statements stays as it is set here.

    Raises:
        psycopg.Error: the server refuses it, or the connection was lost.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        _succeeded(connection.pgconn.exec_(SETTINGS))
        _succeeded(connection.pgconn.prepare(NAME, STATEMENT))

    def append(self, group: Sequence[Item], now: datetime) -> list[Outcome | None]:
        """Write a group of independent items, or nothing. One outcome an item, in the same order: every item
        `Appended`; or, when some lose, what those lost by, and None for the others, which may be sent again.

        Raises:
            psycopg.Error: nothing was written, or the connection was lost and nothing is known.
        """
        pgconn = self.connection.pgconn
        return _outcomes(pgconn.exec_prepared(NAME, _values(group, now), BINARY, Format.BINARY), group)

    def send(self, group: Sequence[Item], now: datetime) -> None:
        """Begin the same. Until `outcomes` tells what came of it, nothing else may be asked."""
        pgconn = self.connection.pgconn
        pgconn.send_query_prepared(NAME, _values(group, now), BINARY, Format.BINARY)
        self.connection.wait(generators.send(pgconn))

    def outcomes(self, group: Sequence[Item]) -> list[Outcome | None]:
        """What came of the group that was sent. Raises as `append`."""
        (result,) = self.connection.wait(generators.fetch_many(self.connection.pgconn))
        return _outcomes(result, group)


def _outcomes(result: PGresult, group: Sequence[Item]) -> list[Outcome | None]:
    return outcomes(_succeeded(result).get_value(0, 0) or b"", group)


def _values(group: Sequence[Item], now: datetime) -> list[bytes]:
    return cast("list[bytes]", parameters(group, now))  # libpq takes None for null, its type does not tell


def _succeeded(result: PGresult) -> PGresult:
    if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
        raise error_from_result(result)
    return result


def parameters(group: Sequence[Item], now: datetime) -> list[bytes | None]:
    """What `carnet.append` takes, in its order and in binary."""
    numbered = list(enumerate(group, start=1))
    reads = [(n, stream, version) for n, item in numbered for stream, version in item.expected.items()]
    # Who writes a stream is the only one in the group that reads it.
    row_of = {stream: row for row, (_, stream, _) in enumerate(reads, start=1)}
    events = [event for item in group for event in item.events]
    return [
        time(now),
        uuids([item.command_id for item in group]),
        int4s([len(item.events) for item in group]),
        blobs([item.digest for item in group]),
        texts([item.answer for item in group]),
        texts([item.actor for item in group]),
        times([item.occurred_at for item in group]),
        uuids([item.correlation_id for item in group]),
        uuids([item.causation_id for item in group]),
        int4s([n for n, _, _ in reads]),
        uuids([stream for _, stream, _ in reads]),
        int8s([version for _, _, version in reads]),
        int4s([row_of[event.stream_id] for event in events]),
        int8s([event.version for event in events]),
        uuids([event.event_id for event in events]),
        texts([event.name for event in events]),
        int4s([event.schema_version for event in events]),
        texts([event.market for event in events]),
        utf8s([event.body for event in events]),
        *_sources([(n, item.tracking) for n, item in numbered if item.tracking]),
        *_sealed([(n, row) for n, item in numbered for row in item.sealed]),
        *_parked([row for item in group for row in item.parked]),
    ]


def _sources(rows: Sequence[tuple[int, Tracking]]) -> Sequence[bytes | None]:
    if not rows:
        return (None,) * 3
    return (
        int4s([n for n, _ in rows]),
        texts([tracking.source for _, tracking in rows]),
        int8s([tracking.next for _, tracking in rows]),
    )


def _sealed(rows: Sequence[tuple[int, SealedRow]]) -> Sequence[bytes | None]:
    """Their look-ups, and they themselves."""
    if not rows:
        return (None,) * 10
    lookups = [(n, row) for n, row in rows if row.lookup is not None]
    return (
        int4s([n for n, _ in lookups]),
        blobs([row.lookup for _, row in lookups]),
        uuids([row.subject for _, row in lookups]),
        uuids([row.id for _, row in rows]),
        uuids([row.subject for _, row in rows]),
        texts([row.group for _, row in rows]),
        int4s([row.incarnation for _, row in rows]),
        int4s([row.format for _, row in rows]),
        blobs([row.blob for _, row in rows]),
        blobs([row.sha256 for _, row in rows]),
    )


def _parked(rows: Sequence[ParkedRow]) -> Sequence[bytes | None]:
    if not rows:
        return (None,) * 8
    return (
        uuids([row.id for row in rows]),
        texts([row.source for row in rows]),
        texts([row.topic for row in rows]),
        int4s([row.partition for row in rows]),
        int8s([row.offset for row in rows]),
        texts([row.key for row in rows]),
        uuids([row.payload for row in rows]),
        texts([row.reason for row in rows]),
    )
