"""One group of items as one call of `carnet.append`, and its verdicts as outcomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import cast
from uuid import UUID

import msgspec
from psycopg import generators
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from infra.arrays import blobs, int4s, int8s, texts, time, times, utf8s, uuids
from infra.item import Appended, Behind, Conflict, Duplicate, Item, Outcome, ParkedRow, Taken, Tracking
from infra.postgres import Connection
from infra.vault.sealing import SealedRow

RANK = ("duplicate", "behind", "conflict", "taken")

PARAMETERS = 40
NAME = b"carnet_append"
PLACES = ", ".join(f"${n}" for n in range(1, PARAMETERS + 1))
STATEMENT = f"select carnet.append({PLACES})".encode()
# How its statements are planned: once in a session, for planning took longer than the work. A plan made while the
# tables were empty would scan them for ever after; the others pin index scans.
PLANNED_ONCE = b"""
set plan_cache_mode = force_generic_plan;
set enable_seqscan = off;
set enable_hashjoin = off;
set enable_mergejoin = off"""
BINARY = [Format.BINARY] * PARAMETERS


class Appender:
    """`carnet.append`, prepared on a connection in autocommit that nobody else may be using.

    It asks libpq itself: psycopg's cursor takes longer over forty parameters than the command of one caller.

    Raises:
        psycopg.Error: the server refuses it, or the connection was lost.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        _succeeded(connection.pgconn.exec_(PLANNED_ONCE))
        _succeeded(connection.pgconn.prepare(NAME, STATEMENT))

    def append(self, group: Sequence[Item], now: datetime) -> list[Outcome | None]:
        """Write a group of independent items, or nothing. One outcome an item, in the same order: every item
        `Appended`; or, when some lose, what those lost by, and None for the others, which may be sent again.

        Raises:
            psycopg.Error: nothing was written, or the connection was lost and nothing is known.
        """
        pgconn = self.connection.pgconn
        return _told(pgconn.exec_prepared(NAME, _values(group, now), BINARY, Format.BINARY), group)

    def send(self, group: Sequence[Item], now: datetime) -> None:
        """Begin the same. Until `outcomes` tells what came of it, nothing else may be asked."""
        pgconn = self.connection.pgconn
        pgconn.send_query_prepared(NAME, _values(group, now), BINARY, Format.BINARY)
        self.connection.wait(generators.send(pgconn))

    def outcomes(self, group: Sequence[Item]) -> list[Outcome | None]:
        """What came of the group that was sent. Raises as `append`."""
        (told,) = self.connection.wait(generators.fetch_many(self.connection.pgconn))
        return _told(told, group)


class Verdict(msgspec.Struct, frozen=True):
    """What an item lost by, as `carnet.append` tells it."""

    item: int
    verdict: str
    key: str | None
    at: int | None
    events: int | None
    digest: str | None
    answer: str | None


TOLD = msgspec.json.Decoder(int | list[Verdict])


def _told(result: PGresult, group: Sequence[Item]) -> list[Outcome | None]:
    told = TOLD.decode(_succeeded(result).get_value(0, 0) or b"")
    if isinstance(told, int):
        return [Appended(told + end) for end in _ends(group)]
    return _losses(told, len(group))


def _values(group: Sequence[Item], now: datetime) -> list[bytes]:
    return cast("list[bytes]", parameters(group, now))  # libpq takes None for null, its type does not tell


def _succeeded(result: PGresult) -> PGresult:
    if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
        raise error_from_result(result)
    return result


def _ends(group: Sequence[Item]) -> list[int]:
    return list(accumulate(len(item.events) for item in group))


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


def _losses(verdicts: Sequence[Verdict], items: int) -> list[Outcome | None]:
    """An item may lose in several ways: the first of RANK is told."""
    outcomes: list[Outcome | None] = [None] * items
    streams: defaultdict[int, dict[UUID, int]] = defaultdict(dict)
    for lost in sorted(verdicts, key=lambda lost: RANK.index(lost.verdict)):
        outcome: Outcome
        match lost.verdict:
            case "duplicate":
                digest = None if lost.digest is None else bytes.fromhex(lost.digest)
                outcome = Duplicate(_number(lost.at), _number(lost.events), digest, lost.answer)
            case "behind":
                outcome = Behind(_text(lost.key), _number(lost.at))
            case "conflict":
                streams[lost.item][UUID(lost.key)] = _number(lost.at)
                outcome = Conflict(streams[lost.item])
            case "taken":
                outcome = Taken(UUID(lost.key))
            case _:
                raise ValueError(f"append gave a verdict named {lost.verdict}")
        outcomes[lost.item - 1] = outcomes[lost.item - 1] or outcome
    return outcomes


def _number(value: int | None) -> int:
    if value is None:
        raise ValueError("append gave a verdict without its number")
    return value


def _text(value: str | None) -> str:
    if value is None:
        raise ValueError("append gave a verdict without its key")
    return value
