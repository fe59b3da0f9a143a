from dataclasses import replace

from domain.allocations.allocating import VehicleAllocated
from domain.compliance.finding import Verdict
from domain.markets.book import book_id
from domain.orders.cancelling import OrderCancelled
from domain.orders.withdrawing import WithdrawalDeclared, WithdrawalDenied
from domain.settlements.planning import PlanPublished
from projections.market_compliance import AuditedMarket, AuditedPlan, ComplianceFinding, market_compliance
from tests.examples import (
    CAR_ID,
    CONTRACTED,
    DAY,
    DELIVERED,
    HANDOVER,
    MARKETS,
    ORDER_ID,
    OTHER_ORDER_ID,
    PLAN_ID,
    WITHDRAW_UNTIL,
    allocated,
    eur,
    informed,
    placed,
    sha,
    signed,
)
from tests.story import given as story
from tests.unit.markets.claimed import law, rows_of, sells, terms
from tests.unit.markets.test_book import load
from tests.unit.projections.playing import Played, given, recorded
from tests.unit.projections.test_dealer_commissions import plan

AUDIT = market_compliance(MARKETS, "test")


def verdicts(played: Played) -> dict[str, Verdict]:
    return {row.rule: row.verdict for row in played.rows(ComplianceFinding)}


def test_every_rule_has_a_finding_with_its_evidence() -> None:
    played = given(AUDIT, *CONTRACTED)
    assert verdicts(played) == {"EU-01": "PASS", "US-01": "N/A", "CR-03": "N/A", "CO-03": "N/A"}
    finding = played.row(ComplianceFinding, (ORDER_ID, "EU-01"))
    contract = recorded(signed, len(CONTRACTED))
    assert (finding.subject, finding.rule_version, finding.severity) == ("order", 1, 1)
    assert [evidence.event_id for evidence in finding.evidence] == [contract.event_id]


def test_a_contract_that_departs_from_the_model_fails() -> None:
    sold_by_agent = replace(signed, seller="agent", contradicts=())
    assert verdicts(given(AUDIT, placed, sold_by_agent))["EU-01"] == "FAIL"


def test_a_withdrawal_in_time_that_was_denied_fails() -> None:
    declared = WithdrawalDeclared(
        medium="email", declared_at=HANDOVER + DAY, window_ends_at=WITHDRAW_UNTIL, in_time=True
    )
    denied = WithdrawalDenied(exception="out_of_time", evidence_sha256=sha("5"))
    assert verdicts(given(AUDIT, *DELIVERED, declared))["CR-03"] == "WARN"
    assert verdicts(given(AUDIT, *DELIVERED, declared, denied))["CR-03"] == "FAIL"


def test_terms_of_pay_are_audited_when_they_become_known() -> None:
    cancelled = OrderCancelled(
        initiator="maker", reason="maker_cannot_build", fault="principal", fee=eur(0), stage="contracted"
    )
    played = given(AUDIT, *CONTRACTED, cancelled)
    assert verdicts(played)["CO-03"] == "INDETERMINATE"
    assert played.row(AuditedPlan, PLAN_ID).orders == (ORDER_ID,)
    assert verdicts(played.play(plan, stream=PLAN_ID))["CO-03"] == "PASS"
    assert played.row(AuditedPlan, PLAN_ID).orders == ()
    unlawful = replace(plan, clawback_faults=("principal",), contradicts=("principal_to_blame",))
    assert isinstance(unlawful, PlanPublished)
    assert verdicts(given(AUDIT, *CONTRACTED, cancelled).play(unlawful, stream=PLAN_ID))["CO-03"] == "FAIL"
    assert verdicts(given(AUDIT, unlawful, stream=PLAN_ID).play(*CONTRACTED, cancelled))["CO-03"] == "FAIL"


def test_a_car_is_audited_from_its_own_stream_and_from_its_orders() -> None:
    on_car = VehicleAllocated(order_id=ORDER_ID, source="factory")
    played = given(AUDIT, on_car, stream=CAR_ID).play(allocated)
    assert verdicts(played) == {"AL-01": "PASS"}
    assert played.row(ComplianceFinding, (CAR_ID, "AL-01")).subject == "vehicle"
    played.play(allocated, stream=OTHER_ORDER_ID)
    assert verdicts(played) == {"AL-01": "FAIL"}


def test_rows_that_were_loaded_into_the_log_decide_from_then_on() -> None:
    german = rows_of(
        sells("direct", "2000-01-01"), law("forbids", sellers=("maker",), begins="2000-01-01"), terms()
    )
    loaded = [event for _, event in story().when(load(german)).events]
    before = given(AUDIT, *CONTRACTED).play(*loaded, stream=book_id("DE"))
    assert verdicts(before)["EU-01"] == "PASS"
    assert before.row(AuditedMarket, "DE").book == german
    assert verdicts(before.play(informed))["EU-01"] == "FAIL", "the next event of an order asks them"
    after = given(AUDIT, *loaded, stream=book_id("DE")).play(*CONTRACTED)
    assert verdicts(after)["EU-01"] == "FAIL"
    assert "DE-forbids" in after.row(ComplianceFinding, (ORDER_ID, "EU-01")).says
