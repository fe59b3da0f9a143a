"""A reader that has seen position n has seen all before it, whatever is late, slow or rolled back."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import uuid4

import psycopg
import pytest

from infra.clock import SystemClock
from infra.errors import PostgresFault
from infra.item import Appended
from infra.log import Log
from infra.recorder import Datastore, Recorder
from tests.integration.log.items import assert_sound, item, rows, wait, write

LATE = 4964


def test_no_reader_passes_a_commit_that_is_late(order_book: Log, database: str) -> None:
    """One row's insert waits for a lock; what others hand in meanwhile must come after it."""
    rows(
        database,
        f"""create function carnet.late() returns trigger language plpgsql as $$ begin
            if new.actor = 'late' then perform pg_advisory_xact_lock({LATE}); end if; return new;
        end $$""",
    )
    rows(
        database,
        "create trigger late before insert on carnet.events for each row execute function carnet.late()",
    )
    with Log(database, SystemClock()) as other, psycopg.connect(database) as holder:
        holder.execute("select pg_advisory_xact_lock(%s)", [LATE])
        late = order_book.append(item(actor="late"))
        while not rows(database, "select 1 from pg_stat_activity where wait_event = 'advisory'"):
            assert not late.done()
        after_it = [other.append(item()) for _ in range(3)]
        while not rows(
            database, "select 1 from pg_stat_activity where wait_event in ('transactionid', 'tuple')"
        ):
            assert not any(future.done() for future in after_it)
        assert other.read(0, 10) == []
        holder.rollback()
        assert wait(late) == [Appended(1)]
        assert [one.position for one in wait(*after_it) if isinstance(one, Appended)] == [2, 3, 4]
    assert [one.actor for one in order_book.read(0, 10)] == ["late", "clerk", "clerk", "clerk"]


def test_what_was_rolled_back_leaves_no_gap(order_book: Log, database: str) -> None:
    write(order_book, item())
    for _ in range(3):
        with pytest.raises(PostgresFault):
            write(order_book, item(actor="\0"))
    assert write(order_book, item()) == [Appended(2)]
    assert [one.position for one in order_book.read(0, 10)] == [1, 2]


def test_readers_that_follow_writers_see_every_position_once_and_in_order(
    order_book: Log, database: str
) -> None:
    total, done = 600, Event()

    def follow() -> list[int]:
        seen: list[int] = []
        while len(seen) < total and not done.is_set():
            seen += [one.position for one in order_book.read(seen[-1] if seen else 0, 50)]
        return seen

    with Log(database, SystemClock()) as other, ThreadPoolExecutor(2) as readers:
        following = [readers.submit(follow) for _ in range(2)]
        try:
            futures = [(order_book, other)[n % 2].append(item(count=2)) for n in range(total // 2)]
            wait(*futures)
            for reader in following:
                assert reader.result(timeout=60) == list(range(1, total + 1))
        finally:
            done.set()
    assert assert_sound(database) == total


def test_a_subscription_needs_no_notification_and_outlives_its_connection(database: str) -> None:
    datastore = Datastore(database, SystemClock())
    try:
        recorder = Recorder(datastore)
        with recorder.subscribe(gt=None, topics=["PaymentReceived"]) as subscription:
            for position in range(1, 4):
                write(datastore.log, item(uuid4()))
                assert next(subscription).id == position
                rows(
                    database,
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()",
                )
    finally:
        datastore.close()
