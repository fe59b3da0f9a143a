from dataclasses import replace
from uuid import uuid5

from hypothesis import given as for_all
from hypothesis import strategies

from domain.handovers.returning import VehicleReturned
from domain.kernel import fold
from domain.orders.cancelling import OrderCancelled
from domain.orders.reserving import ReservationLapsed
from domain.orders.state import Order, OrderEvent
from domain.orders.withdrawing import (
    WithdrawalAccepted,
    WithdrawalDeclared,
    WithdrawalDenied,
    WithdrawalWindowClosed,
)
from infra.timers import Due
from projections.deadlines import DEADLINES, dues
from tests.examples import (
    CAR_ID,
    DELIVERED,
    NOON,
    ORDER_ID,
    WITHDRAW_UNTIL,
    deposit_paid,
    eur,
    placed,
    sha,
    signed,
)
from tests.unit.projections.playing import given

DEPOSIT = Due.of(ORDER_ID, "LapseReservation", placed.deposit_due_at)
WINDOW = Due.of(ORDER_ID, "CloseWithdrawalWindow", WITHDRAW_UNTIL)
ENDS: tuple[OrderEvent, ...] = (
    ReservationLapsed(reason="deposit_missing"),
    OrderCancelled(initiator="maker", reason="delay", fault="principal", fee=eur(0), stage="reserved"),
    WithdrawalDeclared(medium="email", declared_at=NOON, window_ends_at=None, in_time=None),
    WithdrawalDenied(exception="out_of_time", evidence_sha256=sha("5")),
    WithdrawalAccepted(),
    WithdrawalWindowClosed(closed_at=WITHDRAW_UNTIL),
    VehicleReturned(vehicle_id=CAR_ID, odometer_km=9, condition_sha256=sha("4"), value_loss=eur(0)),
)


def due(*events: OrderEvent) -> list[Due]:
    return given(DEADLINES, *events).rows(Due)


def test_a_deposit_is_waited_for() -> None:
    assert due(placed) == [DEPOSIT]
    assert DEPOSIT.command_id == uuid5(DEPOSIT.timer_id, "command")


def test_a_deposit_that_came_or_was_never_asked_for_is_not() -> None:
    assert due(placed, deposit_paid) == []
    assert due(replace(placed, deposit=eur(0))) == []
    assert due(placed, replace(deposit_paid, amount=eur(499))) == [DEPOSIT]
    assert due(placed, signed) == []


def test_a_window_is_closed_when_it_ends() -> None:
    assert due(*DELIVERED) == [WINDOW]
    assert due(*DELIVERED, WithdrawalWindowClosed(closed_at=WITHDRAW_UNTIL)) == []
    assert due(*DELIVERED, WithdrawalAccepted()) == []


def test_another_time_is_another_timer() -> None:
    later = Due.of(ORDER_ID, "LapseReservation", WITHDRAW_UNTIL)
    assert (later.timer_id, later.command_id) != (DEPOSIT.timer_id, DEPOSIT.command_id)


@for_all(strategies.lists(strategies.sampled_from((*DELIVERED, *ENDS)), max_size=12))
def test_the_timers_are_those_of_the_whole_order(events: list[OrderEvent]) -> None:
    assert set(due(*events)) == dues(ORDER_ID, fold(Order(), events))
