"""An order ends: what is kept, what is taken back, and in which month."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.kernel import Event
from domain.settlements.accruing import owed
from tests.unit.settlements.sale import (
    AGENT,
    CANCELLED,
    CHANGE,
    CONTRACT,
    DELIVERED,
    MAKER_CANCELLED,
    ON_PAYMENT,
    ON_WINDOW_END,
    PAID,
    PLAN_1,
    RETURNED,
    WINDOW_CLOSED,
    WITHDRAWN,
    brief,
    on,
    statement,
)

SIGNED = on(1, 10), CONTRACT
HANDED_OVER = on(3, 28), DELIVERED
APRIL_IS_OPEN = {AGENT: "2026-04"}


def test_what_march_paid_april_takes_back_and_march_stands() -> None:
    march = statement(SIGNED, HANDED_OVER)
    both = statement(SIGNED, HANDED_OVER, APRIL_IS_OPEN, (on(4, 9), WITHDRAWN))
    assert both[:2] == march
    assert brief(both)[2:] == [("clawback", -176_000, "reversed", "2026-04", "2026-03")]
    assert owed(both) == {"EUR": 15_000}


@pytest.mark.parametrize("end", [(WITHDRAWN, RETURNED), (RETURNED, WITHDRAWN)])
def test_a_withdrawal_and_a_return_are_taken_back_once(end: tuple[Event, Event]) -> None:
    first, second = end
    posted = statement(SIGNED, HANDED_OVER, (on(4, 9), first), (on(4, 12), second), (on(4, 13), RETURNED))
    assert [line.line_type for line in posted] == ["base", "handover_fee", "clawback"]


def test_a_car_that_comes_back_without_a_withdrawal_takes_nothing_back() -> None:
    assert statement(SIGNED, HANDED_OVER, (on(4, 9), RETURNED)) == statement(SIGNED, HANDED_OVER)


def test_before_it_was_earned_a_line_comes_to_nothing() -> None:
    posted = statement(SIGNED, (on(2, 1), CANCELLED))
    assert brief(posted) == [("base", 0, "reversed", "", ""), ("handover_fee", 0, "reversed", "", "")]
    held = statement(SIGNED, HANDED_OVER, (on(4, 9), WITHDRAWN), plan=ON_WINDOW_END)
    assert {(line.amount.minor, line.state) for line in held} == {(0, "reversed")}


def test_when_the_maker_is_to_blame_the_agent_keeps_the_commission() -> None:
    posted = statement(SIGNED, (on(2, 1), MAKER_CANCELLED))
    assert brief(posted) == [
        ("base", 176_000, "kept", "2026-02", "2026-02"),
        ("handover_fee", 0, "reversed", "", ""),
    ]


def test_what_was_earned_before_is_kept_in_its_month() -> None:
    paid = SIGNED, (on(2, 1), PAID)
    posted = statement(*paid, (on(2, 20), MAKER_CANCELLED), plan=ON_PAYMENT)
    assert brief(posted)[:1] == [("base", 176_000, "kept", "2026-02", "2026-02")]


def test_a_closed_month_gets_a_note_in_the_open_one_that_it_is_kept() -> None:
    posted = statement(
        SIGNED, (on(2, 1), PAID), {AGENT: "2026-03"}, (on(3, 9), MAKER_CANCELLED), plan=ON_PAYMENT
    )
    assert brief(posted)[:2] == [
        ("base", 176_000, "earned", "2026-02", "2026-02"),
        ("base", 0, "kept", "2026-03", "2026-02"),
    ]


def test_no_terms_take_back_what_the_maker_spoilt() -> None:
    harsh = replace(ON_PAYMENT, clawback_faults=("principal", "customer", "agent", "none"))
    posted = statement(SIGNED, (on(2, 1), PAID), (on(2, 20), MAKER_CANCELLED), plan=harsh)
    assert "clawback" not in {line.line_type for line in posted}


def test_a_fault_that_the_plan_does_not_name_takes_nothing_back() -> None:
    mild = replace(ON_PAYMENT, clawback_faults=("agent",))
    posted = statement(SIGNED, (on(2, 1), PAID), (on(2, 20), CANCELLED), plan=mild)
    assert [(line.line_type, line.state) for line in posted if line.period] == [("base", "earned")]


def test_a_late_report_is_posted_to_the_open_month_and_names_its_own() -> None:
    posted = statement(SIGNED, APRIL_IS_OPEN, HANDED_OVER)
    assert brief(posted)[0] == ("base", 176_000, "earned", "2026-04", "2026-03")


def test_a_change_after_the_close_posts_the_difference() -> None:
    told = SIGNED, (on(2, 1), PAID), {AGENT: "2026-03"}, (on(3, 5), CHANGE)
    posted = statement(*told, plan=ON_PAYMENT)
    assert brief(posted)[:2] == [
        ("base", 176_000, "earned", "2026-02", "2026-02"),
        ("base", 5_500, "earned", "2026-03", "2026-02"),
    ]
    ended = statement(*told, {AGENT: "2026-04"}, (on(4, 1), CANCELLED), plan=ON_PAYMENT)
    assert ("clawback", -181_500, "reversed", "2026-04", "2026-02") in brief(ended)
    assert owed(ended) == {"EUR": 0}


def test_what_comes_after_the_end_earns_nothing() -> None:
    posted = statement(SIGNED, (on(2, 1), CANCELLED), HANDED_OVER, (on(4, 11), WINDOW_CLOSED), plan=PLAN_1)
    assert owed(posted) == {}
