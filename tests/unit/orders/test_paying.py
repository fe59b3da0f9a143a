"""Paying: money in, money back, and the last payment settles the order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from domain.orders.cancelling import OrderCancelled
from domain.orders.paying import (
    PaymentFailed,
    PaymentReceived,
    RecordPaymentFailure,
    RecordRefund,
    RefundPaid,
)
from domain.orders.settling import OrderSettled, RefundDue
from domain.orders.state import Order
from domain.orders.status import money, status
from domain.orders.withdrawing import WithdrawalWindowClosed
from tests.examples import (
    BUYER,
    CONTRACTED,
    CUSTOMER_ID,
    DAY,
    DELIVERED,
    NOON,
    ORDER_ID,
    WITHDRAW_UNTIL,
    balance_paid,
    deposit_paid,
    eur,
    pay_balance,
    pay_deposit,
    placed,
    usd,
)
from tests.story import given

refund = RecordRefund(order_id=ORDER_ID, refund_id="out-1", amount=eur(500))
refund_due = RefundDue(amount=eur(500), due_at=NOON + 14 * DAY, cause="cancellation")
cancelled = OrderCancelled(
    initiator="customer", reason="change_of_mind", fault="customer", fee=eur(0), stage="contracted"
)
UNPAID = tuple(event for event in DELIVERED if event is not balance_paid)
closed = WithdrawalWindowClosed(closed_at=WITHDRAW_UNTIL)


def test_a_deposit_is_recorded() -> None:
    outcome = given(placed).when(pay_deposit).then(deposit_paid)
    assert money(outcome.after(Order)) == "deposit_paid"


def test_who_paid_is_kept_sealed() -> None:
    named = replace(pay_deposit, payer_id=CUSTOMER_ID, payer=BUYER)
    given(placed).when(named).then(replace(deposit_paid, payer_id=CUSTOMER_ID, payer=BUYER))


def test_the_bank_may_tell_it_twice() -> None:
    given(placed, deposit_paid).when(pay_deposit).nothing()


def test_a_payment_is_positive_and_in_the_currency_of_the_order() -> None:
    given(placed).when(replace(pay_deposit, amount=eur(0))).refused("amount")
    given(placed).when(replace(pay_deposit, amount=eur(-500))).refused("amount")
    given(placed).when(replace(pay_deposit, amount=usd(500))).refused("currency")


def test_a_payment_belongs_to_an_order() -> None:
    given().when(pay_deposit).refused("unknown_order")


def test_more_than_is_owed_is_flagged_and_goes_back() -> None:
    outcome = given(*CONTRACTED).when(replace(pay_balance, amount=eur(40_000)))
    outcome.flagged("more_than_owed")
    due = outcome.event(RefundDue)
    assert (due.amount, due.cause) == (eur(2_420), "excess_payment")


def test_a_refund_is_due_by_the_end_of_the_fourteenth_local_day() -> None:
    outcome = given(*CONTRACTED).when(replace(pay_balance, amount=eur(40_000)), at=NOON)
    assert outcome.event(RefundDue).due_at == datetime(2026, 3, 16, 23, tzinfo=UTC)


def test_a_second_excess_is_due_with_the_first() -> None:
    first = given(*CONTRACTED, balance_paid).when(replace(pay_balance, payment_id="bank-3", amount=eur(10)))
    events = [event for _, event in first.events]
    second = given(*CONTRACTED, balance_paid, *events).when(
        replace(pay_balance, payment_id="bank-4", amount=eur(5)), at=NOON + 3 * DAY
    )
    due = second.event(RefundDue)
    assert (due.amount, due.due_at) == (eur(15), first.event(RefundDue).due_at)


def test_a_payment_after_the_end_is_flagged_and_goes_back() -> None:
    outcome = given(*CONTRACTED, cancelled, refund_due).when(replace(pay_balance, amount=eur(100)))
    outcome.flagged("cancelled")
    assert outcome.event(RefundDue).amount == eur(600)


def test_a_payment_that_failed_moves_no_money() -> None:
    fail = RecordPaymentFailure(
        order_id=ORDER_ID, payment_id="bank-2", kind="balance", amount=eur(37_580), reason="declined"
    )
    outcome = given(*CONTRACTED).when(fail).then(PaymentFailed)
    assert outcome.after(Order).paid == eur(500).minor
    given(*CONTRACTED, outcome.event(PaymentFailed)).when(fail).nothing()
    given(*CONTRACTED, outcome.event(PaymentFailed)).when(pay_balance).then(balance_paid)


def test_a_refund_is_paid_once() -> None:
    paid = RefundPaid(refund_id="out-1", amount=eur(500), paid_at=NOON)
    outcome = given(*CONTRACTED, cancelled, refund_due).when(refund).then(paid)
    assert money(outcome.after(Order)) == "refunded"
    given(*CONTRACTED, cancelled, refund_due, paid).when(refund).nothing()


def test_another_amount_under_a_known_id_is_recorded_and_does_not_count() -> None:
    other = replace(pay_deposit, amount=eur(700))
    outcome = given(placed, deposit_paid).when(other).flagged("told_otherwise")
    assert outcome.after(Order).paid == eur(500).minor
    story = given(placed, deposit_paid, outcome.event(PaymentReceived))
    story.when(other).nothing()
    story.when(pay_deposit).nothing()


def test_another_amount_settles_nothing_and_owes_nothing() -> None:
    told = given(*UNPAID, replace(balance_paid, amount=eur(1)), closed).when(pay_balance)
    told.then(PaymentReceived)
    much = given(*CONTRACTED, balance_paid).when(replace(pay_balance, amount=eur(90_000)))
    much.then(PaymentReceived).flagged("told_otherwise")


def test_a_failure_or_refund_of_another_amount_is_flagged_too() -> None:
    fail = RecordPaymentFailure(
        order_id=ORDER_ID, payment_id="bank-2", kind="balance", amount=eur(37_580), reason="declined"
    )
    failed = given(*CONTRACTED).when(fail).event(PaymentFailed)
    given(*CONTRACTED, failed).when(replace(fail, amount=eur(1))).flagged("told_otherwise")
    paid = RefundPaid(refund_id="out-1", amount=eur(500), paid_at=NOON)
    again = given(*CONTRACTED, cancelled, refund_due, paid).when(replace(refund, amount=eur(600)))
    again.then(RefundPaid).flagged("told_otherwise")
    assert again.after(Order).refunded == eur(500).minor


def test_a_refund_that_is_late_or_too_much_is_flagged() -> None:
    story = given(*CONTRACTED, cancelled, refund_due)
    story.when(refund, at=refund_due.due_at).flagged("late")
    story.when(replace(refund, amount=eur(600))).flagged("more_than_due")


def test_the_last_payment_settles() -> None:
    outcome = given(*UNPAID, closed).when(pay_balance, at=WITHDRAW_UNTIL + DAY)
    outcome.then(PaymentReceived, OrderSettled)
    assert status(outcome.after(Order)) == "settled"


def test_while_the_window_is_open_a_payment_does_not_settle() -> None:
    given(*UNPAID).when(pay_balance, at=WITHDRAW_UNTIL - DAY).then(PaymentReceived)


def test_paying_back_an_excess_settles_too() -> None:
    excess = replace(balance_paid, payment_id="bank-3", amount=eur(10))
    due = RefundDue(amount=eur(10), due_at=NOON + 200 * DAY, cause="excess_payment")
    given(*DELIVERED, excess, due, closed).when(replace(refund, amount=eur(10))).then(
        RefundPaid, OrderSettled
    )
