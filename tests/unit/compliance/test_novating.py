"""EU-01 of a novated order: the contract under the model of its day, the novation under that of its own."""

from __future__ import annotations

from dataclasses import replace

from domain.orders.cancelling import OrderCancelled
from tests.examples import CONTRACTED, eur
from tests.unit.compliance.audited import under
from tests.unit.orders.i3 import AGREED_I3, CONTRACTED_I3, IN_2019, IN_2020, NOVEMBER, novated

NOVATED = (*((NOVEMBER, event) for event in AGREED_I3), (IN_2020, novated))


def test_contract_and_novation_each_pass_by_the_row_of_their_day() -> None:
    found = under("EU-01", *NOVATED)
    assert found.verdict == "PASS"
    assert "the contract was made as agency non genuine in FR wants it (FR-BMW-i-agency)" in found.says
    assert "the novation was made as franchise in FR wants it (FR-BMW-franchise)" in found.says
    assert [one.name for one in found.evidence] == ["ContractSigned", "OrderNovated"]
    assert "consents" in dict(found.evidence[1].facts)


def test_a_novation_into_another_model_than_the_one_in_force_fails() -> None:
    found = under("EU-01", *NOVATED[:-1], (IN_2020, replace(novated, seller="maker", invoicer="maker")))
    assert found.verdict == "FAIL"
    assert "the seller was the maker and should be the dealer" in found.says
    assert "FR-BMW-i-agency" in found.says


def test_a_novation_on_a_day_of_which_nobody_knows_the_model_is_indeterminate() -> None:
    found = under("EU-01", *NOVATED[:-1], (IN_2019, novated))
    assert found.verdict == "INDETERMINATE"


def test_an_order_that_runs_off_is_judged_by_its_contract_alone() -> None:
    found = under("EU-01", *((NOVEMBER, event) for event in CONTRACTED_I3))
    assert found.verdict == "PASS"
    assert "novation" not in found.says
    assert len(found.evidence) == 1


def test_after_the_novation_to_a_dealer_no_agent_is_owed_for_the_makers_fault() -> None:
    cancelled = OrderCancelled(
        initiator="maker", reason="maker_cannot_build", fault="principal", fee=eur(0), stage="contracted"
    )
    assert under("CO-03", *NOVATED, (IN_2020, cancelled)).verdict == "N/A"
    assert under("CO-03", *CONTRACTED, cancelled).verdict == "INDETERMINATE"
