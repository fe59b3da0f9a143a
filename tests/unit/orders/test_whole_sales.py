"""Whole sales, command by command: what was asked, and the status after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.kernel import Command, Rule, fold
from domain.orders.contracting import ContractSigned
from domain.orders.following import FollowCar
from domain.orders.paying import RecordPayment, RecordRefund
from domain.orders.state import Order
from domain.orders.status import money, status
from domain.orders.withdrawing import AcceptWithdrawal, CloseWithdrawalWindow, DeclareWithdrawal
from tests.examples import (
    CAR_ID,
    DAY,
    HANDOVER,
    NOON,
    ORDER_ID,
    WITHDRAW_UNTIL,
    allocated,
    assign,
    change,
    eur,
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
    sign,
    usd,
)
from tests.story import Story, given

Step = tuple[Command, datetime, str]


def played(story: Story, *steps: Step) -> Story:
    """The story after these commands, each of which leaves the order in the status beside it."""
    for command, at, wanted in steps:
        outcome = story.when(command, at=at)
        assert outcome.refusal is None, f"{command}: {outcome.refusal}"
        assert outcome.events, f"{command} did nothing"
        assert status(outcome.after(Order)) == wanted, command
        story = given(*story.own, *(event for _, event in outcome.events))
    return story


def follow(milestone: str, at: datetime, **told: object) -> Step:
    command = FollowCar(order_id=ORDER_ID, vehicle_id=CAR_ID, milestone=milestone, at=at, **told)  # type: ignore[arg-type]  # the fields of one milestone
    status_after = {"planned": "planned", "frozen": "frozen", "built": "built", "vin_assigned": "frozen"}
    return command, at, status_after.get(milestone, "on_site" if told.get("final") else "in_transit")


MAY = datetime(2026, 5, 4, 6, tzinfo=UTC)
CONTRACTING: tuple[Step, ...] = (
    (reserve, NOON, "reserved"),
    (pay_deposit, NOON + DAY, "reserved"),
    (quote, NOON + DAY, "offered"),
    (inform, NOON + DAY, "offered"),
    (sign, NOON + 2 * DAY, "contracted"),
    (change, NOON + 5 * DAY, "contracted"),
)
BUILDING: tuple[Step, ...] = (
    follow("planned", NOON + 20 * DAY, production_no="7000001", plant="Leipzig", week="2026-W20"),
    (revise, NOON + 21 * DAY, "planned"),
    follow("frozen", MAY),
    follow("vin_assigned", MAY + 5 * DAY),
    follow("built", MAY + 7 * DAY),
    follow("departed", MAY + 8 * DAY, leg_no=1, mode="rail", place_from="DELEJ", place_to="DENUE", eta=MAY),
    follow("arrived", MAY + 9 * DAY, leg_no=1, place="DENUE"),
    follow("departed", MAY + 10 * DAY, leg_no=2, mode="road", place_from="DENUE", place_to="DEMUC", eta=MAY),
    follow("arrived", MAY + 11 * DAY, leg_no=2, place="DEMUC", final=True),
)
HANDING_OVER: tuple[Step, ...] = (
    (schedule, MAY + 12 * DAY, "on_site"),
    (inspect, MAY + 13 * DAY, "on_site"),
    (register, MAY + 14 * DAY, "ready"),
    (replace(pay_balance, amount=eur(38_770)), MAY + 15 * DAY, "ready"),
    (hand_over, HANDOVER, "in_withdrawal_window"),
)


def delivered() -> Story:
    """Germany, a MINI: from the reservation to the handover, in the order's own words."""
    contracted = played(given(), *CONTRACTING)
    return played(given(*contracted.own, allocated), *BUILDING, *HANDING_OVER)


def test_an_agency_sale_from_reservation_to_settled() -> None:
    close = CloseWithdrawalWindow(order_id=ORDER_ID)
    story = played(delivered(), (close, WITHDRAW_UNTIL, "settled"))
    assert money(fold(Order(), story.own)) == "paid"
    assert all(getattr(event, "contradicts", ()) == () for event in story.own)


def test_a_change_after_the_freeze_is_refused_in_the_middle_of_it() -> None:
    given(*delivered().own[:12]).when(replace(change, options=())).refused("frozen")


def test_a_withdrawal_with_the_car_back_and_the_money_back() -> None:
    story = played(
        delivered(),
        (DeclareWithdrawal(order_id=ORDER_ID, medium="function"), HANDOVER + 2 * DAY, "in_withdrawal_window"),
        (AcceptWithdrawal(order_id=ORDER_ID), HANDOVER + 3 * DAY, "withdrawn"),
        (give_back, HANDOVER + 5 * DAY, "returned"),
        (
            RecordRefund(order_id=ORDER_ID, refund_id="out", amount=eur(38_970)),
            HANDOVER + 9 * DAY,
            "returned",
        ),
    )
    assert money(fold(Order(), story.own)) == "refunded"
    given(*story.own).when(CloseWithdrawalWindow(order_id=ORDER_ID), at=WITHDRAW_UNTIL).nothing()


def test_a_dealers_sale_in_north_carolina() -> None:
    """Reserved with the maker, who may not sell; given to the nearest dealer, who sells and hands over."""
    us_01 = Rule("US-01", 1)
    reserved = played(given(), (reserve_nc, NOON, "reserved"), (assign, NOON + DAY, "reserved"))
    reserved.when(sign, at=NOON + DAY).refused("wrong_seller", rule=us_01)
    sold = played(
        reserved,
        (inform, NOON + DAY, "reserved"),
        (report_sale, NOON + 2 * DAY, "contracted"),
    )
    pay = RecordPayment(order_id=ORDER_ID, payment_id="us-1", kind="finance", amount=usd(65_000))
    done = played(
        given(*sold.own, replace(allocated, source="stock", stage="on_site", frozen_at=NOON)),
        (inspect, NOON + 3 * DAY, "ready"),
        (pay, NOON + 3 * DAY + timedelta(hours=1), "ready"),
        (hand_over, NOON + 4 * DAY, "settled"),
    )
    (contract,) = (event for event in done.own if isinstance(event, ContractSigned))
    assert contract.contradicts == ()
