"""Where much waits, one half is decided while PostgreSQL writes the other: whatever happens to one spoils no other."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from infra.append import NAME, Appender
from infra.clock import SystemClock
from infra.embedded.servers import Embedded
from infra.errors import PostgresFault
from infra.handle import Ask, Desk
from infra.item import Appended, Conflict, Duplicate, Item, Outcome, OutcomeUnknown
from infra.log import Log
from infra.migrate import migrate
from infra.settings import read
from infra.waiting import GROUP_MAX
from tests import examples
from tests.integration.log.items import WITHIN_S, assert_sound, item, rows, wait
from tests.integration.log.wire import Cut, wire

MANY = 200


@contextmanager
def gathered(database: str, log: Log, items: list[Item]) -> Iterator[list[Future[Outcome]]]:
    """They all wait together, and are let go at the end."""
    with psycopg.connect(database) as holder:
        holder.execute("select from carnet.head for update")
        yield [log.append(one) for one in items]


@pytest.mark.parametrize("cut", ["before the server hears it", "before the client hears the answer"])
@pytest.mark.parametrize("further", [0, 1, 2])
def test_whichever_half_the_connection_is_lost_with_all_is_written_once(
    database: str, cut: Cut, further: int
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        wire(database, Path(folder)) as (cable, over_it),
        Log(over_it, SystemClock()) as log,
    ):
        with gathered(database, log, [item() for _ in range(MANY)]) as futures:
            pass
        wait(*futures[: 1 + further * MANY // 4])
        cable.cut_next(cut, holding=NAME)
        more = [log.append(item()) for _ in range(MANY)]
        outcomes = wait(*futures, *more)
        assert cable.cuts == 1
    assert sorted(one.position for one in outcomes if isinstance(one, Appended)) == list(
        range(1, 2 * MANY + 1)
    )
    assert assert_sound(database) == 2 * MANY


def test_who_loses_loses_alone(order_book: Log, database: str) -> None:
    first = item()
    wait(order_book.append(first))
    taken = next(iter(first.expected))
    losers = {
        20: item(taken),
        60: item(command_id=first.command_id),
        100: item(occurred_at=None),  # no time at all: it cannot even be sent
        140: item(versions=(3,)),  # leaves a gap, which the database refuses
    }
    with gathered(database, order_book, [losers.get(n) or item() for n in range(MANY)]) as futures:
        pass
    ends = {n: future.exception(WITHIN_S) or future.result() for n, future in enumerate(futures)}
    assert isinstance(ends.pop(20), Conflict)
    assert isinstance(ends.pop(60), Duplicate)
    assert isinstance(ends.pop(100), TypeError)
    assert isinstance(ends.pop(140), Exception)
    assert all(isinstance(end, Appended) for end in ends.values())
    assert assert_sound(database) == 1 + len(ends)


def test_a_server_that_goes_down_leaves_nobody_waiting_and_loses_nothing(server_data: Path) -> None:
    house = Embedded(server_data, cache=read().cache)
    with house.running("postgres") as servers:
        migrate(servers.postgres)
        with Log(servers.postgres, SystemClock(), learn_within_s=0.5) as log:
            futures = [log.append(item()) for _ in range(10 * MANY)]
            wait(futures[0])
            house.stop("postgres")
            ends = [future.exception(WITHIN_S) or future.result() for future in futures]
            house.start("postgres")
            told = [end for end in ends if isinstance(end, Appended)]
            unknown = [end for end in ends if isinstance(end, OutcomeUnknown)]
            assert all(isinstance(end, (Appended, PostgresFault)) for end in ends)
            assert len(told) <= assert_sound(servers.postgres) <= len(told) + len(unknown)
            assert wait(log.append(item()))


def test_the_next_half_is_not_decided_on_what_the_one_before_is_about_to_change(
    desk: Desk, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "infra.handle.ATTEMPTS", 1
    )  # a decision on a state that is about to change would be told
    orders = [UUID(int=number) for number in range(1, 65)]
    asked = [replace(examples.reserve, order_id=order) for order in orders] + [
        replace(examples.pay_deposit, order_id=order, payment_id=f"bank-{n}")
        for n in range(3)
        for order in orders
    ]
    answers = [desk.submit(Ask(command=command, actor="clerk")) for command in asked]
    for answer in answers:
        assert answer.result(WITHIN_S).events
    assert assert_sound(database) == len(asked)
    assert rows(database, "select count(*) from carnet.commands") == [(len(asked),)]


def test_a_group_is_bounded_however_much_waits(order_book: Log, database: str) -> None:
    with gathered(database, order_book, [item() for _ in range(10 * GROUP_MAX)]) as futures:
        pass
    wait(*futures)
    ((largest,),) = rows(
        database, "select max(n) from (select count(*) n from carnet.events group by recorded_at) g"
    )
    assert largest == GROUP_MAX
    assert assert_sound(database) == len(futures)


def test_a_connection_that_fails_oddly_ends_its_group_and_not_the_writer(database: str) -> None:
    class OddLog(Log):
        """Twice its new connection is ended while it is being prepared."""

        tries = count(1)

        def _appender(self) -> Appender:
            if next(self.tries) <= 2:
                raise psycopg.OperationalError("terminating connection due to administrator command")
            return super()._appender()

    with OddLog(database, SystemClock()) as log:
        ends = [
            future.exception(WITHIN_S) or future.result()
            for future in [log.append(item()) for _ in range(MANY)]
        ]
        assert wait(log.append(item()))
    assert all(isinstance(end, (Appended, PostgresFault)) for end in ends)
    assert assert_sound(database) == 1 + sum(isinstance(end, Appended) for end in ends)
