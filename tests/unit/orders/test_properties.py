"""What holds for every event and every command about an order, in any turn."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel import Command, Event, Refused, States, Stream, fold
from domain.orders.asking import OrderCommand
from domain.orders.changing import FollowEstimate
from domain.orders.following import FollowCar
from domain.orders.paying import RecordPaymentFailure, RecordRefund
from domain.orders.reserving import LapseReservation
from domain.orders.settling import OrderSettled, nothing_open, to_return
from domain.orders.state import Order, OrderEvent
from domain.orders.status import can_do, money, status
from domain.orders.withdrawing import (
    AcceptWithdrawal,
    CloseWithdrawalWindow,
    DeclareWithdrawal,
    DenyWithdrawal,
)
from tests.anything import ANY_ORDER_EVENT, ORDER_EVENTS, anything
from tests.examples import (
    CAR_ID,
    CONTRACTED,
    DAY,
    DELIVERED,
    HANDOVER,
    NOON,
    OFFERED,
    ORDER_ID,
    READY,
    WITHDRAW_UNTIL,
    cancel,
    change,
    context,
    eur,
    follow_built,
    give_back,
    hand_over,
    inform,
    inspect,
    pay_balance,
    pay_deposit,
    quote,
    register,
    report_sale,
    reserve,
    reserve_nc,
    revise,
    schedule,
    sha,
    sign,
)
from tests.unit.orders.i3 import AGREED_I3, IN_2020, novate, tell_customers, tell_partners


@given(st.lists(ANY_ORDER_EVENT, max_size=12))
@settings(max_examples=300, deadline=None)
def test_no_event_ever_fails_to_evolve_an_order_whatever_came_before(events: list[OrderEvent]) -> None:
    order = fold(Order(), events)
    assert status(order)
    assert money(order)
    assert isinstance(can_do(order, NOON), tuple)


@pytest.mark.parametrize("kind", ORDER_EVENTS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_every_event_evolves_an_order_that_knows_nothing(kind: type[OrderEvent], data: st.DataObject) -> None:
    event = data.draw(anything(kind))
    assert isinstance(event.evolve(Order()), Order)


COMMANDS: tuple[OrderCommand, ...] = (
    reserve,
    reserve_nc,
    pay_deposit,
    pay_balance,
    quote,
    inform,
    sign,
    report_sale,
    change,
    revise,
    follow_built,
    schedule,
    inspect,
    register,
    hand_over,
    give_back,
    cancel,
    LapseReservation(order_id=ORDER_ID),
    RecordPaymentFailure(
        order_id=ORDER_ID, payment_id="bank-1", kind="deposit", amount=eur(500), reason="declined"
    ),
    RecordRefund(order_id=ORDER_ID, refund_id="out-1", amount=eur(500)),
    FollowCar(order_id=ORDER_ID, vehicle_id=CAR_ID, milestone="frozen", at=NOON),
    DeclareWithdrawal(order_id=ORDER_ID, medium="letter"),
    AcceptWithdrawal(order_id=ORDER_ID),
    DenyWithdrawal(order_id=ORDER_ID, exception="out_of_time", evidence_sha256=sha("9")),
    CloseWithdrawalWindow(order_id=ORDER_ID),
    FollowEstimate(order_id=ORDER_ID, estimate=HANDOVER, cause="transport"),
    tell_customers,
    tell_partners,
    novate,
)

# A quote may be issued as often as one likes.
MAY_HAPPEN_AGAIN = ("IssueQuote",)


def decided(command: OrderCommand, order: Order, at: datetime) -> tuple[OrderEvent, ...]:
    """What happens, or nothing if it is refused."""
    states = States({**{stream.id: stream.state() for stream in command.reads()}, ORDER_ID: order})
    try:
        events = tuple(event for _, event in command.decide(states, context(at)))
    except Refused:
        return ()
    assert all(isinstance(event, OrderEvent) for event in events)
    return tuple(event for event in events if isinstance(event, OrderEvent))


HISTORIES: tuple[tuple[Event, ...], ...] = ((), OFFERED, CONTRACTED, READY, DELIVERED, AGREED_I3)
TIMES = (IN_2020, NOON, NOON + 8 * DAY, HANDOVER, HANDOVER + 3 * DAY, WITHDRAW_UNTIL, WITHDRAW_UNTIL + DAY)
ASKED = st.lists(st.tuples(st.sampled_from(COMMANDS), st.sampled_from(TIMES)), max_size=20)


@given(st.sampled_from(HISTORIES), ASKED)
@settings(max_examples=300, deadline=None)
def test_in_any_turn_a_command_asked_twice_decides_nothing_new(
    history: tuple[Event, ...], asked: list[tuple[OrderCommand, datetime]]
) -> None:
    order = fold(Order(), history)
    for command, at in asked:
        order = fold(order, decided(command, order, at))
        if type(command).__name__ not in MAY_HAPPEN_AGAIN:
            assert decided(command, order, at) == ()


@given(st.sampled_from(HISTORIES), ASKED)
@settings(max_examples=300, deadline=None)
def test_in_any_turn_an_order_settles_once_and_what_is_owed_is_told(
    history: tuple[Event, ...], asked: list[tuple[OrderCommand, datetime]]
) -> None:
    order, settled = fold(Order(), history), 0
    for command, at in asked:
        events = decided(command, order, at)
        order = fold(order, events)
        settled += sum(isinstance(event, OrderSettled) for event in events)
        assert order.refund_due == to_return(order)
        assert not nothing_open(order)
    assert settled <= 1


def test_the_commands_above_are_all_there_are() -> None:
    kinds = {kind for kind in Command.named.values() if issubclass(kind, OrderCommand)}
    assert {type(command) for command in COMMANDS} == kinds


def test_every_command_reads_its_order_first() -> None:
    for command in COMMANDS:
        assert command.reads()[0] == Stream(Order, ORDER_ID)
