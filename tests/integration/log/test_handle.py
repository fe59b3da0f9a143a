"""The one way in for commands: deciding again, refusing, and what is said to bad input."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest

from domain.allocations.building import AssignVin, VinAssigned
from domain.kernel import Command, Event, Refused, Stream
from domain.money import Money
from domain.orders.paying import PaymentReceived
from domain.orders.refusing import CommandRefused
from domain.orders.reserving import ReservationPlaced
from domain.orders.state import Order
from domain.sealed import Clear
from domain.settlements.closing import ClosePeriod
from domain.settlements.planning import PublishPlan
from infra.clock import SimulatedClock
from infra.errors import Contended, InputError
from infra.handle import Answer, Ask, Desk
from infra.log import Log
from infra.states import StateCache
from infra.vault import Vault
from tests import examples
from tests.examples import CAR_ID, CUSTOMER_ID, DAY, NOON, ORDER_ID, usd
from tests.integration.log.items import ask, assert_sound, rows
from tests.unit.allocations.car import enter_stock


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


def test_personal_text_is_sealed_in_the_same_moment(
    desk: Desk, log: Log, vault: Vault, database: str
) -> None:
    desk.handle(ask(replace(examples.reserve, buyer=Clear("Erika Mustermann"))))
    (recorded,) = log.read(0, 10)
    placed = recorded.event
    assert isinstance(placed, ReservationPlaced)
    assert vault.open(placed.buyer, purpose="test", actor="clerk") == "Erika Mustermann"
    assert b"Erika" not in recorded.body
    assert rows(database, "select subject, grp from vault.sealed") == [(CUSTOMER_ID, "contract")]


def test_who_doubts_a_state_asks_the_log_although_another_has_just_remembered_it(
    desk: Desk, other_desk: Desk, log: Log
) -> None:
    desk.handle(ask(examples.reserve))
    order, states = Stream(Order, ORDER_ID), StateCache(log)
    states.read([order])
    other_desk.handle(ask(examples.pay_deposit))
    remembered, asked = states.read([order])
    assert (remembered[ORDER_ID].version, asked) == (1, set())
    states.remember(remembered)
    for _ in range(2):
        found, asked = states.read([order], doubted={ORDER_ID})
        assert (found[ORDER_ID].version, asked) == (2, {ORDER_ID})


def test_of_a_stream_without_events_the_log_is_asked_once(log: Log) -> None:
    order, states = Stream(Order, ORDER_ID), StateCache(log)
    asked = [states.read([order])[1] for _ in range(2)]
    assert asked == [{ORDER_ID}, set()]


def test_who_remembers_that_there_was_nothing_learns_of_what_has_begun_since(
    desk: Desk, other_desk: Desk
) -> None:
    for one in (desk, other_desk):
        with pytest.raises(Refused, match="there is no order"):
            one.handle(ask(examples.pay_deposit))
    desk.handle(ask(examples.reserve))
    assert other_desk.handle(ask(examples.pay_deposit)).position == 2


def test_an_id_that_had_no_events_may_begin_another_kind_of_stream(desk: Desk, log: Log) -> None:
    with pytest.raises(Refused, match="there is no order"):
        desk.handle(ask(replace(examples.pay_deposit, order_id=CAR_ID)))
    assert desk.handle(ask(enter_stock)).position == 1


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


def test_a_refusal_is_never_decided_on_what_is_only_remembered(desk: Desk, other_desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.handle(ask(examples.change))
    desk.handle(ask(examples.reserve))
    for command in (examples.quote, examples.inform, examples.sign):
        other_desk.handle(ask(command))
    assert names(desk.handle(ask(examples.change)).events) == ["ChangeRequested", "ChangeAccepted"]


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


def test_the_id_of_another_kind_of_stream_is_told_so(desk: Desk, other_desk: Desk) -> None:
    desk.handle(ask(examples.reserve))
    on_an_order = replace(enter_stock, vehicle_id=ORDER_ID)
    for one in (desk, other_desk):
        with pytest.raises(InputError, match=f"{ORDER_ID} is not the id of a vehicle"):
            one.handle(ask(on_an_order))


PUBLISH = PublishPlan(
    plan_id=ORDER_ID,
    version=1,
    currency="EUR",
    base_rate_bp=550,
    handover_fee=Money(0, "EUR"),
    basis=("net_price",),
    earn_on="delivery",
    clawback_faults=(),
)
CLOSE = ClosePeriod(partner_id=ORDER_ID, period="2026-01")


@pytest.mark.parametrize(("first", "second"), [(PUBLISH, CLOSE), (CLOSE, PUBLISH)])
def test_two_kinds_of_one_family_are_told_apart_by_who_remembers_and_who_does_not(
    desk: Desk, other_desk: Desk, log: Log, first: Command, second: Command
) -> None:
    desk.handle(ask(first))
    for one in (desk, other_desk):
        with pytest.raises(InputError, match=f"{ORDER_ID} is not the id of a"):
            one.handle(ask(second))
    assert log.head().position == 1


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


def test_a_text_that_its_field_does_not_take_is_told_by_field(desk: Desk, log: Log) -> None:
    desk.handle(ask(enter_stock))
    with pytest.raises(InputError, match="AssignVin: field vin: "):
        desk.handle(ask(AssignVin(vehicle_id=CAR_ID, vin=Clear("not a VIN"))))
    assert log.head().position == 1


def test_a_vin_told_again_tells_nothing_and_another_is_the_second(
    desk: Desk, other_desk: Desk, log: Log, database: str
) -> None:
    desk.handle(ask(enter_stock))
    assign = AssignVin(vehicle_id=CAR_ID, vin=Clear("WMWXM5C50ET999999"))
    assert names(desk.handle(ask(assign)).events) == ["VinAssigned"]
    assert desk.handle(ask(assign)).events == ()
    assert other_desk.handle(ask(replace(assign, vin=Clear(" wmwxm5c50et999999")))).events == ()
    assert log.head().position == 2
    assert rows(database, "select count(*) from vault.sealed") == [(1,)]
    (second,) = desk.handle(ask(replace(assign, vin=Clear("WMWXM5C50ET999998")))).events
    assert isinstance(second, VinAssigned)
    assert second.contradicts == ("second_vin",)


def test_one_vin_has_one_vehicle(desk: Desk, other_desk: Desk, log: Log, database: str) -> None:
    vin, cars = "WMWXM5C50ET999999", [uuid4() for _ in range(8)]
    for car in cars:
        desk.handle(ask(replace(enter_stock, vehicle_id=car, production_no=str(car))))

    def assign(number: int) -> str:
        try:
            (desk, other_desk)[number % 2].handle(ask(AssignVin(vehicle_id=cars[number], vin=Clear(vin))))
        except Refused as refused:
            return refused.code
        return "assigned"

    with ThreadPoolExecutor(8) as callers:
        outcomes = sorted(callers.map(assign, range(8)))
    assert outcomes == ["assigned"] + 7 * ["text_taken"]
    assert rows(database, "select count(*) from carnet.events where name = 'VinAssigned'") == [(1,)]
    assert rows(database, "select count(*) from vault.lookup") == [(1,)]


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
