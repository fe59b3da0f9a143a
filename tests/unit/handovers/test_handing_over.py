"""Preparing, handing over and taking back the car."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from domain.handovers.delivering import Delivered
from domain.handovers.preparing import HandoverScheduled, PdiCompleted, VehicleRegistered
from domain.handovers.returning import VehicleReturned
from domain.orders.offering import PrecontractInfoGiven
from domain.orders.settling import OrderSettled, RefundDue
from domain.orders.state import Order
from domain.orders.status import status
from domain.orders.withdrawing import AcceptWithdrawal, WithdrawalAccepted, WithdrawalDeclared
from tests.examples import (
    BUYER,
    CAR_ID,
    CONTRACTED,
    CR_03,
    DAY,
    DELIVERED,
    HANDOVER,
    NOON,
    OFFERED,
    ON_SITE,
    ORDER_ID,
    OTHER_CAR_ID,
    READY,
    SITE_ID,
    WITHDRAW_UNTIL,
    delivered,
    eur,
    give_back,
    hand_over,
    ident,
    informed,
    inspect,
    inspected,
    placed,
    register,
    registered,
    schedule,
    scheduled,
    sha,
    signed,
    usd,
)
from tests.story import given

declared = WithdrawalDeclared(
    medium="letter", declared_at=HANDOVER + DAY, window_ends_at=WITHDRAW_UNTIL, in_time=True
)
refund_due = RefundDue(amount=eur(38_080), due_at=HANDOVER + 16 * DAY, cause="withdrawal")
WITHDRAWN = (*DELIVERED, declared, WithdrawalAccepted(), refund_due)


def test_a_handover_is_agreed_and_moved() -> None:
    given(*ON_SITE).when(schedule).then(scheduled)
    given(*ON_SITE, scheduled).when(schedule).nothing()
    later = replace(schedule, at=schedule.at + DAY)
    given(*ON_SITE, scheduled).when(later).then(HandoverScheduled(at=later.at, site_id=SITE_ID))


def test_a_handover_lies_ahead_and_follows_a_contract() -> None:
    given(*ON_SITE).when(schedule, at=schedule.at).refused("past")
    given(*OFFERED).when(schedule).refused("not_contracted")
    given(*DELIVERED).when(schedule).refused("delivered")


def test_the_inspection_is_recorded_once() -> None:
    given(*ON_SITE).when(inspect).then(inspected)
    given(*ON_SITE, inspected).when(inspect).nothing()


def test_an_inspection_of_another_car_is_flagged() -> None:
    given(*ON_SITE).when(replace(inspect, vehicle_id=OTHER_CAR_ID)).flagged("other_car")


def test_an_inspection_that_failed_leaves_the_car_unready() -> None:
    failed = PdiCompleted(vehicle_id=CAR_ID, checklist_sha256=sha("8"), passed=False)
    outcome = given(*ON_SITE, inspected, failed).when(register, at=registered.registered_at)
    assert status(outcome.after(Order)) == "on_site"


def test_the_registration_makes_it_ready() -> None:
    outcome = given(*ON_SITE, inspected).when(register, at=registered.registered_at).then(registered)
    assert status(outcome.after(Order)) == "ready"
    given(*ON_SITE, inspected, registered).when(register, at=registered.registered_at).nothing()


def test_a_registration_for_somebody_else_is_flagged() -> None:
    given(*ON_SITE).when(replace(register, customer_id=ident(99))).flagged("other_customer")


def test_where_no_registration_comes_first_the_inspection_makes_it_ready() -> None:
    free = replace(signed, registration_required=False)
    history = tuple(free if event is signed else event for event in ON_SITE)
    assert status(given(*history).when(inspect).after(Order)) == "ready"


def test_the_handover_opens_the_window() -> None:
    outcome = given(*READY).when(hand_over, at=HANDOVER).then(delivered)
    assert status(outcome.after(Order)) == "in_withdrawal_window"


def test_the_handover_settles_where_no_window_opens() -> None:
    on_premises = replace(signed, contract_channel="on_premises", withdrawal_days=0, withdrawal_rule=None)
    history = tuple(on_premises if event is signed else event for event in READY)
    outcome = given(*history).when(hand_over, at=HANDOVER)
    outcome.then(replace(delivered, withdraw_until=None, withdrawal_rule=None), OrderSettled())


def test_late_in_the_evening_in_utc_the_window_begins_a_day_later_in_berlin() -> None:
    """23:30 UTC on 31 March 2026 is 1 April in Berlin; fourteen days later 15 April counts to its end."""
    event = given(*READY).when(hand_over, at=datetime(2026, 3, 31, 23, 30, tzinfo=UTC)).event(Delivered)
    assert event.withdraw_until == datetime(2026, 4, 15, 22, tzinfo=UTC)


def test_a_window_that_ends_on_a_holiday_ends_on_the_next_working_day() -> None:
    """Fourteen days after 17 April 2026 is 1 May, a Friday and a holiday: Monday counts to its end."""
    event = given(*READY).when(hand_over, at=datetime(2026, 4, 17, 8, tzinfo=UTC)).event(Delivered)
    assert event.withdraw_until == datetime(2026, 5, 4, 22, tzinfo=UTC)


def test_where_the_row_knows_no_rolling_over_the_weekend_counts() -> None:
    """Fourteen days after Saturday 2 May 2026 is a Saturday; in the United Kingdom it stays one."""
    british = replace(placed, market="GB")
    event = (
        given(british, *READY[1:]).when(hand_over, at=datetime(2026, 5, 2, 8, tzinfo=UTC)).event(Delivered)
    )
    assert event.withdraw_until == datetime(2026, 5, 16, 23, tzinfo=UTC)


def test_who_was_never_told_of_his_right_has_it_a_year_longer() -> None:
    silent = PrecontractInfoGiven(
        doc_sha256=sha("7"), medium="web", language="de", includes_withdrawal_form=False
    )
    history = tuple(silent if event is informed else event for event in READY)
    event = given(*history).when(hand_over, at=HANDOVER).event(Delivered)
    assert event.withdraw_until == datetime(2027, 6, 24, 22, tzinfo=UTC)
    assert event.withdrawal_rule == CR_03


def test_beyond_the_calendar_nobody_guesses() -> None:
    given(*READY).when(hand_over, at=datetime(2030, 12, 24, 9, tzinfo=UTC)).refused("calendar_missing")


def test_the_promise_of_the_contract_outlives_the_rule() -> None:
    generous = replace(signed, withdrawal_days=30)
    history = tuple(generous if event is signed else event for event in READY)
    event = given(*history).when(hand_over, at=HANDOVER).event(Delivered)
    assert event.withdraw_until == datetime(2026, 7, 10, 22, tzinfo=UTC)


def test_a_handover_without_anything_is_recorded_and_flagged() -> None:
    given(placed).when(hand_over).flagged("not_contracted", "other_car", "not_inspected", "not_registered")
    given(*CONTRACTED).when(hand_over).flagged("other_car", "not_inspected", "not_registered", "not_paid")


def test_a_handover_of_another_car_is_flagged() -> None:
    given(*READY).when(replace(hand_over, vehicle_id=OTHER_CAR_ID)).flagged("other_car")


def test_the_same_protocol_tells_nothing_and_another_is_flagged() -> None:
    given(*DELIVERED).when(hand_over).nothing()
    given(*DELIVERED).when(replace(hand_over, protocol_sha256=sha("6"))).flagged("delivered")


def test_the_first_handover_stands() -> None:
    other = replace(
        hand_over, vehicle_id=OTHER_CAR_ID, protocol_sha256=sha("6"), handed_by=ident(98), odometer_km=99
    )
    before = given(*DELIVERED).when(hand_over).after(Order)
    outcome = given(*DELIVERED).when(other, at=HANDOVER + 9 * DAY).then(Delivered)
    assert replace(outcome.after(Order), told=before.told) == before
    assert outcome.event(Delivered).withdraw_until == WITHDRAW_UNTIL
    given(*DELIVERED, outcome.event(Delivered)).when(other, at=HANDOVER + 9 * DAY).nothing()


def test_a_handover_is_well_formed() -> None:
    given(*READY).when(replace(hand_over, odometer_km=-1)).refused("odometer")
    given(*READY).when(replace(hand_over, protocol_sha256="")).refused("sha256")
    given().when(hand_over).refused("unknown_order")


def test_a_return_takes_the_loss_of_value_from_the_refund() -> None:
    outcome = given(*WITHDRAWN).when(give_back, at=HANDOVER + 4 * DAY)
    outcome.then(
        VehicleReturned(vehicle_id=CAR_ID, odometer_km=240, condition_sha256=sha("2"), value_loss=eur(300)),
        RefundDue(amount=eur(37_780), due_at=refund_due.due_at, cause="return"),
    )
    assert status(outcome.after(Order)) == "returned"


def test_a_return_without_loss_leaves_the_refund_as_it_is() -> None:
    given(*WITHDRAWN).when(replace(give_back, value_loss=eur(0))).then(VehicleReturned)


def test_a_car_is_returned_once() -> None:
    returned = given(*WITHDRAWN).when(give_back).event(VehicleReturned)
    given(*WITHDRAWN, returned).when(give_back).nothing()
    again = replace(give_back, condition_sha256=sha("5"))
    given(*WITHDRAWN, returned).when(again).flagged("returned")


def test_a_return_that_nobody_expected_is_flagged() -> None:
    given(*READY).when(give_back).flagged("not_delivered", "not_withdrawn", "other_car")
    given(*DELIVERED).when(give_back).flagged("not_withdrawn")


def test_another_car_that_comes_back_ends_nothing() -> None:
    outcome = given(*WITHDRAWN).when(replace(give_back, vehicle_id=OTHER_CAR_ID)).flagged("other_car")
    order = outcome.then(VehicleReturned).after(Order)
    assert (order.car_back, order.value_loss, status(order)) == (False, 0, "withdrawn")


def test_a_car_that_comes_back_before_the_answer_waits_for_it() -> None:
    returned = given(*DELIVERED, declared).when(give_back).flagged("not_withdrawn")
    assert status(returned.after(Order)) == "in_withdrawal_window"
    accepted = given(*DELIVERED, declared, returned.event(VehicleReturned)).when(
        AcceptWithdrawal(order_id=ORDER_ID), at=HANDOVER + 5 * DAY
    )
    assert accepted.event(RefundDue).amount == eur(37_780)
    assert status(accepted.after(Order)) == "returned"


def test_a_return_is_well_formed() -> None:
    given(*WITHDRAWN).when(replace(give_back, value_loss=usd(1))).refused("currency")
    given(*WITHDRAWN).when(replace(give_back, value_loss=eur(-1))).refused("amount")


def test_the_plate_is_a_sealed_reference() -> None:
    other = replace(register, plate=BUYER)
    assert given(*ON_SITE).when(other, at=NOON).event(VehicleRegistered).plate == BUYER
