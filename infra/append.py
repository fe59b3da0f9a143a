"""One group of items as one call of `carnet.append`, and its verdicts as outcomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import LiteralString
from uuid import UUID

from infra.arrays import blobs, integers, texts, times, uuids
from infra.item import Appended, Behind, Conflict, Duplicate, Item, Outcome, Taken
from infra.postgres import Connection

Verdict = tuple[int, str, str | None, int | None, int | None, bytes | None, str | None]

RANK = ("duplicate", "behind", "conflict", "taken")

APPEND: LiteralString = """
select item, verdict, key, at, events, digest, answer from carnet.append(
    %s,
    %s, %s, %s, %s, %s, %s, %s, %s, %s,
    %s, %s, %s,
    %s, %s, %s, %s, %s, %s, %s, %s,
    %s, %s, %s,
    %s, %s, %s,
    %s, %s, %s, %s, %s, %s, %s,
    %s, %s, %s, %s, %s, %s, %s, %s)
"""


def append(connection: Connection, group: Sequence[Item], now: datetime) -> list[Outcome | None]:
    """Write a group of independent items, or nothing. One outcome an item, in the same order: every item
    `Appended`; or, when some lose, what those lost by, and None for the others, which may be sent again.

    Raises:
        psycopg.Error: nothing was written, or the connection was lost and nothing is known.
    """
    cursor = connection.execute(APPEND, parameters(group, now), prepare=True, binary=True)
    verdicts: list[Verdict] = cursor.fetchall()
    if verdicts[0][1] == "appended":
        before = _number(verdicts[0][3])
        return [Appended(before + end) for end in _ends(group)]
    return _losses(verdicts, len(group))


def _ends(group: Sequence[Item]) -> list[int]:
    return list(accumulate(len(item.events) for item in group))


def parameters(group: Sequence[Item], now: datetime) -> list[str | datetime]:
    """What `carnet.append` takes, in its order."""
    numbered = list(enumerate(group, start=1))
    reads = [(n, stream, version) for n, item in numbered for stream, version in item.expected.items()]
    events = [(n, event) for n, item in numbered for event in item.events]
    sources = [(n, item.tracking) for n, item in numbered if item.tracking]
    sealed = [(n, row) for n, item in numbered for row in item.sealed]
    lookups = [(n, row) for n, row in sealed if row.lookup is not None]
    parked = [row for item in group for row in item.parked]
    return [
        now,
        uuids(item.command_id for item in group),
        integers(_ends(group)),
        integers(len(item.events) for item in group),
        blobs(item.digest for item in group),
        texts(item.answer for item in group),
        texts(item.actor for item in group),
        times(item.occurred_at for item in group),
        uuids(item.correlation_id for item in group),
        uuids(item.causation_id for item in group),
        integers(n for n, _, _ in reads),
        uuids(stream for _, stream, _ in reads),
        integers(version for _, _, version in reads),
        integers(n for n, _ in events),
        uuids(event.stream_id for _, event in events),
        integers(event.version for _, event in events),
        uuids(event.event_id for _, event in events),
        texts(event.name for _, event in events),
        integers(event.schema_version for _, event in events),
        texts(event.market for _, event in events),
        texts(event.body.decode() for _, event in events),
        integers(n for n, _ in sources),
        texts(tracking.source for _, tracking in sources),
        integers(tracking.next for _, tracking in sources),
        integers(n for n, _ in lookups),
        blobs(row.lookup for _, row in lookups),
        uuids(row.subject for _, row in lookups),
        uuids(row.id for _, row in sealed),
        uuids(row.subject for _, row in sealed),
        texts(row.group for _, row in sealed),
        integers(row.incarnation for _, row in sealed),
        integers(row.format for _, row in sealed),
        blobs(row.blob for _, row in sealed),
        blobs(row.sha256 for _, row in sealed),
        uuids(row.id for row in parked),
        texts(row.source for row in parked),
        texts(row.topic for row in parked),
        integers(row.partition for row in parked),
        integers(row.offset for row in parked),
        texts(row.key for row in parked),
        uuids(row.payload for row in parked),
        texts(row.reason for row in parked),
    ]


def _losses(verdicts: Sequence[Verdict], items: int) -> list[Outcome | None]:
    """An item may lose in several ways: the first of RANK is told."""
    outcomes: list[Outcome | None] = [None] * items
    streams: defaultdict[int, dict[UUID, int]] = defaultdict(dict)
    for item, verdict, key, at, events, digest, answer in sorted(
        verdicts, key=lambda row: RANK.index(row[1])
    ):
        outcome: Outcome
        match verdict:
            case "duplicate":
                outcome = Duplicate(_number(at), _number(events), digest, answer)
            case "behind":
                outcome = Behind(_text(key), _number(at))
            case "conflict":
                streams[item][UUID(key)] = _number(at)
                outcome = Conflict(streams[item])
            case "taken":
                outcome = Taken(UUID(key))
            case _:
                raise ValueError(f"append gave a verdict named {verdict}")
        outcomes[item - 1] = outcomes[item - 1] or outcome
    return outcomes


def _number(value: int | None) -> int:
    if value is None:
        raise ValueError("append gave a verdict without its number")
    return value


def _text(value: str | None) -> str:
    if value is None:
        raise ValueError("append gave a verdict without its key")
    return value
