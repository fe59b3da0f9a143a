from dataclasses import replace
from datetime import UTC, datetime

from domain.handovers.returning import VehicleReturned
from domain.orders.cancelling import OrderCancelled
from domain.orders.novating import OrderNovated
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalWindowClosed
from domain.settlements.closing import PeriodClosed
from domain.settlements.planning import PlanPublished
from projections.dealer_commissions import DEALER_COMMISSIONS, CommissionLine, CommissionOrder, CommissionPlan
from tests.examples import (
    AGENT_ID,
    CAR_ID,
    CONTRACTED,
    DEALER_ID,
    DELIVERED,
    ORDER_ID,
    PLAN_ID,
    READY,
    WITHDRAW_UNTIL,
    balance_paid,
    delivered,
    eur,
    scheduled,
    sha,
    signed,
)
from tests.unit.orders.i3 import novated
from tests.unit.projections.playing import Played, given

plan = PlanPublished(
    plan_id=PLAN_ID,
    version=1,
    currency="EUR",
    base_rate_bp=550,
    handover_fee=eur(150),
    basis=("net_price",),
    earn_on="delivery",
    clawback_faults=("customer", "none"),
    zone="Europe/Berlin",
)
closed = WithdrawalWindowClosed(closed_at=WITHDRAW_UNTIL)
JUNE, JULY = datetime(2026, 6, 10, 9, tzinfo=UTC), datetime(2026, 7, 2, 9, tzinfo=UTC)
june_closed = PeriodClosed(partner_id=AGENT_ID, period="2026-06", next_period="2026-07")


def published() -> Played:
    return given(DEALER_COMMISSIONS, plan, stream=PLAN_ID)


def told(played: Played) -> list[tuple[str, int, str, str, str]]:
    rows = [
        (r.line_type, r.amount.minor, r.state, r.period, r.original_period)
        for r in played.rows(CommissionLine)
    ]
    return sorted(rows)


def test_a_contract_gives_provisional_lines() -> None:
    played = published().play(*CONTRACTED)
    assert told(played) == [
        ("base", 176_000, "provisional", "", ""),
        ("handover_fee", 15_000, "provisional", "", ""),
    ]
    base = played.row(CommissionLine, (ORDER_ID, AGENT_ID, "base", ""))
    assert base.inputs == (("net_price", str(eur(32_000))), ("base_rate_bp", "550"))
    assert len(base.event_ids) == 1


def test_a_handover_puts_them_on_the_statement_of_its_month() -> None:
    played = published().play(*READY).play(delivered, at=JUNE)
    assert told(played) == [
        ("base", 176_000, "earned", "2026-06", "2026-06"),
        ("handover_fee", 15_000, "earned", "2026-06", "2026-06"),
    ]


def test_the_fee_goes_to_who_handed_over() -> None:
    played = published().play(*READY).play(replace(delivered, handed_by=DEALER_ID), at=JUNE)
    assert {(row.line_type, row.partner_id) for row in played.rows(CommissionLine)} == {
        ("base", AGENT_ID),
        ("handover_fee", DEALER_ID),
    }


def test_what_is_learnt_after_the_close_is_posted_to_the_open_month() -> None:
    played = published().play(*READY).play(delivered, at=JUNE)
    before = played.rows(CommissionLine)
    played.play(june_closed, stream=AGENT_ID).play(WithdrawalAccepted(), at=JUNE)
    assert told(played) == [
        ("base", 176_000, "earned", "2026-06", "2026-06"),
        ("clawback", -176_000, "reversed", "2026-07", "2026-06"),
        ("handover_fee", 15_000, "earned", "2026-06", "2026-06"),
    ]
    assert [row for row in played.rows(CommissionLine) if row.period == "2026-06"] == before


def test_a_return_gives_nothing_back_twice() -> None:
    returned = VehicleReturned(vehicle_id=CAR_ID, odometer_km=9, condition_sha256=sha("4"), value_loss=eur(0))
    played = published().play(*READY).play(delivered, at=JUNE).play(WithdrawalAccepted(), at=JULY)
    once = told(played)
    assert told(played.play(returned, closed, at=JULY)) == once


def test_a_cancellation_by_the_maker_takes_nothing_back() -> None:
    cancelled = OrderCancelled(
        initiator="maker", reason="maker_cannot_build", fault="principal", fee=eur(0), stage="contracted"
    )
    assert told(published().play(*CONTRACTED).play(cancelled, at=JUNE)) == [
        ("base", 176_000, "kept", "2026-06", "2026-06"),
        ("handover_fee", 0, "reversed", "", ""),
    ]


def test_a_plan_published_after_the_contract_pays_it_too() -> None:
    played = given(DEALER_COMMISSIONS, *CONTRACTED)
    assert played.rows(CommissionLine) == []
    assert played.row(CommissionPlan, (PLAN_ID, 1)).waiting == (ORDER_ID,)
    played.play(plan, stream=PLAN_ID)
    assert told(played) == told(published().play(*CONTRACTED))
    assert played.row(CommissionPlan, (PLAN_ID, 1)).waiting == ()


def test_a_sale_without_an_agent_earns_nobody_anything() -> None:
    played = published().play(replace(signed, agent_id=None, plan_id=None, plan_version=None), delivered)
    assert played.rows(CommissionLine) == []
    assert played.row(CommissionOrder, ORDER_ID).lines == ()


def test_events_that_pay_nobody_change_nothing() -> None:
    played = published().play(*DELIVERED, closed)
    (order,) = played.rows(CommissionOrder)
    assert played.play(scheduled, closed).rows(CommissionOrder) == [order]


def test_a_novation_to_a_dealer_ends_what_was_not_earned() -> None:
    played = published().play(*CONTRACTED).play(novated, at=JUNE)
    lost = [("base", 0, "reversed", "", ""), ("handover_fee", 0, "reversed", "", "")]
    assert told(played) == lost
    assert told(played.play(delivered, at=JULY)) == lost


def test_what_was_earned_before_a_novation_stays_on_its_statement() -> None:
    played = given(DEALER_COMMISSIONS, replace(plan, earn_on="payment"), stream=PLAN_ID)
    played.play(*CONTRACTED).play(balance_paid, at=JUNE)
    base = played.row(CommissionLine, (ORDER_ID, AGENT_ID, "base", "2026-06"))
    played.play(novated, at=JULY).play(delivered, at=JULY)
    assert played.row(CommissionLine, (ORDER_ID, AGENT_ID, "base", "2026-06")) == base
    assert sorted(row.amount.minor for row in played.rows(CommissionLine)) == [0, 176_000]


def test_an_agent_under_a_plan_that_is_published_later_waits_for_it() -> None:
    to_plan_2: OrderNovated = replace(
        novated, seller="maker", agent_id=DEALER_ID, plan_id=PLAN_ID, plan_version=2
    )
    played = published().play(*CONTRACTED).play(to_plan_2, at=JUNE)
    assert played.row(CommissionPlan, (PLAN_ID, 2)).waiting == (ORDER_ID,)
    played.play(replace(plan, version=2, base_rate_bp=400), stream=PLAN_ID)
    assert {(row.partner_id, row.line_type, row.amount.minor) for row in played.rows(CommissionLine)} == {
        (AGENT_ID, "base", 0),
        (AGENT_ID, "handover_fee", 0),
        (DEALER_ID, "base", 128_000),
        (DEALER_ID, "handover_fee", 15_000),
    }
    assert played.row(CommissionPlan, (PLAN_ID, 2)).waiting == ()
