"""What each role may do: the writer calls `append` and nothing else; what is recorded stays."""

import re
from datetime import UTC, datetime
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format

from infra.append import STATEMENT, Appender, parameters
from infra.item import ParkedRow
from infra.log import Log
from infra.postgres import Role, connect
from infra.vault.sealing import SealedRow
from tests.integration.log.items import assert_sound, item, rows, write

CHANGES: tuple[LiteralString, ...] = (
    "insert into carnet.events select * from carnet.events",
    "insert into carnet.streams select * from carnet.streams",
    "insert into carnet.commands select * from carnet.commands",
    "insert into carnet.tracking values ('s', 1)",
    "insert into carnet.parked select * from carnet.parked",
    "insert into vault.sealed select * from vault.sealed",
    "delete from vault.sealed",
    "delete from vault.lookup",
    "delete from vault.erased",
    "insert into vault.root values (true, '')",
    "update carnet.parked set payload = id",
    "delete from carnet.parked",
    "update carnet.events set actor = 'else'",
    "update carnet.head set position = 0",
    "update carnet.streams set version = 0",
    "delete from carnet.events",
    "delete from carnet.commands",
    "delete from carnet.tracking",
    "truncate carnet.events",
    "drop table carnet.events",
    "select carnet.make_partitions(1)",
    "set role carnet_owner",
    "create table carnet.mine ()",
)


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("role", ["carnet_writer", "carnet_reader"])
def test_nobody_but_append_writes_the_log(
    order_book: Log, database: str, role: Role, statement: LiteralString, login: str
) -> None:
    write(order_book, item())
    with (
        connect(database + f" user={login}", role) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
    assert order_book.head().position == 1


def test_a_reader_reads_the_log_and_cannot_append(order_book: Log, database: str) -> None:
    write(order_book, item())
    with connect(database, "carnet_reader") as connection:
        assert connection.execute("select count(*) from carnet.events").fetchone() == (1,)
        (call,) = connection.execute(
            "select has_function_privilege(oid, 'execute') from pg_proc where proname = 'append'"
        ).fetchone() or (None,)
        assert call is False
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from vault.sealed")


NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
END = datetime(2200, 1, 1, tzinfo=UTC)
COUNTS = "not those that its items count"
ROWS = "not counted from 1"
STREAM = "do not continue it"
TIMES = "not within the years 1900 to 2199"
SHORT = r"violates not-null|= \(null\)"


def forge(database: str, says: str, **told: object) -> None:
    """A group of two items, of one event and of two, in which the writer tells something untrue."""
    group = [item(), item(count=2)]
    with connect(database, "carnet_writer") as connection:
        ((names,),) = connection.execute("select proargnames from pg_proc where proname = 'append'")
        assert told.keys() <= set(names)
        values = dict(zip(names, parameters(group, NOW), strict=True))
        formats = [Format.TEXT if name in told else Format.BINARY for name in values]
        texts = {name: None if value is None else str(value).encode() for name, value in told.items()}
        answer = connection.pgconn.exec_params(STATEMENT, list((values | texts).values()), None, formats)
        assert answer.status == ExecStatus.FATAL_ERROR
        error = error_from_result(answer)
        assert isinstance(error, (psycopg.IntegrityError, psycopg.errors.CardinalityViolation))
        assert re.search(says, str(error))


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (TIMES, {"now": "infinity"}),
        (TIMES, {"now": "-infinity"}),
        (TIMES, {"now": None}),
        (TIMES, {"now": END}),
        (TIMES, {"now": datetime(1899, 12, 31, tzinfo=UTC)}),
        (TIMES, {"command_times": "{2026-03-02Z,infinity}"}),
        (TIMES, {"command_times": "{-infinity,2026-03-02Z}"}),
        (TIMES, {"command_times": "{2026-03-02Z,NULL}"}),
        (TIMES, {"command_times": "{2026-03-02Z}"}),
        (TIMES, {"command_times": "[0:1]={2026-03-02Z,2026-03-02Z}"}),
        (TIMES, {"command_times": "{{2026-03-02Z,2026-03-02Z}}"}),
        (COUNTS, {"command_events": "{1,99}"}),
        (COUNTS, {"command_events": "{1,1}"}),
        (COUNTS, {"command_events": "{4,-1}"}),
        (COUNTS, {"command_events": "{-1,4}"}),
        (COUNTS, {"command_events": "{1,NULL}"}),
        (COUNTS, {"command_events": "{1}"}),
        (COUNTS, {"command_events": "[0:1]={1,2}"}),
        (COUNTS, {"command_events": "{{1,2}}"}),
        (COUNTS, {"command_events": f"{{{2**31 - 1},{2**31 - 1}}}"}),
        (SHORT, {"command_events": "{1,2,0}"}),
        (ROWS, {"command_ids": f"[0:1]={{{UUID(int=1)},{UUID(int=2)}}}"}),
        (ROWS, {"read_versions": "[0:1]={0,0}"}),
        (SHORT, {"command_ids": f"{{{{{UUID(int=1)},{UUID(int=2)}}}}}"}),
        (SHORT, {"command_ids": f"{{{UUID(int=1)},NULL}}"}),
        (SHORT, {"command_actors": "{clerk}"}),
        (COUNTS, {"event_ids": None}),
        (COUNTS, {"event_ids": f"{{{UUID(int=1)}}}"}),
        (COUNTS, {"event_ids": f"{{{','.join(4 * [str(UUID(int=1))])}}}"}),
        (STREAM, {"event_reads": "{1,2,3}"}),
        (STREAM, {"event_reads": "{1,2,0}"}),
        (STREAM, {"event_reads": "{1,2,NULL}"}),
        (STREAM, {"event_reads": "{1,2}"}),
        (STREAM, {"event_reads": "[0:2]={1,2,2}"}),
        (STREAM, {"event_versions": "{1,2,1}"}),
        (STREAM, {"event_versions": "{1,1,3}"}),
        (STREAM, {"event_versions": "{1,1,NULL}"}),
        (SHORT, {"event_reads": "{1,2,2,2}"}),
        (SHORT, {"event_names": "{PaymentReceived}"}),
        (SHORT, {"event_names": "{PaymentReceived,PaymentReceived,PaymentReceived,PaymentReceived}"}),
    ],
)
def test_append_refuses_what_a_writer_makes_up(
    order_book: Log, database: str, says: str, told: dict[str, object]
) -> None:
    forge(database, says, **told)
    assert assert_sound(database) == 0
    write(order_book, item())
    assert assert_sound(database) == 1


