"""Facts can be stored and read back, and no order of events makes an audit fail to answer."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.compliance.audit import audit_order
from domain.compliance.facts import OrderFacts
from domain.compliance.finding import Finding
from domain.kernel import Event
from domain.orders.withdrawing import WithdrawalDeclared, WithdrawalDenied
from tests.examples import DELIVERED, MARKETS, NOON, sha
from tests.unit.compliance.audited import facts_of
from tests.unit.compliance.test_commissioning import maker, plan_of
from tests.unit.settlements.test_planning import published

EVERYTHING: tuple[Event, ...] = (
    *DELIVERED,
    WithdrawalDeclared(medium="email", declared_at=NOON, window_ends_at=None, in_time=None),
    WithdrawalDenied(exception="out_of_time", evidence_sha256=sha("8")),
    maker,
)


def test_facts_and_findings_can_be_stored_as_json() -> None:
    facts = facts_of(*EVERYTHING)
    assert msgspec.json.decode(msgspec.json.encode(facts), type=OrderFacts) == facts
    findings = audit_order(facts, MARKETS, plan_of(published))
    assert msgspec.json.decode(msgspec.json.encode(findings), type=tuple[Finding, ...]) == findings


@given(st.lists(st.sampled_from(EVERYTHING), max_size=20))
def test_every_rule_answers_whatever_happened(events: list[Event]) -> None:
    findings = audit_order(facts_of(*events), MARKETS, plan_of(published))
    assert [found.rule for found in findings] == ["EU-01", "US-01", "CR-03", "CO-03"]


@given(st.lists(st.sampled_from(EVERYTHING), max_size=12))
def test_a_rule_whose_facts_did_not_move_finds_what_it_found(events: list[Event]) -> None:
    plan, found, since = plan_of(published), dict[str, Finding](), None
    for told in range(len(events) + 1):
        facts = facts_of(*events[:told])
        found |= {one.rule: one for one in audit_order(facts, MARKETS, plan, since=since)}
        assert tuple(found.values()) == audit_order(facts, MARKETS, plan)
        since = facts
