"""A switch of distribution model meets an open order: it runs off, or everybody agrees and it is novated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.handovers.delivering import Delivered
from domain.kernel import fold
from domain.orders.cancelling import CancelOrder, OrderCancelled
from domain.orders.changing import ChangeAccepted, ChangeRequested
from domain.orders.novating import RUN_OFF, ConsentRecorded, NovateOrder, OrderNovated, RecordConsent
from domain.orders.state import Order
from domain.orders.status import status
from domain.partners.state import partner_stream
from tests.examples import (
    AGENT_ID,
    DEALER_ID,
    EU_01,
    MAKER_ID,
    MK_01,
    PLAN_ID,
    change,
    delivered,
    eur,
    hand_over,
    sha,
)
from tests.story import given
from tests.unit.orders.i3 import (
    AGREED_I3,
    CONTRACTED_I3,
    DECEMBER,
    IN_2019,
    IN_2020,
    NOVEMBER,
    OFFERED_I3,
    by_customer,
    by_partner,
    novate,
    novated,
    placed_i3,
    sign_i3,
    signed_i3,
    tell_customers,
    tell_partners,
)
from tests.unit.partners import network


def test_in_2018_an_agent_sells_the_i3_for_the_maker() -> None:
    outcome = given(*OFFERED_I3).when(sign_i3, at=NOVEMBER).then(signed_i3)
    contract = outcome.after(Order).contract
    assert contract is not None
    assert contract.sale.distribution_model == "agency_non_genuine"
    assert contract.sale.partners == (AGENT_ID,)


def test_an_open_order_runs_off_under_the_model_of_its_contract_date() -> None:
    later = given(*CONTRACTED_I3).when(change, at=IN_2020).then(ChangeRequested, ChangeAccepted).after(Order)
    assert later.contract is not None
    assert later.contract.sale.distribution_model == "agency_non_genuine"
    handed = given(*CONTRACTED_I3).when(hand_over, at=IN_2020)
    assert handed.event(Delivered).handed_by == AGENT_ID


def test_consents_are_recorded_with_who_when_how_to_what_and_by_which_document() -> None:
    given(*CONTRACTED_I3).when(tell_customers, at=DECEMBER).then(by_customer)
    given(*CONTRACTED_I3).when(tell_partners, at=DECEMBER).then(by_partner)


def test_the_same_document_again_tells_nothing_new() -> None:
    given(*CONTRACTED_I3, by_customer).when(tell_customers, at=IN_2019).nothing()


def test_one_document_that_both_signed_is_two_consents() -> None:
    shared = replace(tell_partners, doc_sha256=sha("6"))
    given(*CONTRACTED_I3, by_customer).when(shared, at=DECEMBER).then(ConsentRecorded)


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        (replace(tell_customers, doc_sha256=""), "sha256", "doc_sha256"),
        (replace(tell_customers, doc_sha256="a letter"), "sha256", "doc_sha256"),
        (replace(tell_customers, by="partner"), "partner_id", "partner_id"),
        (replace(tell_partners, by="customer"), "partner_id", "partner_id"),
        (
            replace(tell_customers, distribution_model="undetermined"),
            "distribution_model",
            "distribution_model",
        ),
    ],
)
def test_what_is_no_consent_is_refused_and_its_field_named(
    wrong: RecordConsent, code: str, field: str
) -> None:
    outcome = given(*CONTRACTED_I3).when(wrong, at=DECEMBER).refused(code)
    assert field in str(outcome.refusal)


def test_a_consent_that_does_not_fit_is_recorded_and_flagged() -> None:
    given(placed_i3).when(tell_customers, at=DECEMBER).flagged("not_contracted")
    given(*CONTRACTED_I3, delivered).when(tell_customers, at=IN_2020).flagged("delivered")
    unknown = replace(tell_customers, row="FR-BMW-nothing")
    given(*CONTRACTED_I3).when(unknown, at=DECEMBER).flagged("unknown_row")
    agency = replace(tell_customers, row="FR-BMW-i-agency")
    given(*CONTRACTED_I3).when(agency, at=DECEMBER).flagged("unknown_row")


def test_with_every_consent_the_order_is_novated() -> None:
    outcome = given(*AGREED_I3).when(novate, at=IN_2020).then(novated)
    order = outcome.after(Order)
    assert order.contract is not None
    assert order.contract.sale == novated.sale
    assert (order.novated_on, order.consents) == (novated.effective_on, ())


def test_a_novation_leaves_price_car_promise_and_withdrawal_as_they_are() -> None:
    before, after = fold(Order(), AGREED_I3), fold(Order(), (*AGREED_I3, novated))
    assert before.contract is not None
    assert after.contract == replace(before.contract, sale=novated.sale)
    assert replace(after, contract=before.contract, consents=before.consents, novated_on=None) == before
    assert status(after) == status(before)


def test_a_novation_remembers_its_outcome_whatever_the_rows_say_later() -> None:
    order = fold(Order(), (*AGREED_I3, replace(novated, decided_by=("a row that is gone",))))
    assert order.contract is not None
    assert order.contract.sale.distribution_model == "franchise"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ((), "no_customer_consent"),
        ((by_partner,), "no_customer_consent"),
        ((by_customer,), "no_partner_consent"),
        ((by_customer, replace(by_partner, consenter_id=DEALER_ID)), "no_partner_consent"),
        ((replace(by_customer, distribution_model="direct"), by_partner), "no_customer_consent"),
        ((replace(by_customer, row="FR-BMW-i-agency"), by_partner), "no_customer_consent"),
    ],
)
def test_without_a_consent_the_order_keeps_its_model(told: tuple[ConsentRecorded, ...], code: str) -> None:
    outcome = given(*CONTRACTED_I3, *told).when(novate, at=IN_2020).refused(code, rule=RUN_OFF)
    assert outcome.refusal is not None
    assert outcome.refusal.rows == ("FR-BMW-franchise",)
    assert outcome.refusal.source
    assert "keeps the agency non genuine of its contract date" in str(outcome.refusal)


def test_another_dealer_must_agree_beside_the_agent() -> None:
    to_another = replace(novate, seller_id=DEALER_ID)
    given(*AGREED_I3).when(to_another, at=IN_2020).refused("no_partner_consent", rule=RUN_OFF)
    both = (*AGREED_I3, replace(by_partner, consenter_id=DEALER_ID))
    outcome = given(*both).when(to_another, at=IN_2020).then(OrderNovated)
    assert [one.consenter_id for one in outcome.event(OrderNovated).consents[1:]] == [AGENT_ID, DEALER_ID]


def test_the_model_must_be_in_force_on_the_day() -> None:
    early = given(*AGREED_I3).when(novate, at=DECEMBER).refused("model_not_in_force", rule=EU_01)
    assert early.refusal is not None
    assert early.refusal.rows == ("FR-BMW-i-agency",)
    direct = replace(novate, distribution_model="direct", seller="maker", seller_id=MAKER_ID)
    given(*AGREED_I3).when(direct, at=IN_2020).refused("model_not_in_force", rule=EU_01)


def test_while_nobody_knows_which_model_is_in_force_nothing_is_novated() -> None:
    given(*AGREED_I3).when(novate, at=IN_2019).refused("market_undetermined", rule=MK_01)


def test_under_the_new_model_only_its_seller_may_take_over() -> None:
    by_maker = replace(novate, seller="maker", seller_id=MAKER_ID)
    given(*AGREED_I3).when(by_maker, at=IN_2020).refused("wrong_seller", rule=EU_01)


def test_a_dealer_whom_no_agreement_appoints_takes_nothing_over() -> None:
    registered = replace(network.registered, market="FR", seat="FR")
    story = given(*AGREED_I3).on(partner_stream(AGENT_ID), registered)
    story.when(novate, at=IN_2020).refused("not_appointed", rule=EU_01)
    offered = replace(network.dealer_offered, market="FR", offered_on=NOVEMBER.date())
    agreed = replace(network.dealer_signed, signed_on=NOVEMBER.date())
    appointed = given(*AGREED_I3).on(partner_stream(AGENT_ID), registered, offered, agreed)
    appointed.when(novate, at=IN_2020).then(novated)


@pytest.mark.parametrize(
    "wrong", [replace(novate, agent_id=AGENT_ID), replace(novate, plan_id=PLAN_ID, plan_version=1)]
)
def test_a_dealer_earns_his_margin_and_no_commission(wrong: NovateOrder) -> None:
    given(*AGREED_I3).when(wrong, at=IN_2020).refused("commission")


def test_what_is_not_open_is_not_novated() -> None:
    given(*OFFERED_I3).when(novate, at=IN_2020).refused("not_contracted")
    given(*AGREED_I3, delivered).when(novate, at=IN_2020).refused("delivered")
    ended = OrderCancelled(
        initiator="customer", reason="change_of_mind", fault="customer", fee=eur(0), stage="contracted"
    )
    given(*AGREED_I3, ended).when(novate, at=IN_2020).refused("cancelled")
    given().when(novate, at=IN_2020).refused("unknown_order")


def test_the_same_again_changes_nothing_and_the_same_model_is_no_switch() -> None:
    given(*AGREED_I3, novated).when(novate, at=IN_2020).nothing()
    given(*AGREED_I3, novated).when(replace(novate, seller_id=DEALER_ID), at=IN_2020).refused("same_model")


def test_a_novated_order_goes_on_as_any_other() -> None:
    cancel = CancelOrder(
        order_id=tell_customers.order_id, initiator="customer", reason="delay", fault="principal"
    )
    outcome = given(*AGREED_I3, novated).when(cancel, at=IN_2020)
    assert status(outcome.after(Order)) == "cancelled"
