"""Changing: other options until the freeze, other dates at any time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.orders.cancelling import OrderCancelled
from domain.orders.changing import ChangeAccepted, ChangeRequested, DeliveryEstimateChanged, FollowEstimate
from domain.orders.following import CarTakenAway
from domain.orders.settling import RefundDue
from domain.orders.state import Order
from tests.examples import (
    CAR_ID,
    CONTRACTED,
    DELIVERED,
    OFFERED,
    ORDER_ID,
    allocated,
    balance_paid,
    change,
    eur,
    frozen,
    placed,
    planned,
    revise,
    signed,
    usd,
)
from tests.story import given

asked = ChangeRequested(options_before=signed.options, options_after=change.options)
accepted = ChangeAccepted(
    options=change.options, price_delta=eur(1_190), gross=eur(39_270), net=eur(33_000), eta_delta_days=3
)
revised = DeliveryEstimateChanged(
    estimate_from=date(2026, 6, 8), estimate_to=date(2026, 6, 21), cause="production"
)


def test_before_the_freeze_a_change_is_granted() -> None:
    order = given(*CONTRACTED, allocated, planned).when(change).then(asked, accepted).after(Order)
    assert (order.options, order.gross, order.estimate_to) == (change.options, 3_927_000, date(2026, 6, 17))


def test_after_the_freeze_it_is_refused() -> None:
    given(*CONTRACTED, allocated, planned, frozen).when(change).refused("frozen")


def test_another_car_is_not_frozen_yet() -> None:
    taken = CarTakenAway(vehicle_id=CAR_ID, reason="damage")
    given(*CONTRACTED, allocated, frozen, taken).when(change).then(asked, accepted)


def test_the_same_change_again_changes_nothing() -> None:
    given(*CONTRACTED, asked, accepted).when(change).nothing()


def test_without_a_contract_there_is_nothing_to_change() -> None:
    given(*OFFERED).when(change).refused("not_contracted")


def test_after_the_handover_there_is_nothing_to_change() -> None:
    without_freeze = tuple(event for event in DELIVERED if event is not frozen)
    given(*without_freeze).when(change).refused("delivered")


def test_an_ended_order_does_not_change() -> None:
    cancelled = OrderCancelled(
        initiator="maker", reason="maker_cannot_build", fault="principal", fee=eur(0), stage="contracted"
    )
    given(*CONTRACTED, cancelled).when(change).refused("cancelled")


def test_prices_of_a_change_are_in_the_currency_of_the_order() -> None:
    given(*CONTRACTED).when(replace(change, net=usd(1))).refused("currency")


def test_what_a_cheaper_car_leaves_over_goes_back() -> None:
    cheaper = replace(change, gross=eur(38_000), net=eur(31_932))
    outcome = given(*CONTRACTED, balance_paid).when(cheaper)
    assert outcome.event(ChangeAccepted).price_delta == eur(-80)
    assert outcome.event(RefundDue).amount == eur(80)


def test_a_new_estimate_is_recorded_once() -> None:
    given(*CONTRACTED).when(revise).then(revised)
    given(*CONTRACTED, revised).when(revise).nothing()


def test_an_estimate_has_a_beginning_and_an_end() -> None:
    given(*CONTRACTED).when(replace(revise, estimate_to=date(2026, 6, 1))).refused("estimate")


def test_an_estimate_after_the_handover_is_flagged() -> None:
    given(*DELIVERED).when(revise).flagged("delivered")


@pytest.mark.parametrize(
    ("market", "day"), [("DE", date(2026, 4, 1)), ("GB", date(2026, 4, 1)), ("US-CA", date(2026, 3, 31))]
)
def test_the_moment_of_an_arrival_is_a_day_on_the_clocks_of_the_market(market: str, day: date) -> None:
    follow = FollowEstimate(
        order_id=ORDER_ID, estimate=datetime(2026, 3, 31, 23, 30, tzinfo=UTC), cause="transport"
    )
    expected = DeliveryEstimateChanged(estimate_from=day, estimate_to=day, cause="transport")
    there = replace(placed, market=market)
    given(there, *CONTRACTED[1:]).when(follow).then(expected)
    given(there, *CONTRACTED[1:], expected).when(follow).nothing()
