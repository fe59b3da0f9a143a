"""Who writes what waits: in which groups, from which thread, and up to the end."""

import os
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from infra.clock import SystemClock
from infra.item import Appended, Busy, Item, Outcome
from infra.log import Log
from infra.waiting import GROUP_MAX, Handed, Waiting, take_independent
from tests.integration.log.items import WITHIN_S, assert_sound, item, rows, wait, write


def test_a_full_queue_says_so(database: str) -> None:
    with Log(database, SystemClock(), queue_max=3) as log:
        with psycopg.connect(database) as holder:
            holder.execute("select from carnet.head for update")
            taken = [log.append(item())]
            with pytest.raises(Busy, match="3 items wait to be written"):
                taken.extend(log.append(item()) for _ in range(10))
        assert {type(outcome) for outcome in wait(*taken)} == {Appended}
    with pytest.raises(Busy, match="closed"):
        log.append(item())


def test_a_full_queue_loses_nothing_of_what_it_took(database: str) -> None:
    with Log(database, SystemClock(), queue_max=5) as log, ThreadPoolExecutor(8) as callers:

        def call(_: int) -> Outcome | None:
            handed = Handed(item())
            try:
                log.write(handed)
            except Busy:
                return None
            return handed.outcome.result(timeout=WITHIN_S)

        outcomes = list(callers.map(call, range(200)))
    taken = [outcome.position for outcome in outcomes if isinstance(outcome, Appended)]
    assert len(taken) + outcomes.count(None) == 200
    assert sorted(taken) == list(range(1, assert_sound(database) + 1))


def test_who_is_alone_writes_for_himself(order_book: Log, database: str) -> None:
    alone = Handed(item())
    with ThreadPoolExecutor(1) as thread:
        thread.submit(order_book.write, alone).result()
    assert alone.outcome.done()
    assert alone.end == Appended(1)
    with psycopg.connect(database) as holder:
        holder.execute("select from carnet.head for update")
        blocked = order_book.append(item())
        in_company = Handed(item())
        order_book.write(in_company)
        assert not blocked.done()
        assert not in_company.outcome.done()
    assert [type(one) for one in wait(blocked, in_company.outcome)] == [Appended, Appended]
    assert assert_sound(database) == 3


@pytest.fixture
def _ctrl_c_interrupts() -> Iterator[None]:
    """Also where the tests were started in the background, which lets them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c_interrupts")
def test_ctrl_c_ends_the_wait_and_not_what_is_being_written(database: str) -> None:
    def write_and_wait() -> None:
        log.write(interrupted)
        interrupted.outcome.result(timeout=WITHIN_S)

    def press_ctrl_c() -> None:
        while not rows(database, "select 1 from pg_stat_activity where wait_event_type = 'Lock'"):
            assert not interrupted.outcome.done()
        os.kill(os.getpid(), signal.SIGINT)

    interrupted = Handed(item())
    with Log(database, SystemClock()) as log:
        with psycopg.connect(database) as holder, ThreadPoolExecutor(1) as user:
            holder.execute("select from carnet.head for update")
            user.submit(press_ctrl_c)
            with pytest.raises(KeyboardInterrupt):
                write_and_wait()
            assert not interrupted.outcome.done()
        assert wait(interrupted.outcome) == [Appended(1)]
        assert write(log, item()) == [Appended(2)]
    assert assert_sound(database) == 2


class Deaf(Handed):
    """Its caller cannot be told."""

    def tell(self) -> None:
        raise RuntimeError("nobody is there")


def test_who_cannot_be_told_keeps_nobody_waiting(database: str) -> None:
    with Log(database, SystemClock()) as log:
        with psycopg.connect(database) as holder:
            holder.execute("select from carnet.head for update")
            for _ in range(3):
                log.submit(Deaf(item()))
            others = [log.append(item()) for _ in range(3)]
        assert {type(outcome) for outcome in wait(*others)} == {Appended}
    assert assert_sound(database) == 6


def test_close_waits_for_who_writes_for_himself(database: str) -> None:
    log = Log(database, SystemClock())
    alone = Handed(item())
    with ThreadPoolExecutor(2) as threads:
        with psycopg.connect(database) as holder:
            holder.execute("select from carnet.head for update")
            writing = threads.submit(log.write, alone)
            while not rows(database, "select 1 from pg_stat_activity where wait_event_type = 'Lock'"):
                assert not writing.done()
            closing = threads.submit(log.close)
            assert not alone.outcome.done()
        closing.result(timeout=WITHIN_S)
        assert alone.end == Appended(1)
    assert assert_sound(database) == 1


def test_close_writes_what_was_taken(database: str) -> None:
    log = Log(database, SystemClock())
    futures = [log.append(item()) for _ in range(300)]
    log.close()
    assert all(future.done() for future in futures)
    assert assert_sound(database) == 300


def test_a_group_takes_what_is_independent_and_keeps_the_order_of_the_rest() -> None:
    a, b = uuid4(), uuid4()
    first, reads_a = item(a), item(b, expected={a: 0, b: 0})
    after_it, free = item(b), item()
    queue: deque[Waiting] = deque(map(Handed, (first, reads_a, after_it, free)))
    assert [waiting.item for waiting in take_independent(queue)] == [first, free]
    assert [waiting.item for waiting in queue] == [reads_a, after_it]


def test_two_who_only_read_a_stream_share_a_group() -> None:
    car = uuid4()

    def reading() -> Item:
        order = uuid4()
        return item(order, expected={order: 0, car: 5})

    queue: deque[Waiting] = deque(Handed(reading()) for _ in range(3))
    assert len(take_independent(queue)) == 3


def test_a_group_is_bounded() -> None:
    queue: deque[Waiting] = deque(Handed(item()) for _ in range(GROUP_MAX + 5))
    assert len(take_independent(queue)) == GROUP_MAX
    assert len(queue) == 5
