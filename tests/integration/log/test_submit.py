"""Commands without waiting: many in flight from one thread or one event loop, and a queue that is full."""

from __future__ import annotations

import asyncio
from asyncio import wrap_future
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from threading import Event as Flag
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.kernel import Recorded, Refused, State, Stream
from domain.orders.cancelling import CancelOrder, OrderCancelled
from domain.orders.state import Order
from domain.sealed import Clear, Personal, Sealed
from infra import handle
from infra.clock import SimulatedClock
from infra.errors import InputError, PostgresFault
from infra.handle import Answer, Ask, Desk
from infra.item import Busy
from infra.log import Log
from infra.log_reader import NOTHING_KNOWN
from infra.vault import Vault
from infra.vault.sealing import SealedRow
from tests import examples
from tests.examples import MARKETS, ORDER_ID
from tests.integration.log.items import WITHIN_S, ask, assert_sound, item, rows

ORDERS = [UUID(int=number) for number in range(100, 140)]


def reserve(order_id: UUID) -> Ask:
    return ask(replace(examples.reserve, order_id=order_id))


def test_one_thread_has_many_commands_in_flight(desk: Desk, database: str) -> None:
    submitted = [desk.submit(reserve(order_id)) for order_id in ORDERS]
    positions = {future.result(WITHIN_S).position for future in submitted}
    assert positions == set(range(1, len(ORDERS) + 1))
    assert_sound(database)


def test_a_submitted_command_ends_as_a_handled_one_does(desk: Desk, log: Log) -> None:
    refused = desk.submit(ask(examples.change, uuid4()))
    with pytest.raises(Refused, match="there is no order"):
        refused.result(WITHIN_S)
    no_text = replace(examples.pay_deposit, payment_id=" ")
    with pytest.raises(InputError, match="field payment_id: the text is empty"):
        desk.submit(ask(no_text)).result(WITHIN_S)
    one = ask(replace(examples.reserve, buyer=Clear("Erika Mustermann")), uuid4())
    first = desk.submit(one).result(WITHIN_S)
    assert desk.submit(one).result(WITHIN_S) == Answer(first.position, first.events, repeated=True)
    desk.handle(ask(examples.pay_deposit))
    assert desk.submit(ask(examples.pay_deposit)).result(WITHIN_S) == Answer(2, ())
    assert log.head().position == 2


def test_what_is_submitted_cannot_be_called_back(desk: Desk) -> None:
    submitted = desk.submit(ask(examples.reserve))
    assert not submitted.cancel()
    assert submitted.result(WITHIN_S).events == (examples.placed,)


def test_the_callers_of_one_event_loop_share_groups(desk: Desk, database: str) -> None:
    async def sell(order_id: UUID) -> int:
        await wrap_future(desk.submit(reserve(order_id)))
        with pytest.raises(Refused, match="reserved already"):
            await wrap_future(desk.submit(reserve(order_id)))
        paid = await wrap_future(desk.submit(ask(replace(examples.pay_deposit, order_id=order_id))))
        return paid.position

    async def sell_all() -> list[int]:
        return await asyncio.gather(*map(sell, ORDERS))

    assert len(set(asyncio.run(sell_all()))) == len(ORDERS)
    assert assert_sound(database) == 2 * len(ORDERS)


def test_who_no_longer_awaits_an_answer_stops_nothing(desk: Desk, database: str) -> None:
    async def hurry() -> Answer:
        with psycopg.connect(database) as holder:
            holder.execute("select from carnet.head for update")
            given_up = wrap_future(desk.submit(reserve(ORDERS[0])))
            given_up.cancel()
        return await wrap_future(desk.submit(ask(replace(examples.pay_deposit, order_id=ORDERS[0]))))

    assert asyncio.run(hurry()).events == (examples.deposit_paid,)


def test_an_event_loop_that_ends_before_its_answers_keeps_nobody_waiting(desk: Desk, database: str) -> None:
    async def leave_at_once() -> None:
        for order_id in ORDERS:
            wrap_future(desk.submit(reserve(order_id)))

    with psycopg.connect(database) as holder:
        holder.execute("select from carnet.head for update")
        asyncio.run(leave_at_once())
    for order_id in ORDERS:
        paid = desk.submit(ask(replace(examples.pay_deposit, order_id=order_id)))
        assert paid.result(WITHIN_S).events == (examples.deposit_paid,)
    assert assert_sound(database) == 2 * len(ORDERS)


