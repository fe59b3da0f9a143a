"""From facts of an order to lines of a statement."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from domain.money import Money
from domain.settlements.accruing import owed
from domain.settlements.facts import CommissionFacts, evolve_facts, partners
from domain.settlements.lines import Line
from tests.recording import recorded
from tests.unit.settlements.sale import (
    AGENT,
    CHANGE,
    CONTRACT,
    DELIVERED,
    NO_WINDOW,
    ON_PAYMENT,
    ON_WINDOW_END,
    ORDER,
    OTHER_AGENT,
    PAID,
    PLAN_1,
    WINDOW_CLOSED,
    brief,
    euro,
    facts_of,
    on,
    statement,
)

SIGNED = on(1, 10), CONTRACT
HANDED_OVER = on(3, 28), DELIVERED


def test_a_contract_makes_provisional_lines_on_no_statement() -> None:
    posted = statement(SIGNED)
    assert brief(posted) == [
        ("base", 176_000, "provisional", "", ""),
        ("handover_fee", 15_000, "provisional", "", ""),
    ]
    assert owed(posted) == {}


def test_delivery_earns_in_its_month() -> None:
    posted = statement(SIGNED, HANDED_OVER)
    assert brief(posted) == [
        ("base", 176_000, "earned", "2026-03", "2026-03"),
        ("handover_fee", 15_000, "earned", "2026-03", "2026-03"),
    ]
    assert owed(posted) == {"EUR": 191_000}


def test_a_line_shows_its_formula_its_inputs_and_its_facts() -> None:
    base, _ = statement(SIGNED, (on(1, 20), CHANGE), HANDED_OVER)
    assert base.basis == "(net_price) × 550 / 10000"
    assert dict(base.inputs) == {"net_price": str(euro(3_300_000)), "base_rate_bp": "550"}
    assert base.amount == euro(181_500)
    assert len(base.event_ids) == 3
    assert (base.plan_id, base.plan_version) == (PLAN_1.plan_id, 1)


def test_several_prices_in_the_basis_are_added_before_they_are_shared() -> None:
    base, _ = statement(SIGNED, plan=replace(PLAN_1, basis=("net_price", "gross_price")))
    assert base.amount == euro(3_200_000 + 3_808_000).share(550)


def test_a_plan_that_waits_for_the_window_holds_the_line() -> None:
    held = statement(SIGNED, HANDED_OVER, plan=ON_WINDOW_END)
    assert {line.state for line in held} == {"held"}
    earned = statement(SIGNED, HANDED_OVER, (on(4, 11), WINDOW_CLOSED), plan=ON_WINDOW_END)
    assert {(line.state, line.period) for line in earned} == {("earned", "2026-04")}


def test_without_a_window_the_handover_is_its_end() -> None:
    earned = statement(SIGNED, (on(3, 28), NO_WINDOW), plan=ON_WINDOW_END)
    assert {(line.state, line.period) for line in earned} == {("earned", "2026-03")}


def test_a_plan_that_waits_for_payment_waits_for_all_of_it() -> None:
    deposit = on(1, 11), replace(PAID, amount=euro(100_000), payment_id="p0")
    short = statement(SIGNED, deposit, HANDED_OVER, plan=ON_PAYMENT)
    assert {line.state for line in short} == {"provisional"}
    rest = on(4, 2), replace(PAID, amount=euro(3_708_000))
    full = statement(SIGNED, deposit, HANDED_OVER, rest, plan=ON_PAYMENT)
    assert {(line.state, line.period) for line in full} == {("earned", "2026-04")}


def test_a_fee_for_the_handover_waits_for_the_handover() -> None:
    base, fee = statement(SIGNED, (on(2, 1), PAID), plan=ON_PAYMENT)
    assert (base.state, fee.state) == ("earned", "provisional")
    base, fee = statement(SIGNED, (on(2, 1), PAID), HANDED_OVER, plan=ON_PAYMENT)
    assert (base.period, fee.period) == ("2026-02", "2026-03")


def test_who_hands_over_gets_the_fee() -> None:
    told = SIGNED, (on(3, 28), replace(DELIVERED, handed_by=OTHER_AGENT))
    base, fee = statement(*told)
    assert (base.partner_id, fee.partner_id) == (AGENT, OTHER_AGENT)
    assert partners(facts_of(*told)) == {AGENT, OTHER_AGENT}


def test_a_sale_without_agent_and_a_plan_without_fee_make_no_line() -> None:
    assert statement((on(1, 10), replace(CONTRACT, agent_id=None, seller="dealer")), HANDED_OVER) == ()
    (base,) = statement(SIGNED, HANDED_OVER, plan=replace(PLAN_1, handover_fee=euro(0)))
    assert base.line_type == "base"


def test_prices_in_a_currency_that_the_plan_does_not_pay_are_held() -> None:
    dollars = replace(CONTRACT, net=Money(3_200_000, "USD"), gross=Money(3_808_000, "USD"))
    base, _ = statement((on(1, 10), dollars), HANDED_OVER)
    assert (base.state, base.amount) == ("held", euro(0))
    assert "the plan pays in EUR" in base.basis


@pytest.mark.parametrize(
    ("zone", "period"), [("Europe/Berlin", "2026-04"), ("UTC", "2026-03"), ("America/Los_Angeles", "2026-03")]
)
def test_the_month_is_counted_by_the_clocks_of_the_plan(zone: str, period: str) -> None:
    base, _ = statement(SIGNED, (on(3, 31, 23, 30), DELIVERED), plan=replace(PLAN_1, zone=zone))
    assert base.period == period


def test_a_second_contract_told_later_does_not_change_who_is_owed() -> None:
    told = on(2, 1), replace(CONTRACT, agent_id=OTHER_AGENT, terms_sha256="1" * 64)
    assert {line.partner_id for line in statement(SIGNED, told)} == {AGENT}


def test_another_amount_under_a_known_payment_pays_nothing() -> None:
    part = replace(PAID, amount=euro(1))
    told = replace(PAID, contradicts=("told_otherwise",))
    facts = facts_of(SIGNED, (on(2, 1), part), (on(2, 2), told))
    assert (facts.paid, facts.paid_up) == (euro(1), None)


def test_a_second_contract_and_a_second_handover_change_no_line() -> None:
    sale = replace(CONTRACT, net=euro(1), gross=euro(1), terms_sha256="1" * 64, contradicts=("contracted",))
    again = replace(DELIVERED, handed_by=OTHER_AGENT, protocol_sha256="2" * 64, contradicts=("delivered",))
    told = statement(SIGNED, HANDED_OVER, (on(4, 2), sale), (on(4, 3), again))
    assert told == statement(SIGNED, HANDED_OVER)


def test_facts_and_lines_can_be_stored_as_json() -> None:
    facts = facts_of(SIGNED, (on(2, 1), PAID), HANDED_OVER, (on(4, 11), WINDOW_CLOSED))
    assert msgspec.json.decode(msgspec.json.encode(facts), type=CommissionFacts) == facts
    posted = statement(SIGNED, HANDED_OVER)
    assert msgspec.json.decode(msgspec.json.encode(posted), type=tuple[Line, ...]) == posted


def test_an_order_that_is_only_paid_for_owes_nobody() -> None:
    facts = evolve_facts(CommissionFacts(), recorded(PAID, stream_id=ORDER, at=on(1, 1)))
    assert facts.paid == euro(3_808_000)
    assert facts.paid_up is None
