"""The one way in for commands: deciding again, refusing, and what is said to bad input."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest

from domain.kernel import Event, Refused
from domain.orders.paying import PaymentReceived
from domain.orders.refusing import CommandRefused
from infra.clock import SimulatedClock
from infra.errors import Contended, InputError
from infra.handle import Answer, Ask, Desk
from infra.log import Log
from tests import examples
from tests.examples import DAY, NOON, ORDER_ID, usd
from tests.integration.log.items import ask, assert_sound, rows


def names(events: tuple[Event, ...]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_command_becomes_events(desk: Desk, log: Log, clock: SimulatedClock) -> None:
    cause, correlation = uuid4(), uuid4()
    asked = ask(examples.reserve, causation_id=cause, correlation_id=correlation)
    answer = desk.handle(asked)
    assert (answer.position, answer.events, answer.repeated) == (1, (examples.placed,), False)
    (recorded,) = log.read(0, 10)
    assert (recorded.event, recorded.actor, recorded.market) == (examples.placed, "clerk", "DE")
    assert (recorded.occurred_at, recorded.recorded_at) == (NOON, NOON)
    assert (recorded.correlation_id, recorded.causation_id) == (correlation, cause)


def test_a_refusal_without_a_rule_writes_nothing_and_is_decided_afresh(
    desk: Desk, log: Log, database: str
) -> None:
    change = ask(examples.change, uuid4())
    with pytest.raises(Refused) as refused:
        desk.handle(change)
    assert refused.value.code == "unknown_order"
    assert log.head().position == 0
    assert rows(database, "select count(*) from carnet.commands") == [(0,)]
    for command in (examples.reserve, examples.quote, examples.inform, examples.sign):
        desk.handle(ask(command))
    assert names(desk.handle(change).events) == ["ChangeRequested", "ChangeAccepted"]


def test_a_refusal_by_a_rule_is_recorded_once_and_repeated(desk: Desk, other_desk: Desk, log: Log) -> None:
    desk.handle(ask(examples.reserve_nc))
    quote = replace(
        examples.quote, list_price=usd(66_000), net=usd(60_000), tax=usd(5_000), gross=usd(65_000)
    )
    desk.handle(ask(quote))
    sell = ask(replace(examples.sign, agent_id=None, plan_id=None, plan_version=None), uuid4())
    first = _refusal(desk, sell)
    assert first.rule == examples.US_01
    recorded = log.read(2, 10)
    (evidence,) = (one.event for one in recorded)
    assert isinstance(evidence, CommandRefused)
    assert (evidence.command, evidence.code, evidence.rule) == ("SignContract", first.code, "US-01")
    assert evidence.grounds == ("law", "maker_policy")
    assert "US-NC-franchised" in evidence.rows
    assert "G.S. 20-305" in evidence.source
    assert recorded[0].stream_id == ORDER_ID
    for again in (desk, other_desk):
        second = _refusal(again, sell)
        assert (str(second), second.code, second.rule) == (str(first), first.code, first.rule)
        assert second.fields == first.fields
    assert log.head().position == 3


def test_somebody_who_was_faster_makes_it_decide_again(desk: Desk, other_desk: Desk, database: str) -> None:
    desk.handle(ask(examples.reserve))
    for _ in range(5):
        for one in (desk, other_desk):
            one.handle(ask(replace(examples.pay_deposit, payment_id=str(uuid4()))))
    assert assert_sound(database) == 11


def test_twenty_at_once_on_one_stream_all_succeed_and_all_are_there(
    desk: Desk, other_desk: Desk, database: str
) -> None:
    desk.handle(ask(examples.reserve))
    start = Barrier(20)

    def pay(number: int) -> Answer:
        start.wait()
        command = replace(examples.pay_deposit, payment_id=f"bank-{number}")
        return (desk, other_desk)[number % 2].handle(ask(command))

    with ThreadPoolExecutor(20) as callers:
        answers = list(callers.map(pay, range(20)))
    assert len({answer.position for answer in answers}) == 20
    paid = {
        event.payment_id
        for answer in answers
        for event in answer.events
        if isinstance(event, PaymentReceived)
    }
    assert len(paid) == 20
    assert_sound(database)


def test_an_expected_version_is_kept_to(desk: Desk, other_desk: Desk) -> None:
    desk.handle(ask(examples.reserve, expected_version=0))
    desk.handle(ask(examples.pay_deposit, expected_version=1))
    with pytest.raises(Contended, match=f"Order {ORDER_ID} is at version 2, you expected 1") as contended:
        desk.handle(ask(examples.quote, expected_version=1))
    assert contended.value.exit_code == 4
    other_desk.handle(ask(examples.quote, expected_version=2))
    desk.handle(ask(examples.inform, expected_version=3))


def test_only_a_report_tells_when_it_happened_and_not_in_the_future(desk: Desk, log: Log) -> None:
    desk.handle(ask(examples.reserve))
    desk.handle(ask(examples.pay_deposit, occurred_at=NOON - DAY))
    (recorded,) = log.read(1, 1)
    assert (recorded.occurred_at, recorded.recorded_at) == (NOON - DAY, NOON)
    with pytest.raises(InputError, match=r"is told as of .*, and it is only"):
        desk.handle(ask(examples.pay_balance, occurred_at=NOON + timedelta(minutes=6)))
    with pytest.raises(InputError, match="has no zone"):
        desk.handle(ask(examples.pay_balance, occurred_at=datetime(2026, 3, 1)))  # noqa: DTZ001
    with pytest.raises(InputError, match="CancelOrder happens now"):
        desk.handle(ask(examples.cancel, occurred_at=NOON - DAY))


def test_amounts_of_two_currencies_are_an_input_error(desk: Desk, log: Log) -> None:
    desk.handle(ask(examples.reserve))
    before = log.head().position
    with pytest.raises((InputError, Refused)):
        desk.handle(ask(replace(examples.quote, net=usd(1))))
    assert log.head().position == before


def _refusal(desk: Desk, asked: Ask) -> Refused:
    with pytest.raises(Refused) as refused:
        desk.handle(asked)
    return refused.value
