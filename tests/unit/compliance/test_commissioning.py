"""CO-03: an agent keeps commission when the maker is to blame."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.compliance.facts import PlanFacts, evolve_plan_facts
from domain.orders.cancelling import OrderCancelled
from domain.settlements.planning import PlanPublished
from tests.examples import CONTRACTED, NOON, OFFERED, PLAN_ID, eur, sha, signed
from tests.recording import history
from tests.story import given as story
from tests.unit.compliance.audited import under
from tests.unit.settlements.test_planning import published, report

customer = OrderCancelled(
    initiator="customer", reason="change_of_mind", fault="customer", fee=eur(0), stage="contracted"
)
maker = replace(customer, initiator="maker", reason="maker_cannot_build", fault="principal")
harsh = story().when(replace(report, clawback_faults=("principal", "customer"))).event(PlanPublished)


def plan_of(*versions: PlanPublished) -> PlanFacts:
    facts = PlanFacts()
    for recorded in history(PLAN_ID, [(NOON, version) for version in versions]):
        facts = evolve_plan_facts(facts, recorded)
    return facts


@pytest.mark.parametrize(
    ("terms", "verdict"), [(published, "PASS"), (harsh, "FAIL"), (replace(harsh, version=2), "INDETERMINATE")]
)
def test_the_terms_that_the_contract_names_decide(terms: PlanPublished, verdict: str) -> None:
    found = under("CO-03", *CONTRACTED, maker, plan=plan_of(terms))
    assert (found.verdict, found.severity) == (verdict, 1)


def test_a_pass_and_a_fail_rest_on_three_events() -> None:
    found = under("CO-03", *CONTRACTED, maker, plan=plan_of(harsh))
    assert [one.name for one in found.evidence] == ["ContractSigned", "OrderCancelled", "PlanPublished"]


def test_no_amount_and_no_rate_stands_in_the_evidence() -> None:
    found = under("CO-03", *CONTRACTED, maker, plan=plan_of(published))
    assert dict(found.evidence[-1].facts) == {"version": "1", "takes_back_for_principal": "False"}


def test_where_the_maker_is_not_to_blame_nothing_is_asked() -> None:
    assert under("CO-03", *CONTRACTED, plan=plan_of(harsh)).verdict == "N/A"
    assert under("CO-03", *CONTRACTED, customer, plan=plan_of(harsh)).verdict == "N/A"


def test_without_an_agent_nothing_is_asked() -> None:
    assert under("CO-03", *OFFERED, replace(signed, agent_id=None), maker).verdict == "N/A"


def test_the_agent_of_a_second_contract_is_not_paid_so_not_asked_about() -> None:
    first, second = replace(signed, agent_id=None), replace(signed, terms_sha256=sha("4"))
    assert under("CO-03", *OFFERED, first, second, maker, plan=plan_of(harsh)).verdict == "N/A"


def test_without_terms_nobody_can_tell() -> None:
    assert under("CO-03", *CONTRACTED, maker).verdict == "INDETERMINATE"
    bare = replace(signed, plan_id=None, plan_version=None)
    assert under("CO-03", *OFFERED, bare, maker).verdict == "INDETERMINATE"
