"""Cancelling before the handover; withdrawing before it and in the window after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.kernel import Event
from domain.orders.cancelling import CancelOrder, OrderCancelled
from domain.orders.settling import OrderSettled, RefundDue
from domain.orders.state import Order
from domain.orders.status import money, status
from domain.orders.withdrawing import (
    AcceptWithdrawal,
    CloseWithdrawalWindow,
    DeclareWithdrawal,
    DenyWithdrawal,
    WithdrawalAccepted,
    WithdrawalDeclared,
    WithdrawalDenied,
    WithdrawalWindowClosed,
)
from domain.words import ContractChannel
from tests.examples import (
    CONTRACTED,
    DAY,
    DELIVERED,
    HANDOVER,
    NOON,
    OFFERED,
    ORDER_ID,
    READY,
    WITHDRAW_UNTIL,
    balance_paid,
    cancel,
    delivered,
    deposit_paid,
    eur,
    placed,
    sha,
    signed,
    usd,
)
from tests.story import given

declare = DeclareWithdrawal(order_id=ORDER_ID, medium="function")
declared = WithdrawalDeclared(
    medium="function", declared_at=HANDOVER + DAY, window_ends_at=WITHDRAW_UNTIL, in_time=True
)
accept = AcceptWithdrawal(order_id=ORDER_ID)
deny = DenyWithdrawal(order_id=ORDER_ID, exception="out_of_time", evidence_sha256=sha("9"))
denied = WithdrawalDenied(exception="out_of_time", evidence_sha256=sha("9"))
close = CloseWithdrawalWindow(order_id=ORDER_ID)
closed = WithdrawalWindowClosed(closed_at=WITHDRAW_UNTIL)
cancelled = OrderCancelled(
    initiator="customer", reason="change_of_mind", fault="customer", fee=eur(0), stage="contracted"
)


# Cancelling


def test_a_cancellation_gives_the_deposit_back() -> None:
    outcome = given(*CONTRACTED).when(cancel)
    outcome.then(
        cancelled,
        RefundDue(amount=eur(500), due_at=datetime(2026, 3, 16, 23, tzinfo=UTC), cause="cancellation"),
    )
    assert (status(outcome.after(Order)), money(outcome.after(Order))) == ("cancelled", "refund_due")


def test_a_fee_is_kept_from_what_was_paid() -> None:
    outcome = given(*CONTRACTED).when(replace(cancel, fee=eur(200)))
    assert outcome.event(RefundDue).amount == eur(300)
    given(*CONTRACTED).when(replace(cancel, fee=eur(900))).then(OrderCancelled)


def test_a_maker_who_is_to_blame_takes_no_fee() -> None:
    blame = CancelOrder(
        order_id=ORDER_ID, initiator="maker", reason="maker_cannot_build", fault="principal", fee=eur(1)
    )
    given(*CONTRACTED).when(blame).refused("fee")


def test_a_fee_is_an_amount_of_the_order() -> None:
    given(*CONTRACTED).when(replace(cancel, fee=usd(1))).refused("currency")
    given(*CONTRACTED).when(replace(cancel, fee=eur(-1))).refused("amount")


@pytest.mark.parametrize(
    ("history", "stage"),
    [((placed,), "reserved"), (OFFERED, "offered"), (CONTRACTED, "contracted"), (READY, "ready")],
)
def test_the_cancellation_says_how_far_the_order_had_come(history: tuple[Event, ...], stage: str) -> None:
    assert given(*history).when(cancel).event(OrderCancelled).stage == stage


def test_nothing_is_cancelled_twice_or_after_the_handover() -> None:
    given(*CONTRACTED, cancelled).when(cancel).refused("cancelled")
    given(*DELIVERED).when(cancel).refused("delivered")
    given().when(cancel).refused("unknown_order")


# Withdrawing


def test_in_the_window_it_is_in_time_to_the_last_moment() -> None:
    given(*DELIVERED).when(declare, at=HANDOVER + DAY).then(declared)
    last = datetime(2026, 6, 24, 21, 59, 59, tzinfo=UTC)
    given(*DELIVERED).when(declare, at=last).then(replace(declared, declared_at=last))


def test_a_moment_later_it_is_late_and_flagged() -> None:
    outcome = given(*DELIVERED, closed).when(declare, at=WITHDRAW_UNTIL).flagged("late")
    assert outcome.event(WithdrawalDeclared).in_time is False


def test_a_letter_that_was_in_time_is_in_time_whenever_we_learn_of_it() -> None:
    story = given(*DELIVERED, closed, OrderSettled())
    told = story.when(declare, at=WITHDRAW_UNTIL - DAY, now=WITHDRAW_UNTIL + 5 * DAY)
    told.then(replace(declared, declared_at=WITHDRAW_UNTIL - DAY))


def test_before_the_handover_it_is_in_time_too() -> None:
    given(*CONTRACTED).when(declare).then(
        WithdrawalDeclared(medium="function", declared_at=NOON, window_ends_at=None, in_time=True)
    )


@pytest.mark.parametrize(
    ("channel", "in_time", "codes"), [("on_premises", False, ("no_right",)), ("unknown", None, ())]
)
def test_the_channel_of_the_contract_gives_the_right_or_leaves_it_open(
    channel: ContractChannel, in_time: bool | None, codes: tuple[str, ...]
) -> None:
    contract = replace(signed, contract_channel=channel, withdrawal_days=0)
    outcome = given(*OFFERED, contract).when(declare).flagged(*codes)
    assert outcome.event(WithdrawalDeclared).in_time is in_time


def test_without_a_contract_there_is_nothing_to_withdraw_from() -> None:
    given(placed).when(declare).flagged("not_contracted", "no_right")


def test_after_a_cancellation_it_is_flagged() -> None:
    given(*CONTRACTED, cancelled).when(declare).flagged("cancelled")


def test_while_one_waits_another_tells_nothing() -> None:
    given(*DELIVERED, declared).when(declare, at=HANDOVER + 2 * DAY).nothing()


def test_an_accepted_withdrawal_gives_everything_back() -> None:
    outcome = (
        given(*DELIVERED, declared).when(accept, at=HANDOVER + 2 * DAY).then(WithdrawalAccepted, RefundDue)
    )
    due = outcome.event(RefundDue)
    assert (due.amount, due.cause) == (eur(38_080), "withdrawal")
    assert due.due_at == datetime(2026, 6, 26, 22, tzinfo=UTC)
    assert status(outcome.after(Order)) == "withdrawn"


def test_what_nobody_declared_cannot_be_accepted_nor_what_is_accepted_again() -> None:
    given(*DELIVERED).when(accept).refused("not_declared")
    given(*DELIVERED, declared, WithdrawalAccepted()).when(accept).refused("withdrawn")


def test_a_denial_is_recorded_once() -> None:
    late = replace(declared, in_time=False)
    outcome = given(*DELIVERED, closed, late).when(deny).then(denied, OrderSettled)
    assert status(outcome.after(Order)) == "settled"
    given(*DELIVERED, closed, late, denied).when(deny).nothing()


def test_a_denial_of_what_was_in_time_is_flagged() -> None:
    given(*DELIVERED, declared).when(deny).flagged("in_time")
    given(*DELIVERED).when(deny).flagged("not_declared")


def test_a_denial_does_not_undo_an_acceptance() -> None:
    outcome = given(*DELIVERED, declared, WithdrawalAccepted()).when(deny, at=WITHDRAW_UNTIL)
    outcome.flagged("accepted", "in_time")
    assert status(outcome.after(Order)) == "withdrawn"


def test_after_a_denial_it_may_be_declared_again() -> None:
    again = given(*DELIVERED, declared, denied).when(declare, at=HANDOVER + 3 * DAY)
    again.then(replace(declared, declared_at=HANDOVER + 3 * DAY))


def test_an_earlier_letter_counts_though_a_later_declaration_was_told_first() -> None:
    late = given(*DELIVERED, closed).when(declare, at=HANDOVER + 40 * DAY).flagged("late")
    told = given(*DELIVERED, closed, late.event(WithdrawalDeclared)).when(
        replace(declare, medium="letter"), at=HANDOVER + 5 * DAY, now=HANDOVER + 41 * DAY
    )
    assert told.event(WithdrawalDeclared).in_time
    order = told.after(Order)
    assert (order.withdrawal, order.declared_at, order.withdrawal_in_time) == (
        "declared",
        HANDOVER + 5 * DAY,
        True,
    )
    given(*DELIVERED, closed, *(event for _, event in late.events + told.events)).when(deny).flagged(
        "in_time"
    )


def test_an_earlier_letter_opens_a_denied_withdrawal_again() -> None:
    late = replace(declared, declared_at=HANDOVER + 40 * DAY, in_time=False, contradicts=("late",))
    story = given(*DELIVERED, closed, late, denied, OrderSettled())
    assert story.when(declare, at=HANDOVER + 5 * DAY).after(Order).withdrawal == "declared"


def test_a_later_declaration_does_not_hide_an_earlier_one() -> None:
    later = replace(declared, declared_at=WITHDRAW_UNTIL, in_time=False, contradicts=("late",))
    given(*DELIVERED, declared, denied, later).when(replace(deny, evidence_sha256=sha("8"))).flagged(
        "in_time"
    )


def test_the_very_same_declaration_is_not_told_again_after_its_denial() -> None:
    given(*DELIVERED, declared, denied).when(declare, at=declared.declared_at).nothing()


def test_the_window_closes_and_the_order_settles() -> None:
    outcome = given(*DELIVERED).when(close, at=WITHDRAW_UNTIL).then(closed, OrderSettled())
    assert status(outcome.after(Order)) == "settled"


def test_the_window_does_not_close_a_moment_early() -> None:
    given(*DELIVERED).when(close, at=WITHDRAW_UNTIL - DAY).refused("not_due")


def test_the_window_of_an_unpaid_car_closes_without_settling() -> None:
    unpaid = tuple(event for event in DELIVERED if event not in (balance_paid, deposit_paid))
    outcome = given(*unpaid).when(close, at=WITHDRAW_UNTIL).then(closed)
    assert status(outcome.after(Order)) == "delivered"


def test_a_declaration_that_waits_keeps_the_order_open() -> None:
    given(*DELIVERED, declared).when(close, at=WITHDRAW_UNTIL).then(closed)


def test_a_window_closes_once_and_only_if_one_was_open() -> None:
    given(*DELIVERED, closed).when(close, at=WITHDRAW_UNTIL).nothing()
    given(*READY, replace(delivered, withdraw_until=None)).when(close, at=NOON).nothing()
    given(*DELIVERED, declared, WithdrawalAccepted()).when(close, at=WITHDRAW_UNTIL).nothing()
