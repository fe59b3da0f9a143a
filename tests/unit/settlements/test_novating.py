"""Commissions cut over: what was earned before a novation stays, what was not is the new model's to pay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel import Event
from domain.orders.novating import OrderNovated
from domain.settlements.accruing import Engagement, all_lines, owed
from domain.settlements.facts import CommissionFacts
from domain.settlements.lines import Line
from domain.settlements.novating import evolve_engagements
from domain.settlements.state import PlanTerms
from tests.recording import recorded
from tests.unit.settlements.sale import (
    AGENT,
    CANCELLED,
    CHANGE,
    CONTRACT,
    DELIVERED,
    MAKER_CANCELLED,
    ON_PAYMENT,
    ORDER,
    OTHER_AGENT,
    PAID,
    PLAN_1,
    WINDOW_CLOSED,
    WITHDRAWN,
    Told,
    brief,
    euro,
    on,
)

TO_DEALER = OrderNovated(
    from_model="agency_genuine",
    distribution_model="franchise",
    seller="dealer",
    seller_id=AGENT,
    agent_id=None,
    price_setter="dealer",
    stock_owner="dealer",
    invoicer="dealer",
    rule="EU-01",
    rule_version=1,
    confidence="M",
    decided_by=("DE-MINI-franchise",),
    effective_on=date(2026, 2, 1),
    consents=(),
    plan_id=None,
    plan_version=None,
)
NEXT = replace(PLAN_1, version=2, base_rate_bp=400, handover_fee=euro(20_000))
TO_PLAN_2 = replace(
    TO_DEALER,
    distribution_model="agency_non_genuine",
    seller="maker",
    agent_id=AGENT,
    plan_id=PLAN_1.plan_id,
    plan_version=2,
)
TO_OTHER = replace(TO_PLAN_2, agent_id=OTHER_AGENT)
STAYS = replace(TO_PLAN_2, plan_version=1)


class Statement:
    """The lines of one order, event after event."""

    def __init__(self, plan: PlanTerms = PLAN_1) -> None:
        self._terms = {1: plan, 2: NEXT}
        self._engaged: tuple[CommissionFacts, ...] = ()
        self._position = 0
        self.open_periods: dict[UUID, str] = {}
        self.lines: tuple[Line, ...] = ()

    def hear(self, *told: Told) -> Statement:
        for at, event in told:
            self._position += 1
            one = recorded(event, stream_id=ORDER, at=at, position=self._position)
            self._engaged = evolve_engagements(self._engaged, one)
            self.lines = self.again()
        return self

    def again(self) -> tuple[Line, ...]:
        return all_lines(self._paying(), self.open_periods, self.lines)

    def _paying(self) -> Iterator[Engagement]:
        for facts in self._engaged:
            if facts.plan_version is not None:
                yield facts, self._terms[facts.plan_version]


def test_a_dealer_earns_no_commission_on_what_was_not_earned_before() -> None:
    told = Statement().hear((on(1, 10), CONTRACT), (on(2, 1), TO_DEALER), (on(3, 28), DELIVERED))
    assert brief(told.lines) == [("base", 0, "reversed", "", ""), ("handover_fee", 0, "reversed", "", "")]


def test_what_was_earned_before_stays_and_what_is_done_later_is_not_paid() -> None:
    told = Statement(ON_PAYMENT).hear((on(1, 10), CONTRACT), (on(1, 20), PAID))
    earned = [line for line in told.lines if line.period]
    told.hear((on(2, 1), TO_DEALER), (on(3, 28), DELIVERED))
    assert [line for line in told.lines if line.period] == earned
    assert brief(told.lines) == [
        ("base", 176_000, "earned", "2026-01", "2026-01"),
        ("handover_fee", 0, "reversed", "", ""),
    ]


def test_another_plan_pays_what_the_old_one_did_not() -> None:
    told = Statement().hear((on(1, 10), CONTRACT), (on(2, 1), TO_PLAN_2), (on(3, 28), DELIVERED))
    assert brief(told.lines) == [
        ("base", 128_000, "earned", "2026-03", "2026-03"),
        ("handover_fee", 20_000, "earned", "2026-03", "2026-03"),
    ]
    assert {line.plan_version for line in told.lines} == {2}


def test_nothing_is_paid_twice() -> None:
    told = Statement(ON_PAYMENT).hear((on(1, 10), CONTRACT), (on(1, 20), PAID))
    told.hear((on(2, 1), TO_OTHER), (on(3, 28), replace(DELIVERED, handed_by=OTHER_AGENT)))
    assert [(line.partner_id, line.line_type, line.amount.minor) for line in told.lines if line.period] == [
        (AGENT, "base", 176_000),
        (OTHER_AGENT, "handover_fee", 20_000),
    ]


def test_who_was_paid_in_full_before_is_paid_up_at_the_novation() -> None:
    told = Statement().hear((on(1, 10), CONTRACT), (on(1, 20), PAID), (on(2, 1), TO_PLAN_2))
    assert [(line.line_type, line.state) for line in told.lines] == [
        ("base", "provisional"),
        ("handover_fee", "provisional"),
    ]


def test_a_novation_that_keeps_agent_and_plan_changes_nothing() -> None:
    plain = Statement().hear((on(1, 10), CONTRACT), (on(3, 28), DELIVERED))
    novated = Statement().hear((on(1, 10), CONTRACT), (on(2, 1), STAYS), (on(3, 28), DELIVERED))
    assert brief(novated.lines) == brief(plain.lines)


def test_a_handover_before_the_novation_that_is_told_later_is_the_agents() -> None:
    told = Statement().hear((on(1, 10), CONTRACT), (on(2, 1), TO_DEALER), (on(1, 28), DELIVERED))
    assert brief(told.lines) == [
        ("base", 176_000, "earned", "2026-01", "2026-01"),
        ("handover_fee", 15_000, "earned", "2026-01", "2026-01"),
    ]


def test_what_comes_to_light_after_the_close_goes_back_in_the_open_month() -> None:
    """The first agent was paid by payment, the second for the handover; then an earlier payment is told."""
    told = Statement(ON_PAYMENT).hear((on(1, 10), CONTRACT), (on(2, 1), TO_OTHER), (on(3, 28), DELIVERED))
    told.open_periods = {OTHER_AGENT: "2026-04"}
    told.hear((on(1, 20), PAID))
    paid = [
        (line.partner_id, line.amount.minor, line.period) for line in told.lines if line.line_type == "base"
    ]
    assert paid == [
        (AGENT, 176_000, "2026-01"),
        (OTHER_AGENT, 128_000, "2026-03"),
        (OTHER_AGENT, -128_000, "2026-04"),
    ]


def test_the_end_of_a_novated_order_takes_back_what_the_old_plan_says() -> None:
    told = Statement(ON_PAYMENT).hear((on(1, 10), CONTRACT), (on(1, 20), PAID), (on(2, 1), TO_DEALER))
    told.hear((on(3, 1), CANCELLED))
    assert owed(told.lines) == {"EUR": 0}
    kept = Statement().hear((on(1, 10), CONTRACT), (on(2, 1), TO_DEALER), (on(3, 1), MAKER_CANCELLED))
    assert owed(kept.lines) == {}


EVENTS: tuple[Event, ...] = (
    CONTRACT,
    CHANGE,
    PAID,
    DELIVERED,
    WINDOW_CLOSED,
    WITHDRAWN,
    CANCELLED,
    MAKER_CANCELLED,
    TO_DEALER,
    TO_PLAN_2,
    TO_OTHER,
    STAYS,
)
STEPS = st.lists(st.tuples(st.integers(1, 9), st.sampled_from((*EVENTS, None))), max_size=12)
PLANS = st.sampled_from((PLAN_1, ON_PAYMENT))
Step = tuple[int, Event | None]


def close(told: Statement, month: int) -> Mapping[UUID, str]:
    told.open_periods = {AGENT: f"2026-{month:02}", OTHER_AGENT: f"2026-{month:02}"}
    return told.open_periods


def play(told: Statement, steps: list[Step]) -> Iterator[Event | None]:
    """Hear these steps one by one. A step without an event closes the open month."""
    month = 0
    for at, event in steps:
        if event is None:
            month += 1
            close(told, month)
        else:
            told.hear((on(at, 15), event))
        yield event


@given(STEPS, PLANS)
@settings(max_examples=400, deadline=None)
def test_a_novation_never_changes_what_was_already_earned(steps: list[Step], plan: PlanTerms) -> None:
    told, before = Statement(plan), tuple[Line, ...]()
    for event in play(told, steps):
        if isinstance(event, OrderNovated):
            assert {line for line in before if line.period} <= set(told.lines)
        before = told.lines


@given(STEPS, PLANS)
@settings(max_examples=400, deadline=None)
def test_a_closed_month_never_changes_and_to_ask_again_changes_nothing(
    steps: list[Step], plan: PlanTerms
) -> None:
    told, closed = Statement(plan), list[Line]()
    for _ in play(told, steps):
        assert all(line in told.lines for line in closed)
        closed = [
            line
            for line in told.lines
            if line.period and line.period < told.open_periods.get(line.partner_id, "")
        ]
        assert told.again() == told.lines


@given(STEPS, PLANS)
@settings(max_examples=400, deadline=None)
def test_no_kind_of_work_is_paid_twice_and_every_line_has_a_key_of_its_own(
    steps: list[Step], plan: PlanTerms
) -> None:
    told = Statement(plan)
    for _ in play(told, steps):
        keys = [(line.partner_id, line.line_type, line.period) for line in told.lines]
        assert len(set(keys)) == len(keys)
        for kind in ("base", "handover_fee"):
            paid: dict[UUID, int] = {}
            for line in told.lines:
                if line.line_type == kind and line.period:
                    paid[line.partner_id] = paid.get(line.partner_id, 0) + line.amount.minor
            assert sum(amount != 0 for amount in paid.values()) <= 1
