"""Agreements: offered, signed, declined; and what a market forbids or asks of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.partners.answering import AgreementDeclined, AgreementSigned, ReportAgreement
from domain.partners.offering import CostListDelivered, OfferAgreement, RecordCostList
from domain.partners.registering import PartnerRegistered, RegisterPartner
from domain.partners.rules import Incompatible
from domain.partners.state import Partner, partner_stream
from tests.examples import DAY, NOON, sha
from tests.story import given
from tests.unit.markets.claimed import ruling, since
from tests.unit.partners.network import (
    AGENT,
    BMW_AGENT,
    DEALER,
    EU_04,
    EU_08,
    MINI_AGENT,
    ONE_ROLE,
    PARTNER,
    START,
    TODAY,
    facts,
    offer,
    offered,
    registered,
    report,
    rules,
    sign,
    signed,
    under,
)

bmw = replace(offer, agreement_id=BMW_AGENT, brand="BMW", lines=("i3",))
told_costs = RecordCostList(partner_id=PARTNER, agreement_id=MINI_AGENT, doc_sha256=sha("c"), medium="paper")


def test_a_partner_is_registered_once() -> None:
    register = RegisterPartner(partner_id=PARTNER, market="DE")
    given().when(register).then((partner_stream(PARTNER), registered))
    given(registered).when(register).refused("exists")


def test_a_maker_says_what_it_makes_and_where_it_has_its_seat() -> None:
    register = RegisterPartner(partner_id=PARTNER, market="DE", seat="US-DE", makes=("TESLA",))
    told = given().when(register).event(PartnerRegistered)
    assert (told.seat, told.makes) == ("US-DE", ("TESLA",))
    given().when(replace(register, seat="Delaware")).refused("place")
    given().when(replace(register, makes=("TESLA", "TESLA"))).refused("named_twice")
    given().when(replace(register, market="XX")).refused("unknown_market")


def test_nothing_is_offered_to_somebody_unknown() -> None:
    given().when(offer).refused("unknown_partner")


def test_an_agreement_is_offered_and_signed() -> None:
    given(registered).when(offer).then(offered)
    given(registered, offered).when(sign).then(signed)
    given(registered, offered, signed).when(sign).nothing()


def test_an_agreement_is_not_offered_twice_nor_for_the_past() -> None:
    given(registered, offered).when(offer).refused("exists")
    given(registered).when(replace(offer, valid_from=TODAY - timedelta(days=1))).refused("past")
    given(registered).when(replace(offer, valid_from=TODAY)).then(replace(offered, valid_from=TODAY))


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"valid_to": date(2026, 5, 31)}, "period", "valid_to"),
        ({"valid_to": START}, "period", "valid_to"),
        ({"terms_sha256": "none"}, "sha256", "terms_sha256"),
        ({"lines": ("i3", "i3")}, "named_twice", "lines"),
        ({"customers": ("fleet", "fleet")}, "named_twice", "customers"),
        ({"notice_months": -1}, "notice", "notice_months"),
        ({"market": "XX"}, "unknown_market", "XX"),
    ],
)
def test_terms_are_well_formed_and_the_field_that_is_not_is_named(
    wrong: dict[str, object], code: str, field: str
) -> None:
    commands: tuple[OfferAgreement | ReportAgreement, ...] = (offer, report)
    for command in commands:
        refused = given(registered).when(replace(command, **wrong)).refused(code)  # type: ignore[arg-type]
        assert field in str(refused.refusal)
        assert refused.events == ()


def test_a_partner_declines_and_may_still_sign_later() -> None:
    decline = replace(sign, answer="declined", doc_sha256="")
    declined = AgreementDeclined(partner_id=PARTNER, agreement_id=MINI_AGENT, declined_on=TODAY)
    given(registered, offered).when(decline).then(declined)
    given(registered, offered, declined).when(decline).nothing()
    given(registered, offered, declined).when(sign, at=NOON + DAY).then(
        replace(signed, signed_on=TODAY + timedelta(days=1))
    )


def test_who_signs_under_protest_is_bound_all_the_same() -> None:
    outcome = given(registered, offered).when(replace(sign, answer="under_protest"))
    outcome.then(replace(signed, under_protest=True))
    asked = facts(outcome).appointment(brand="MINI", market="DE", on=START, role="agent")
    assert (asked.standing, asked.in_force, asked.under_protest) == ("signed", True, True)


def test_what_was_signed_is_not_taken_back_by_another_answer() -> None:
    outcome = given(*AGENT).when(replace(sign, answer="declined", doc_sha256=""))
    outcome.flagged("signed")
    assert facts(outcome).appointment(brand="MINI", market="DE", on=START, role="agent").in_force


def test_an_answer_without_an_offer_is_refused_and_one_before_it_is_flagged() -> None:
    given(registered).when(sign).refused("unknown_agreement")
    given(registered, offered).when(replace(sign, doc_sha256="")).refused("sha256")
    given(registered, offered).when(sign, at=NOON - 2 * DAY, now=NOON).flagged("not_offered")
    over = replace(offered, valid_to=date(2026, 7, 1))
    given(registered, over).when(sign, at=NOON + 200 * DAY).flagged("ended")


def test_an_agreement_of_before_our_time_is_told_whole() -> None:
    old = replace(report, valid_from=date(2018, 1, 1))
    outcome = given(registered).when(old)
    outcome.then(replace(offered, valid_from=date(2018, 1, 1)), replace(signed, doc_sha256=sha("a")))
    history = (registered, *(event for _, event in outcome.events))
    given(*history).when(old).nothing()
    given(*history).when(replace(old, brand="BMW")).refused("exists")
    given(registered, offered).when(report).then(replace(signed, doc_sha256=sha("a")))


def test_a_dealer_of_one_brand_is_agent_of_another() -> None:
    outcome = under(*DEALER).when(offer).then(offered)
    known = facts(under(*DEALER, offered).when(sign))
    assert known.appointment(brand="BMW", market="DE", on=START, role="dealer").in_force
    assert known.appointment(brand="MINI", market="DE", on=START, role="agent").in_force
    assert not known.appointment(brand="MINI", market="DE", on=START, role="dealer").in_force
    assert outcome.refusal is None


def test_two_roles_that_the_market_forbids_together_are_refused_by_name() -> None:
    refused = under(*DEALER).when(bmw).refused("incompatible_roles", rule=EU_08)
    assert "role is agent" in str(refused.refusal)
    assert refused.refusal is not None
    assert (refused.refusal.rows, refused.refusal.source) == (("DE-BMW-agent-or-dealer",), "test")
    assert refused.events == ()
    given(*DEALER).when(bmw).then(replace(offered, agreement_id=BMW_AGENT, brand="BMW", lines=("i3",)))


def test_what_is_only_offered_forbids_nothing_but_signing_both_is_flagged() -> None:
    choice = (
        registered,
        replace(DEALER[1], valid_from=START),
        replace(offered, agreement_id=BMW_AGENT, brand="BMW"),
    )
    both = (*choice, DEALER[2])
    told = under(*both, asked=rules(ONE_ROLE)).when(replace(sign, agreement_id=BMW_AGENT))
    told.flagged("incompatible_roles")


@pytest.mark.parametrize(
    ("row", "forbidden"),
    [
        (ONE_ROLE, True),
        (replace(ONE_ROLE, brands=()), True),
        (replace(ONE_ROLE, brands=("MINI",)), False),
        (replace(ONE_ROLE, roles=("agent", "service")), False),
        (replace(ONE_ROLE, validity=since("2027-01-01")), True),
        (replace(ONE_ROLE, validity=since("2025-01-01", "2026-06-01")), False),
        (replace(ONE_ROLE, validity=since("2027", "2029")), True),
        (replace(ONE_ROLE, validity=since("2026")), True),
        (replace(ONE_ROLE, confidence="L"), True),
        (replace(ONE_ROLE, unless_delineated=True), True),
    ],
)
def test_a_row_forbids_what_it_names(row: Incompatible, forbidden: bool) -> None:
    outcome = under(*DEALER, asked=rules(row)).when(bmw)
    assert (outcome.refusal is not None) is forbidden


@pytest.mark.parametrize(("market", "forbidden"), [("DE", True), ("FR", False), ("EU", True), ("EEA", False)])
def test_a_row_holds_in_its_market_and_that_of_a_region_in_its_members(market: str, forbidden: bool) -> None:
    outcome = under(*DEALER, asked=rules(ONE_ROLE, market=market)).when(bmw)
    assert (outcome.refusal is not None) is forbidden


def test_who_left_a_region_is_not_held_to_its_rows() -> None:
    asked = rules(replace(ONE_ROLE, validity=since("2000-01-01")), market="EU")
    british = replace(bmw, market="GB", valid_from=START)
    dealer = (registered, replace(DEALER[1], market="GB"), DEALER[2])
    assert under(*dealer, asked=asked).when(british).refusal is None


@pytest.mark.parametrize(
    "doubtful",
    [
        replace(ONE_ROLE, confidence="L"),
        replace(ONE_ROLE, review_by=date(2026, 1, 1)),
        replace(ONE_ROLE, validity=since("2026", "2026-12-31")),
    ],
)
def test_what_is_doubtful_refuses_and_accuses_nobody(doubtful: Incompatible) -> None:
    asked = rules(doubtful)
    under(*DEALER, asked=asked).when(bmw).refused("incompatible_roles", rule=EU_08)
    both = (*DEALER, replace(offered, agreement_id=BMW_AGENT, brand="BMW"))
    under(*both, asked=asked).when(replace(sign, agreement_id=BMW_AGENT)).flagged()


def test_rulings_decide_between_rows_about_agreements() -> None:
    mild = replace(ONE_ROLE, id="DE-mild", unless_delineated=True)
    narrow = (registered, replace(DEALER[1], lines=("3-series",)), DEALER[2])
    under(*narrow, asked=rules(ONE_ROLE, mild)).when(bmw).refused("incompatible_roles", rule=EU_08)
    ruled = rules(ONE_ROLE, mild, ruling(ONE_ROLE.id, mild.id, selects=mild.id))
    assert under(*narrow, asked=ruled).when(bmw).refusal is None


def test_roles_with_lines_of_their_own_are_told_apart_where_the_row_lets_them() -> None:
    delineated = rules(replace(ONE_ROLE, unless_delineated=True))
    narrow = (registered, replace(DEALER[1], lines=("3-series",)), DEALER[2])
    assert under(*narrow, asked=delineated).when(bmw).refusal is None
    fleet = (registered, replace(DEALER[1], customers=("fleet",)), DEALER[2])
    assert under(*fleet, asked=delineated).when(replace(bmw, customers=("private",))).refusal is None
    under(*fleet, asked=delineated).when(bmw).refused("incompatible_roles", rule=EU_08)


def test_a_row_that_begins_later_forbids_what_goes_on_until_then() -> None:
    later = rules(replace(ONE_ROLE, validity=since("2027-01-01")))
    under(*DEALER, asked=later).when(bmw).refused("incompatible_roles", rule=EU_08)
    over = (registered, replace(DEALER[1], valid_to=date(2027, 1, 1)), DEALER[2])
    assert under(*over, asked=later).when(bmw).refusal is None
    both = (*DEALER, replace(offered, agreement_id=BMW_AGENT, brand="BMW"))
    under(*both, asked=later).when(replace(sign, agreement_id=BMW_AGENT)).flagged("incompatible_roles")


def test_a_role_that_ends_before_the_other_begins_forbids_nothing() -> None:
    over = (registered, replace(DEALER[1], valid_to=START), DEALER[2])
    assert under(*over).when(bmw).refusal is None


def test_notice_and_term_are_as_long_as_the_market_asks() -> None:
    under(registered).when(replace(offer, notice_months=23)).refused("notice_short", rule=EU_04)
    under(registered).when(replace(offer, valid_to=date(2031, 5, 31))).refused("term_short", rule=EU_04)
    under(registered).when(replace(offer, valid_to=date(2031, 6, 1), notice_months=0)).then(type(offered))
    told = under(registered).when(replace(report, notice_months=0))
    assert told.event(AgreementSigned).contradicts == ("notice_short",)


def test_the_list_of_costs_comes_two_weeks_before_the_start() -> None:
    in_time = NOON.replace(month=5, day=18)
    list_told = CostListDelivered(
        partner_id=PARTNER,
        agreement_id=MINI_AGENT,
        doc_sha256=sha("c"),
        medium="paper",
        delivered_on=date(2026, 5, 18),
    )
    under(registered, offered).when(told_costs, at=in_time).then(list_told)
    under(registered, offered, list_told).when(told_costs, at=in_time).nothing()
    under(registered, offered, list_told).when(sign, at=in_time + 3 * DAY).flagged()
    under(registered, offered).when(told_costs, at=in_time + DAY).flagged("late")
    under(registered, offered).when(sign, at=in_time).flagged()
    under(registered, offered).when(sign, at=in_time + DAY).flagged("costs_told_late")
    late = replace(list_told, delivered_on=date(2026, 5, 19), contradicts=("late",))
    under(registered, offered, late).when(sign, at=in_time + 2 * DAY).flagged("costs_told_late")
    given(registered, offered).when(sign, at=in_time + DAY).flagged()


def test_an_earlier_list_that_is_told_later_counts() -> None:
    late = given(registered, offered).when(told_costs, at=NOON + DAY).events[0][1]
    outcome = given(registered, offered, late).when(told_costs, at=NOON, now=NOON + 2 * DAY)
    agreement = outcome.after(Partner).agreement(MINI_AGENT)
    assert agreement is not None
    assert agreement.costs_told_on == TODAY
