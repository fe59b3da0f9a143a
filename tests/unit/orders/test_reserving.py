"""Reserving: a place in the queue, a deposit in time, and in some markets a dealer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from domain.orders.assigning import AssignReservation, Candidate, ReservationAssignedToDealer
from domain.orders.paying import RecordPayment
from domain.orders.reserving import LapseReservation, ReservationLapsed
from domain.orders.settling import RefundDue
from domain.orders.state import Order
from domain.orders.status import status
from tests.examples import (
    DAY,
    DEALER_ID,
    FAR_DEALER_ID,
    NOON,
    ORDER_ID,
    US_05,
    assign,
    cancel,
    deposit_paid,
    eur,
    ident,
    placed,
    placed_nc,
    reserve,
    reserve_nc,
    signed,
    usd,
)
from tests.story import given

lapse = LapseReservation(order_id=ORDER_ID)
DUE = placed.deposit_due_at
NEAREST = ReservationAssignedToDealer(
    dealer_id=DEALER_ID,
    basis="nearest",
    candidates=assign.candidates,
    rule="US-05",
    rule_version=1,
    respond_by=datetime(2026, 3, 13, 4, tzinfo=UTC),
    decided_by=("US-NC-reservations",),
)


def test_a_reservation_is_no_contract() -> None:
    outcome = given().when(reserve).then(placed)
    assert status(outcome.after(Order)) == "reserved"
    assert outcome.after(Order).market == "DE"


def test_the_state_governs_where_it_has_a_law_of_its_own() -> None:
    given().when(reserve_nc).then(placed_nc)


def test_an_order_is_reserved_once() -> None:
    given(placed).when(reserve).refused("exists")


def test_a_region_lies_in_its_market() -> None:
    given().when(replace(reserve, region="FR-75")).refused("region")


def test_a_market_without_rows_is_unknown() -> None:
    given().when(replace(reserve, market="NO")).refused("unknown_market")


def test_a_brand_without_a_row_cannot_be_reserved() -> None:
    given().when(replace(reserve, brand="Trabant")).refused("no_market_row")


def test_a_deposit_is_in_the_currency_of_the_market() -> None:
    given().when(replace(reserve, deposit=usd(500))).refused("currency")


def test_a_deposit_is_not_negative() -> None:
    given().when(replace(reserve, deposit=eur(-1))).refused("amount")


def test_late_in_march_in_utc_the_days_of_april_are_counted_in_berlin() -> None:
    """23:30 UTC on 31 March is 1 April in Berlin; a week later, 8 April counts to its end."""
    outcome = given().when(reserve, at=datetime(2026, 3, 31, 23, 30, tzinfo=UTC))
    ((_, event),) = outcome.events
    assert event == replace(placed, deposit_due_at=datetime(2026, 4, 8, 22, tzinfo=UTC))


def test_without_a_deposit_it_lapses_in_the_first_moment_that_is_too_late() -> None:
    outcome = given(placed).when(lapse, at=DUE).then(ReservationLapsed(reason="deposit_missing"))
    assert status(outcome.after(Order)) == "lapsed"


def test_a_moment_earlier_it_does_not() -> None:
    given(placed).when(lapse, at=DUE - DAY).refused("not_due")


def test_a_part_of_a_deposit_does_not_save_it_and_goes_back() -> None:
    part = replace(deposit_paid, amount=eur(100))
    outcome = given(placed, part).when(lapse, at=DUE)
    outcome.then(ReservationLapsed, RefundDue)
    assert outcome.event(RefundDue).amount == eur(100)


def test_what_is_paid_or_contracted_does_not_lapse() -> None:
    given(placed, deposit_paid).when(lapse, at=DUE).nothing()
    given(placed, signed).when(lapse, at=DUE).nothing()


def test_it_lapses_once() -> None:
    given(placed, ReservationLapsed(reason="deposit_missing")).when(lapse, at=DUE + DAY).nothing()


def test_a_deposit_after_the_lapse_is_recorded_flagged_and_owed_back() -> None:
    pay = RecordPayment(order_id=ORDER_ID, payment_id="late", kind="deposit", amount=eur(500))
    outcome = given(placed, ReservationLapsed(reason="deposit_missing")).when(pay, at=DUE + DAY)
    outcome.flagged("lapsed")
    assert outcome.event(RefundDue).amount == eur(500)


def test_the_nearest_dealer_gets_the_reservation() -> None:
    given(placed_nc).when(assign).then(NEAREST)


def test_the_customers_choice_comes_first() -> None:
    chosen = replace(assign, chosen_dealer_id=FAR_DEALER_ID)
    given(placed_nc).when(chosen).then(replace(NEAREST, dealer_id=FAR_DEALER_ID, basis="customer_choice"))


def test_of_two_as_near_the_smaller_id_wins_whatever_their_order() -> None:
    one, two = (Candidate(dealer_id=ident(n), distance_km=7) for n in (71, 72))
    for candidates in ((one, two), (two, one)):
        outcome = given(placed_nc).when(AssignReservation(order_id=ORDER_ID, candidates=candidates))
        assert outcome.event(ReservationAssignedToDealer).dealer_id == ident(71)


def test_a_dealer_may_answer_for_ten_days() -> None:
    given(placed_nc, NEAREST).when(assign, at=NOON + 9 * DAY).refused("dealer_may_answer", rule=US_05)


def test_after_ten_days_the_next_nearest_is_asked() -> None:
    outcome = given(placed_nc, NEAREST).when(assign, at=NOON + 11 * DAY)
    assert outcome.event(ReservationAssignedToDealer).dealer_id == FAR_DEALER_ID


def test_the_customer_may_choose_another_at_once() -> None:
    chosen = replace(assign, chosen_dealer_id=FAR_DEALER_ID)
    given(placed_nc, NEAREST).when(chosen, at=NOON + DAY).then(ReservationAssignedToDealer)


def test_the_same_choice_again_changes_nothing() -> None:
    given(placed_nc, NEAREST).when(replace(assign, chosen_dealer_id=DEALER_ID)).nothing()


def test_somebody_must_be_left_to_choose_from() -> None:
    given(placed_nc).when(AssignReservation(order_id=ORDER_ID, candidates=())).refused(
        "no_dealer", rule=US_05
    )


def test_where_no_row_says_so_nothing_is_assigned() -> None:
    given(placed).when(assign).refused("not_assigned_here")


def test_a_contract_ends_the_assigning() -> None:
    given(placed_nc, signed).when(assign).refused("contracted")


def test_no_request_reaches_an_order_that_is_not_there_or_has_ended() -> None:
    given().when(assign).refused("unknown_order")
    given(placed, ReservationLapsed(reason="deposit_missing")).when(cancel).refused("lapsed")