def test_a_stream_that_a_writer_counts_twice_is_refused(order_book: Log, database: str) -> None:
    stream = uuid4()
    for told in (f"{{{stream},{stream}}}", f"[0:1]={{{stream},{uuid4()}}}", f"{{{{{stream},{uuid4()}}}}}"):
        forge(database, ".", read_streams=told)
    rows(database, "drop table carnet.events_000000000000001")
    rows(database, "update carnet.head set partition_size = 1, room = 0")
    # No index sees that the same version stands in two partitions.
    forge(database, "a second time", read_streams=f"{{{stream},{stream}}}")
    assert assert_sound(database) == 0


@pytest.mark.parametrize("first", [-5, -1, 2])
def test_a_new_stream_starts_at_nothing_else_than_one_or_nought(
    order_book: Log, database: str, first: int
) -> None:
    with (
        connect(database, "carnet_writer") as connection,
        pytest.raises(psycopg.errors.CheckViolation, match="do not continue it"),
    ):
        Appender(connection).append([item(versions=(first, first + 1))], NOW)
    assert order_book.head().position == 0


def test_the_writer_destroys_only_the_payload_of_a_parked_message_that_waits_no_more(
    order_book: Log, database: str
) -> None:
    kept = SealedRow(uuid4(), uuid4(), "contract", 1, 1, b"\0blob", b"\1" * 32)
    payloads = [SealedRow(uuid4(), uuid4(), "parked", 1, 1, b"\0blob", b"\1" * 32) for _ in range(2)]
    parked = [
        ParkedRow(
            id=uuid4(),
            source="payments[0]",
            topic="payments",
            partition=0,
            offset=n,
            key=None,
            payload=row.id,
            reason="It could not be read.",
        )
        for n, row in enumerate([kept, *payloads])
    ]
    write(order_book, item(sealed=(kept, *payloads), parked=tuple(parked)))
    with connect(database, "carnet_writer") as connection:

        def destroyed(row: ParkedRow) -> object:
            return (connection.execute("select vault.destroy_parked(%s)", [row.id]).fetchone() or (None,))[0]

        assert [destroyed(row) for row in parked] == [0, 0, 0]
        connection.execute("update carnet.parked set state = 'dropped' where \"offset\" < 2")
        assert [destroyed(row) for row in parked] == [0, 1, 0]
        left = connection.execute("select id from vault.sealed").fetchall()
    assert {row for (row,) in left} == {kept.id, payloads[1].id}


@pytest.mark.parametrize("table", ["carnet.events", "carnet.events_000000000000001"])
@pytest.mark.parametrize("change", ["update {} set actor = 'else'", "delete from {}", "truncate {}"])
def test_even_the_server_s_owner_is_refused(order_book: Log, database: str, change: str, table: str) -> None:
    write(order_book, item())
    with (
        psycopg.connect(database, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="the log is insert only"),
    ):
        connection.execute(change.format(table).encode())
    assert order_book.head().position == 1


def test_the_writing_connection_has_the_writer_s_rights(order_book: Log, database: str) -> None:
    write(order_book, item())
    with psycopg.connect(database) as owner:
        names = owner.execute(
            "select distinct application_name from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid() and backend_type = 'client backend'"
        ).fetchall()
    assert names == [("carnet-writer",)]
    with connect(database, "carnet_writer") as connection:
        assert connection.execute("select current_user").fetchone() == ("carnet_writer",)
