"""What a person is told about an order."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import pytest

from domain.handovers.returning import VehicleReturned
from domain.kernel import Event, fold
from domain.orders.cancelling import OrderCancelled
from domain.orders.following import CarDeparted
from domain.orders.paying import RefundPaid
from domain.orders.reserving import ReservationLapsed
from domain.orders.settling import OrderSettled, RefundDue
from domain.orders.state import Order
from domain.orders.status import Action, MoneyStatus, OrderStatus, can_do, money, status
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalDeclared, WithdrawalWindowClosed
from tests.examples import (
    CAR_ID,
    CONTRACTED,
    DAY,
    DELIVERED,
    HANDOVER,
    NOON,
    OFFERED,
    ON_SITE,
    READY,
    WITHDRAW_UNTIL,
    allocated,
    balance_paid,
    built,
    deposit_paid,
    eur,
    frozen,
    inspected,
    placed,
    planned,
    quoted,
    sha,
)

cancelled = OrderCancelled(
    initiator="maker", reason="recall", fault="principal", fee=eur(0), stage="contracted"
)
departed = CarDeparted(
    vehicle_id=CAR_ID, leg_no=1, mode="road", place_from="DELEJ", place_to="DEMUC", eta=NOON
)
closed = WithdrawalWindowClosed(closed_at=WITHDRAW_UNTIL)
declared = WithdrawalDeclared(
    medium="function", declared_at=HANDOVER + DAY, window_ends_at=WITHDRAW_UNTIL, in_time=True
)
WITHDRAWN = (*DELIVERED, declared, WithdrawalAccepted())
returned = VehicleReturned(vehicle_id=CAR_ID, odometer_km=240, condition_sha256=sha("2"), value_loss=eur(0))
unpaid = tuple(event for event in DELIVERED if event is not balance_paid)

LADDER: dict[OrderStatus, tuple[Event, ...]] = {
    "reserved": (placed, deposit_paid),
    "lapsed": (placed, ReservationLapsed(reason="deposit_missing")),
    "offered": OFFERED,
    "contracted": (*CONTRACTED, allocated),
    "planned": (*CONTRACTED, allocated, planned),
    "frozen": (*CONTRACTED, allocated, planned, frozen),
    "built": (*CONTRACTED, allocated, planned, frozen, built),
    "in_transit": (*CONTRACTED, allocated, planned, frozen, built, departed),
    "on_site": (*ON_SITE, inspected),
    "ready": READY,
    "in_withdrawal_window": DELIVERED,
    "delivered": (*unpaid, closed),
    "settled": (*DELIVERED, closed, OrderSettled()),
    "cancelled": (*CONTRACTED, cancelled),
    "withdrawn": WITHDRAWN,
    "returned": (*WITHDRAWN, returned),
}


@pytest.mark.parametrize(("wanted", "history"), LADDER.items())
def test_every_status_is_reached(wanted: OrderStatus, history: tuple[Event, ...]) -> None:
    assert status(fold(Order(), history)) == wanted


def test_the_ladder_above_is_whole() -> None:
    assert set(LADDER) == set(get_args(OrderStatus))


owed = RefundDue(amount=eur(500), due_at=NOON, cause="cancellation")
MONEY: dict[MoneyStatus, tuple[Event, ...]] = {
    "none": (placed, ReservationLapsed(reason="deposit_missing")),
    "deposit_due": (placed, quoted),
    "deposit_paid": CONTRACTED,
    "part_paid": (*CONTRACTED, deposit_paid),
    "paid": READY,
    "refund_due": (*CONTRACTED, cancelled, owed),
    "refunded": (*CONTRACTED, cancelled, owed, RefundPaid(refund_id="r", amount=eur(500), paid_at=NOON)),
}


@pytest.mark.parametrize(("wanted", "history"), MONEY.items())
def test_every_state_of_money_is_reached(wanted: MoneyStatus, history: tuple[Event, ...]) -> None:
    assert money(fold(Order(), history)) == wanted


def test_the_states_of_money_above_are_whole() -> None:
    assert set(MONEY) == set(get_args(MoneyStatus))


@pytest.mark.parametrize(
    ("history", "now", "wanted"),
    [
        ((), NOON, ()),
        ((placed,), NOON, (("pay_deposit", placed.deposit_due_at), ("cancel", None))),
        ((placed,), placed.deposit_due_at, (("cancel", None),)),
        (OFFERED, NOON, (("sign", quoted.valid_until), ("cancel", None))),
        (CONTRACTED, NOON, (("change", None), ("cancel", None), ("withdraw", None))),
        (ON_SITE, NOON, (("cancel", None), ("withdraw", None))),
        (DELIVERED, HANDOVER + DAY, (("withdraw", WITHDRAW_UNTIL),)),
        (DELIVERED, WITHDRAW_UNTIL, ()),
        ((*DELIVERED, declared), HANDOVER + DAY, ()),
        ((*CONTRACTED, cancelled), NOON, ()),
    ],
)
def test_what_the_customer_can_still_do_and_until_when(
    history: tuple[Event, ...], now: datetime, wanted: tuple[tuple[Action, datetime | None], ...]
) -> None:
    possibilities = can_do(fold(Order(), history), now)
    assert tuple((can.action, can.until) for can in possibilities) == wanted
