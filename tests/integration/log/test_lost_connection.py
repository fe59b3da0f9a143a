"""A connection that is lost in mid-commit: the same group is sent again, and what was committed is not doubled."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from infra.append import NAME
from infra.clock import SystemClock
from infra.errors import PostgresFault
from infra.item import Appended, Conflict, Duplicate, OutcomeUnknown
from infra.log import Log
from tests.integration.log.items import assert_sound, event, item, rows, wait, write
from tests.integration.log.wire import Cut, Wire, wire

READ_ONLY: LiteralString = """do $$ begin
    execute format('alter database %%I set default_transaction_read_only = on', current_database());
end $$"""
AS_BEFORE: LiteralString = (
    "do $$ begin execute format('alter database %%I reset all', current_database()); end $$"
)
CUTS: tuple[Cut, ...] = ("before the server hears it", "before the client hears the answer")


@pytest.fixture
def cut_off(database: str) -> Iterator[tuple[Wire, Log]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        wire(database, Path(folder)) as (cable, over_it),
        Log(over_it, SystemClock(), learn_within_s=1.0) as log,
    ):
        yield cable, log


@pytest.mark.parametrize("cut", CUTS)
def test_the_group_is_sent_again_and_written_once(cut_off: tuple[Wire, Log], database: str, cut: Cut) -> None:
    cable, log = cut_off
    write(log, item())
    cable.cut_next(cut, holding=NAME)
    assert write(log, item(count=3)) == [Appended(4)]
    assert cable.cuts == 1
    assert assert_sound(database) == 4


@pytest.mark.parametrize("cut", CUTS)
def test_who_lost_in_the_group_is_told_and_the_others_are_written(
    cut_off: tuple[Wire, Log], database: str, cut: Cut
) -> None:
    cable, log = cut_off
    stream = uuid4()
    first = item(stream)
    write(log, first)
    with psycopg.connect(database) as holder:
        holder.execute("select from carnet.head for update")
        blocked = log.append(item())  # while it waits, the others gather in one group
        futures = [
            log.append(one) for one in (item(), item(stream), item(command_id=first.command_id), item())
        ]
    (outcome,) = wait(blocked)
    assert outcome == Appended(2)
    cable.cut_next(cut, holding=NAME)
    outcomes = wait(*futures)
    assert [type(one) for one in outcomes] == [Appended, Conflict, Duplicate, Appended]
    assert assert_sound(database) == 4


def test_an_item_without_events_is_its_own_duplicate_too(cut_off: tuple[Wire, Log], database: str) -> None:
    cable, log = cut_off
    write(log, item())
    cable.cut_next("before the client hears the answer", holding=NAME)
    assert write(log, item(count=0)) == [Appended(1)]
    assert rows(database, "select count(*) from carnet.commands") == [(2,)]


def test_without_events_another_content_under_the_same_id_is_not_taken_for_its_own(
    cut_off: tuple[Wire, Log], database: str
) -> None:
    cable, log = cut_off
    write(log, item())
    first = item(count=0, digest=b"one content")
    write(log, first)
    cable.cut_next("before the server hears it", holding=NAME)
    (outcome,) = write(log, item(count=0, digest=b"another", command_id=first.command_id))
    assert outcome == Duplicate(1, 0, b"one content", None)


def test_a_command_that_another_process_was_faster_with_stays_a_duplicate(
    cut_off: tuple[Wire, Log], database: str
) -> None:
    cable, log = cut_off
    write(log, item())
    command_id = uuid4()
    cable.cut_next("before the server hears it", holding=NAME)
    with psycopg.connect(database) as holder:
        holder.execute("select from carnet.head for update")
        with Log(database, SystemClock()) as other:
            theirs = other.append(item(command_id=command_id))
            _wait_for_lock(database, 1)
            ours = log.append(item(command_id=command_id))
            _wait_for_lock(database, 2)
            holder.rollback()
            assert wait(theirs) == [Appended(2)]
    assert wait(ours) == [Duplicate(2, 1, None, None)]
    assert cable.cuts == 1
    assert assert_sound(database) == 2


def test_an_outcome_that_cannot_be_learnt_is_said_to_be_unknown(
    cut_off: tuple[Wire, Log], database: str
) -> None:
    cable, log = cut_off
    write(log, item())
    cable.refusing = True
    cable.cut_next("before the client hears the answer", holding=NAME)
    one = item()
    with pytest.raises(OutcomeUnknown, match=f"whether command {one.command_id} took effect") as unknown:
        write(log, one)
    assert unknown.value.command_id == one.command_id
    with pytest.raises(PostgresFault, match="cannot be reached"):
        write(log, item())
    cable.refusing = False
    assert write(log, item(command_id=one.command_id)) == [Duplicate(2, 1, None, None)]
    assert assert_sound(database) == 2


def test_a_server_that_has_become_read_only_cannot_tell_the_outcome(
    cut_off: tuple[Wire, Log], database: str
) -> None:
    cable, log = cut_off
    write(log, item())
    rows(database, READ_ONLY)
    cable.cut_next("before the client hears the answer", holding=NAME)
    with pytest.raises(OutcomeUnknown, match="It is not known"):
        write(log, item())
    rows(make_conninfo(database, options="-c default_transaction_read_only=off"), AS_BEFORE)
    assert assert_sound(database) == 2
    assert write(log, item()) == [Appended(3)]


def test_a_backend_that_is_terminated_in_mid_append_leaves_nothing(order_book: Log, database: str) -> None:
    write(order_book, item())
    with psycopg.connect(database) as holder:
        holder.execute("select from carnet.head for update")
        future = order_book.append(item())
        _wait_for_lock(database, 1)
        rows(
            database, "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'"
        )
    assert wait(future) == [Appended(2)]
    assert assert_sound(database) == 2


def test_reading_outlives_a_lost_connection(cut_off: tuple[Wire, Log]) -> None:
    cable, log = cut_off
    stream = uuid4()
    write(log, item(stream, events=(event(stream, 1), event(stream, 2))))
    assert len(log.history(stream)) == 2
    for cut in CUTS:
        cable.cut_next(cut)
        assert len(log.history(stream)) == 2
    assert cable.cuts == 2


def _wait_for_lock(database: str, waiting: int) -> None:
    """Until so many backends wait for the head."""
    with psycopg.connect(database, autocommit=True) as watcher:
        for _ in range(100_000):
            row = watcher.execute(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and wait_event_type = 'Lock'"
            ).fetchone()
            if row == (waiting,):
                return
    raise AssertionError(f"{waiting} backends never waited")
