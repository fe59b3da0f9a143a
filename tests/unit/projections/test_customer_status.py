from datetime import date

from domain.handovers.returning import VehicleReturned
from domain.orders.cancelling import OrderCancelled
from domain.orders.refusing import CommandRefused
from domain.orders.status import Action
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalWindowClosed
from projections.customer_status import CUSTOMER_STATUS, CustomerStatus
from tests.examples import (
    CAR_ID,
    CONTRACTED,
    CUSTOMER_ID,
    DELIVERED,
    OFFERED,
    ON_SITE,
    ORDER_ID,
    OTHER_ORDER_ID,
    READY,
    WITHDRAW_UNTIL,
    eur,
    placed,
    sha,
)
from tests.unit.projections.playing import given


def row(*events: object) -> CustomerStatus:
    return given(CUSTOMER_STATUS, *events).row(CustomerStatus, ORDER_ID)  # type: ignore[arg-type]


def actions(status: CustomerStatus) -> list[Action]:
    return [can.action for can in status.can_do]


def test_the_ids_of_what_was_told_are_not_kept() -> None:
    assert row(*DELIVERED).state.told == frozenset()


def test_a_reservation_waits_for_its_deposit() -> None:
    status = row(placed)
    assert (status.order_status, status.car_status, status.money_status) == (
        "reserved",
        "none",
        "deposit_due",
    )
    assert (status.customer_id, status.market, status.brand) == (CUSTOMER_ID, "DE", "MINI")
    assert [(can.action, can.until) for can in status.can_do] == [
        ("pay_deposit", placed.deposit_due_at),
        ("cancel", None),
    ]


def test_a_contract_promises_dates_and_may_be_changed() -> None:
    status = row(*CONTRACTED)
    assert (status.order_status, status.money_status) == ("contracted", "deposit_paid")
    assert (status.promised_from, status.promised_to) == (date(2026, 6, 1), date(2026, 6, 14))
    assert (status.estimate_from, status.estimate_to) == (date(2026, 6, 1), date(2026, 6, 14))
    assert "change" in actions(status)


def test_the_car_has_a_state_of_its_own() -> None:
    status = row(*ON_SITE)
    assert (status.order_status, status.car_status) == ("on_site", "on_site")
    assert "change" not in actions(status)
    assert row(*READY).order_status == "ready"


def test_a_customer_withdraws_until_the_window_ends() -> None:
    status = row(*DELIVERED)
    assert status.order_status == "in_withdrawal_window"
    assert [(can.action, can.until) for can in status.can_do] == [("withdraw", WITHDRAW_UNTIL)]
    closed = row(*DELIVERED, WithdrawalWindowClosed(closed_at=WITHDRAW_UNTIL))
    assert closed.order_status == "delivered"


def test_an_order_that_ended_leaves_nothing_to_do() -> None:
    cancelled = OrderCancelled(
        initiator="customer", reason="change_of_mind", fault="customer", fee=eur(0), stage="offered"
    )
    status = row(*OFFERED, cancelled)
    assert (status.order_status, status.can_do) == ("cancelled", ())
    returned = VehicleReturned(vehicle_id=CAR_ID, odometer_km=9, condition_sha256=sha("4"), value_loss=eur(0))
    assert row(*DELIVERED, WithdrawalAccepted(), returned).order_status == "returned"


def test_a_refused_reservation_is_no_order() -> None:
    refused = CommandRefused(command="ReserveOrder", code="x", rule="US-01", rule_version=1)
    assert given(CUSTOMER_STATUS, refused).rows(CustomerStatus) == []


def test_each_order_has_its_row() -> None:
    played = given(CUSTOMER_STATUS, placed).play(*CONTRACTED, stream=OTHER_ORDER_ID)
    assert [(r.order_id, r.order_status) for r in played.rows(CustomerStatus)] == [
        (ORDER_ID, "reserved"),
        (OTHER_ORDER_ID, "contracted"),
    ]
