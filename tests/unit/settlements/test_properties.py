"""Whatever is told, in whatever order, with whatever months closed in between."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel import Event, fold
from domain.orders.state import Order, OrderEvent
from domain.settlements.accruing import comes_to_the_same, lines, owed
from domain.settlements.facts import CommissionFacts, evolve_facts
from domain.settlements.lines import Line
from domain.settlements.state import PlanTerms
from tests.anything import ANY_ORDER_EVENT
from tests.recording import history, recorded
from tests.unit.settlements.sale import (
    AGENT,
    CANCELLED,
    CHANGE,
    CONTRACT,
    DELIVERED,
    MAKER_CANCELLED,
    NO_WINDOW,
    ON_PAYMENT,
    ON_WINDOW_END,
    ORDER,
    PAID,
    PLAN_1,
    RETURNED,
    WINDOW_CLOSED,
    WITHDRAWN,
    on,
)

EVENTS: tuple[Event, ...] = (
    CONTRACT,
    CHANGE,
    PAID,
    DELIVERED,
    NO_WINDOW,
    WINDOW_CLOSED,
    WITHDRAWN,
    RETURNED,
    CANCELLED,
    MAKER_CANCELLED,
)
Step = tuple[int, Event | None]
steps = st.lists(st.tuples(st.integers(1, 9), st.sampled_from((*EVENTS, None))), max_size=12)
plans = st.sampled_from((PLAN_1, ON_PAYMENT, ON_WINDOW_END))


def played(steps: list[Step], plan: PlanTerms) -> list[tuple[Mapping[UUID, str], tuple[Line, ...]]]:
    """What was open and which lines stood after each step. A step without event closes the open month."""
    seen: list[tuple[Mapping[UUID, str], tuple[Line, ...]]] = []
    facts, standing, month = CommissionFacts(), tuple[Line, ...](), 0
    for position, (at, event) in enumerate(steps, start=1):
        if event is None:
            month += 1
        else:
            one = recorded(event, stream_id=ORDER, at=on(at, 15), position=position)
            facts = evolve_facts(facts, one)
        open_periods = {AGENT: f"2026-{month:02}"} if month else {}
        standing = lines(facts, plan, open_periods, standing)
        seen.append((open_periods, standing))
    return seen


@given(st.lists(ANY_ORDER_EVENT, max_size=12))
@settings(max_examples=300, deadline=None)
def test_commission_knows_an_end_just_when_the_order_has_ended(events: list[OrderEvent]) -> None:
    order, facts = Order(), CommissionFacts()
    for one in history(ORDER, [(on(1, 1), event) for event in events]):
        order, facts = fold(order, (one.event,)), evolve_facts(facts, one)
        assert bool(facts.ended) == bool(order.ended)


@given(steps, plans)
@settings(max_examples=300)
def test_lines_stand_while_no_fact_comes_that_their_plan_waits_for(told: list[Step], plan: PlanTerms) -> None:
    always = played(told, plan)
    facts, kept = CommissionFacts(), tuple[Line, ...]()
    for position, (at, event) in enumerate(told, start=1):
        before = facts
        if event is not None:
            one = recorded(event, stream_id=ORDER, at=on(at, 15), position=position)
            facts = evolve_facts(facts, one)
        open_periods, standing = always[position - 1]
        if not comes_to_the_same(before, facts, plan):
            kept = lines(facts, plan, open_periods, kept)
        assert kept == standing


@given(steps, plans)
def test_a_closed_month_never_changes(told: list[Step], plan: PlanTerms) -> None:
    closed: list[Line] = []
    for open_periods, posted in played(told, plan):
        assert all(line in posted for line in closed)
        opened = open_periods.get(AGENT, "")
        now = [line for line in posted if line.period and line.period < opened]
        assert len(now) >= len(closed)
        closed = now


@given(steps, plans)
def test_to_ask_again_changes_nothing(told: list[Step], plan: PlanTerms) -> None:
    facts = CommissionFacts()
    for position, (at, event) in enumerate(told, start=1):
        if event:
            facts = evolve_facts(facts, recorded(event, stream_id=ORDER, at=on(at, 15), position=position))
    for open_periods, posted in played(told, plan)[-1:]:
        assert lines(facts, plan, open_periods, posted) == posted


@given(steps, plans)
def test_the_sum_owed_does_not_depend_on_when_months_were_closed(told: list[Step], plan: PlanTerms) -> None:
    together = [step for step in told if step[1] is not None]
    for (_, apart), (_, whole) in zip(played(told, plan)[-1:], played(together, plan)[-1:], strict=False):
        assert sum(owed(apart).values()) == sum(owed(whole).values())


@given(steps, plans)
def test_nothing_is_taken_back_that_was_not_paid(told: list[Step], plan: PlanTerms) -> None:
    for _, posted in played(told, plan):
        assert sum(line.amount.minor for line in posted if line.line_type != "handover_fee") >= 0
        assert all(line.amount.currency == plan.currency for line in posted)
        assert sum(line.line_type == "clawback" for line in posted) <= 1