def test_a_full_queue_says_so_and_loses_nothing(database: str, vault: Vault, clock: SimulatedClock) -> None:
    taken: list[Future[Answer]] = []
    with Log(database, clock, queue_max=5) as log:
        desk = Desk(log, vault, MARKETS, clock, digest_key=vault.digest_key())
        desk.handle(ask(examples.reserve))
        with psycopg.connect(database) as holder:
            holder.execute("select from carnet.head for update")  # nothing is written meanwhile
            for number in range(1_000):
                asked = ask(replace(examples.pay_deposit, payment_id=f"bank-{number}"))
                submitted = desk.submit(asked)
                if submitted.done():
                    break
                taken.append(submitted)
            with pytest.raises(Busy, match=r"5 items wait to be written\. Ask again") as busy:
                submitted.result()
            assert busy.value.exit_code == 4
            with pytest.raises(Busy):
                desk.handle(asked)
        assert len({future.result(WITHIN_S).position for future in taken}) == len(taken)
        assert desk.handle(asked).events
    assert assert_sound(database) == 1 + len(taken) + 1
    paid = rows(database, "select count(distinct body) from carnet.events where name = 'PaymentReceived'")
    assert paid == [(len(taken) + 1,)]


def test_that_nothing_is_to_be_done_is_never_decided_on_what_is_only_remembered(
    desk: Desk, other_desk: Desk
) -> None:
    for command in (examples.reserve, examples.quote, examples.inform, examples.sign):
        desk.handle(ask(command))
    other_desk.handle(ask(examples.revise))
    back = replace(
        examples.revise,
        estimate_from=examples.sign.promised_from,
        estimate_to=examples.sign.promised_to,
    )
    assert desk.handle(ask(back)).events, "the other process moved it meanwhile"


def test_what_begins_a_stream_is_refused_where_the_stream_has_begun(desk: Desk, other_desk: Desk) -> None:
    desk.handle(ask(examples.reserve))
    for one in (desk, other_desk):
        with pytest.raises(Refused, match="reserved already"):
            one.handle(ask(examples.reserve))


class Misguided(CancelOrder, kind=True):
    """It says that it writes to the order of somebody else."""

    def writes(self, reads: tuple[Stream[State], ...]) -> tuple[Stream[State], ...]:
        return (Stream(Order, ORDERS[0]),)


def test_a_command_that_writes_where_it_said_it_would_not_is_a_fault_of_ours(desk: Desk, log: Log) -> None:
    desk.handle(ask(examples.reserve))
    wrong = Misguided(order_id=ORDER_ID, initiator="customer", reason="price", fault="customer")
    with pytest.raises(
        TypeError, match=f"Misguided made {OrderCancelled.__name__} happen to Order {ORDER_ID}"
    ):
        desk.handle(ask(wrong))
    assert log.head().position == 1
    assert desk.handle(ask(examples.pay_deposit)).position == 2


def test_a_log_that_cannot_be_read_is_asked_once_for_a_group_and_not_for_each_command(
    database: str, vault: Vault, clock: SimulatedClock
) -> None:
    class Unreadable(Log):
        asked = 0

        def histories(
            self, stream_ids: Iterable[UUID], *, after: Mapping[UUID, int] = NOTHING_KNOWN
        ) -> dict[UUID, list[Recorded]]:
            self.asked += 1
            raise PostgresFault("PostgreSQL cannot be reached: no connection came free.")

    with Unreadable(database, clock) as log:
        desk = Desk(log, vault, MARKETS, clock, digest_key=vault.digest_key())
        with psycopg.connect(database) as holder:
            holder.execute("select from carnet.head for update")
            first = log.append(item())
            while not rows(database, "select 1 from pg_stat_activity where wait_event_type = 'Lock'"):
                assert not first.done()
            answers = [
                desk.submit(ask(replace(examples.pay_deposit, order_id=order_id))) for order_id in ORDERS
            ]
        for answer in answers:
            with pytest.raises(PostgresFault, match="no connection came free"):
                answer.result(WITHIN_S)
        assert log.asked < len(answers) / 2


class _Slow:
    """Seals nothing until it may."""

    def __init__(self) -> None:
        self.may = Flag()

    def known(self, clear: Clear, how: Personal, subject: UUID) -> None:
        self.may.wait(WITHIN_S)
        raise InputError("It was slow.")

    def seal(self, clear: Clear, how: Personal, subject: UUID) -> tuple[Sealed, SealedRow]:
        raise AssertionError("it was refused before")


def test_where_more_waits_to_be_sealed_than_it_holds_it_is_busy(
    log: Log, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle, "SEALING_MAX", 5)
    sealer = _Slow()
    desk = Desk(log, sealer, MARKETS, clock, digest_key=bytes(32))
    clear = ask(replace(examples.reserve, buyer=Clear("Erika Mustermann")))
    submitted = [desk.submit(clear) for _ in range(8)]
    for future in submitted[5:]:
        with pytest.raises(Busy, match="5 commands wait to be sealed"):
            future.result(WITHIN_S)
    assert desk.handle(reserve(ORDERS[0])).position == 1, "what needs no sealing goes on"
    sealer.may.set()
    for future in submitted[:5]:
        with pytest.raises(InputError, match="It was slow"):
            future.result(WITHIN_S)
    with pytest.raises(InputError, match="It was slow"):
        desk.submit(clear).result(WITHIN_S)
