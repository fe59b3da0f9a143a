"""Many commands at once: those that meet in a stream in their order, all others as they come."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Event as Flag
from uuid import UUID

import pytest

from domain.kernel import Command, Refused
from domain.markets.book import LoadMarket
from domain.orders.contracting import ContractSigned
from domain.partners.registering import RegisterPartner
from infra.bulk import Bulk, Numbered
from infra.errors import InputError
from infra.handle import Answer, Ask, Desk
from infra.log import Log
from tests import examples
from tests.examples import AGENT_ID
from tests.integration.log.items import WITHIN_S, assert_sound
from tests.unit.markets.claimed import law, rows_of, sells, terms
from tests.unit.partners.network import report

ORDERS = [UUID(int=number) for number in range(300, 330)]
SALE = (
    examples.reserve,
    examples.pay_deposit,
    examples.quote,
    examples.inform,
    examples.sign,
    examples.cancel,
)


def asked(*commands: Command) -> list[Numbered]:
    return [(number, Ask(command=one, actor="clerk")) for number, one in enumerate(commands, start=1)]


def carried_out(desk: Desk, *commands: Command) -> list[Answer | Exception]:
    numbers, ends = zip(*Bulk(desk).carry_out(asked(*commands)), strict=True)
    assert numbers == tuple(range(1, len(commands) + 1))
    return list(ends)


def test_the_commands_of_each_order_take_effect_in_their_turn(desk: Desk, log: Log, database: str) -> None:
    sales = [replace(command, order_id=order_id) for order_id in ORDERS for command in SALE]
    assert all(isinstance(end, Answer) for end in carried_out(desk, *sales))
    whole = [type(command).__name__ for command in SALE]
    for order_id in ORDERS:
        named = [recorded.name for recorded in log.history(order_id)]
        assert named[: len(whole)] == [
            "ReservationPlaced",
            "PaymentReceived",
            "QuoteIssued",
            "PrecontractInfoGiven",
            "ContractSigned",
            "OrderCancelled",
        ]
    assert_sound(database)


def test_who_looks_at_a_stream_waits_for_who_writes_it(desk: Desk) -> None:
    sales = [replace(command, order_id=order_id) for order_id in ORDERS for command in SALE[:4]]
    signing = [replace(examples.sign, order_id=order_id) for order_id in ORDERS]
    register = RegisterPartner(partner_id=AGENT_ID, market="DE")
    carried_out(desk, *sales)
    appoint = replace(report, valid_from=date(2024, 10, 1))
    ends = carried_out(desk, register, *signing[:15], appoint, *signing[15:])
    assert all(isinstance(end, Refused) and end.code == "not_appointed" for end in ends[1:16])
    assert all(isinstance(end, Answer) for end in ends[16:])


def test_all_wait_for_the_rows_of_a_market(desk: Desk) -> None:
    offered = [
        replace(command, order_id=order_id) for order_id in ORDERS[:3] for command in (*SALE[:1], *SALE[2:4])
    ]
    carried_out(desk, *offered)
    first, between, last = (replace(examples.sign, order_id=one, agent_id=None) for one in ORDERS[:3])
    forbidding, allowing = (
        LoadMarket(rows=rows, author="market desk", reason="test")
        for rows in (
            rows_of(sells("direct", row="DE-ours"), law("forbids", sellers=("maker",)), terms()),
            rows_of(sells("direct", row="DE-ours"), terms()),
        )
    )
    signed, _, refused, _, signed_again = carried_out(desk, first, forbidding, between, allowing, last)
    assert isinstance(refused, Refused)
    assert refused.code == "forbidden_by_law"
    for answer in (signed, signed_again):
        assert isinstance(answer, Answer)
        assert isinstance(answer.events[0], ContractSigned)


def test_what_fails_stops_nothing(desk: Desk) -> None:
    fault = InputError("It cannot be read.")
    reserve, pay = (one for _, one in asked(examples.reserve, examples.pay_deposit))
    wrong = Ask(command=replace(examples.reserve, order_id=ORDERS[1], market="XX"), actor="clerk")
    ends = dict(Bulk(desk).carry_out([(2, reserve), (3, fault), (5, wrong), (6, pay)]))
    assert ends[3] is fault
    assert isinstance(ends[5], Refused)
    assert [type(one) for one in ends.values()] == [Answer, InputError, Refused, Answer]


def test_an_answer_comes_while_the_next_command_is_not_known_yet(desk: Desk) -> None:
    told = Flag()

    def one_after_the_other() -> Iterator[Numbered]:
        reserve, pay = asked(examples.reserve, examples.pay_deposit)
        yield reserve
        assert told.wait(WITHIN_S), "the first answer did not come"
        yield pay

    ends = []
    for _, end in Bulk(desk).carry_out(one_after_the_other()):
        ends.append(end)
        told.set()
    assert all(isinstance(end, Answer) for end in ends)
    assert len(ends) == 2


def test_more_than_is_read_ahead_goes_through_and_no_more_is_read(desk: Desk) -> None:
    read = 0

    def many() -> Iterator[Numbered]:
        nonlocal read
        for one in asked(*(replace(examples.reserve, order_id=order_id) for order_id in ORDERS)):
            read += 1
            yield one

    done = 0
    for _ in Bulk(desk, read_ahead=4).carry_out(many()):
        done += 1
        assert read <= done + 4 + 1
    assert done == len(ORDERS)


def test_what_was_begun_before_a_stop_is_told(desk: Desk, log: Log) -> None:
    bulk = Bulk(desk, read_ahead=8)
    ends = []
    for number, end in bulk.carry_out(
        asked(*(replace(examples.reserve, order_id=order_id) for order_id in ORDERS))
    ):
        ends.append(end)
        if number == 1:
            bulk.stop()
    assert len(ends) < len(ORDERS)
    assert log.head().position == len(ends)


def test_a_stop_does_not_wait_for_what_may_come(desk: Desk) -> None:
    first, nobody_writes = Flag(), Flag()

    def one_and_then_none() -> Iterator[Numbered]:
        yield from asked(examples.reserve)
        nobody_writes.wait()

    bulk = Bulk(desk)

    def carry_out() -> list[int]:
        numbers = []
        for number, _ in bulk.carry_out(one_and_then_none()):
            numbers.append(number)
            first.set()
        return numbers

    with ThreadPoolExecutor(1) as other:
        carried = other.submit(carry_out)
        assert first.wait(WITHIN_S)
        bulk.stop()
        try:
            assert carried.result(WITHIN_S) == [1]
        finally:
            nobody_writes.set()
            bulk.stop()


def test_what_reading_raises_comes_after_what_was_read(desk: Desk) -> None:
    def torn() -> Iterator[Numbered]:
        yield from asked(examples.reserve)
        raise OSError("the disk is gone")

    ends: list[tuple[int, Answer | Exception]] = []
    with pytest.raises(OSError, match="the disk is gone"):
        ends.extend(Bulk(desk).carry_out(torn()))
    assert len(ends) == 1
