"""Items and commands for the tests of the log, and how to look at what came of them."""

from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg

from domain.kernel import Command
from infra.ask import Ask
from infra.codec import encode
from infra.item import Item, NewEvent, Outcome
from infra.log import Log
from infra.vault.sealing import SealedRow
from tests.examples import deposit_paid

WITHIN_S = 60.0


def ask(command: Command, command_id: UUID | None = None, **more: Any) -> Ask:
    """A clerk asks."""
    return Ask(command=command, actor="clerk", command_id=command_id, **more)


def item(
    stream_id: UUID | None = None,
    at: int = 0,
    *,
    count: int = 1,
    versions: tuple[int, ...] = (),
    **fields: Any,
) -> Item:
    """An item that continues one stream, which it expects `at` a version."""
    stream_id = stream_id or uuid4()
    command_id = uuid4()
    numbers = versions or tuple(range(at + 1, at + 1 + count))
    given: dict[str, Any] = {
        "command_id": command_id,
        "occurred_at": datetime(2026, 3, 2, 12, tzinfo=UTC),
        "actor": "clerk",
        "correlation_id": command_id,
        "expected": {stream_id: at},
        "events": tuple(event(stream_id, version) for version in numbers),
    }
    return Item(**(given | fields))


def event(stream_id: UUID, version: int) -> NewEvent:
    return NewEvent(
        stream_id=stream_id,
        version=version,
        event_id=uuid4(),
        name="PaymentReceived",
        schema_version=1,
        market="DE",
        body=encode(deposit_paid),
    )


def sealed(subject: UUID, lookup: bytes | None = None) -> SealedRow:
    """A sealed text about the subject; with a `lookup` it must be unique."""
    return SealedRow(uuid4(), subject, "vehicle", 1, 1, b"\0blob", b"\1" * 32, lookup)


def write(log: Log, *items: Item) -> list[Outcome]:
    """Hand in the items at once and wait for their outcomes."""
    return wait(*(log.append(one) for one in items))


def wait(*outcomes: Future[Outcome]) -> list[Outcome]:
    return [outcome.result(timeout=WITHIN_S) for outcome in outcomes]


def rows(conninfo: str, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
    """What the owner of the server sees."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def assert_sound(conninfo: str) -> int:
    """Positions are 1..n, each stream's versions 1..n, and the tables agree. Returns n."""
    ((n, low, high, head),) = rows(
        conninfo,
        "select count(*), coalesce(min(position), 1), coalesce(max(position), 0), "
        "(select position from carnet.head) from carnet.events",
    )
    assert (low, high, head) == (1, n, n)
    broken = rows(
        conninfo,
        """select stream_id from carnet.events full join carnet.streams s using (stream_id)
        group by stream_id, s.version
        having min(events.version) <> 1 or max(events.version) <> count(*)
            or s.version is distinct from count(*) or count(distinct events.version) <> count(*)
            or min(s.first_position) is distinct from min(position)
            or max(s.last_position) is distinct from max(position)
            or array_agg(events.version order by position) <> array_agg(events.version order by events.version)""",
    )
    assert broken == []
    unordered = rows(
        conninfo,
        """select position from (select position, recorded_at,
            lag(recorded_at) over (order by position) as before from carnet.events) e
        where recorded_at < before""",
    )
    assert unordered == []
    return int(n)
