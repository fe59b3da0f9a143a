"""Four layers, and all must say yes: small books of rows, and the answers they give."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from domain.kernel import Refused, Rule
from domain.markets.answers import UNDETERMINED
from domain.markets.questions import line_of
from tests.unit.markets.claimed import (
    OHIO,
    ask,
    law,
    markets_of,
    network,
    plan,
    policy,
    rows_of,
    ruling,
    sells,
    step,
    terms,
)

FRANCHISE: Final = sells("franchise")

AGENCY: Final = sells("agency_genuine")


def test_a_lone_claim_decides_at_its_confidence() -> None:
    answer = markets_of(AGENCY).resolve(ask())
    assert answer.allowed
    assert (answer.distribution_model, answer.allowed_roles) == ("agency_genuine", ("agent", "maker"))
    assert (answer.seller_of_record, answer.confidence) == ("maker", "M")
    assert (answer.ground, answer.grounds, answer.decided_by) == (None, (), ("DE-agency_genuine",))
    assert answer.not_asked == ("agreement", "licence")


def test_whom_the_model_leaves_out_is_refused_by_the_makers_policy() -> None:
    answer = markets_of(FRANCHISE).resolve(ask(seller="maker"))
    assert not answer.allowed
    assert (answer.ground, answer.precautionary, answer.rule) == ("maker_policy", False, Rule("EU-01", 1))
    assert answer.allowed_roles == ("dealer",)


def test_without_a_row_nothing_is_determined() -> None:
    answer = markets_of(FRANCHISE).resolve(ask(brand="ZONDA"))
    assert (answer.distribution_model, answer.ground, answer.rule) == (
        "undetermined",
        "undetermined",
        UNDETERMINED,
    )
    assert (answer.seller_of_record, answer.confidence, answer.decided_by) == ("nobody", None, ())


def test_a_market_without_a_place_is_unknown() -> None:
    with pytest.raises(Refused, match="no market US: name one of DE, US-OH") as refusal:
        markets_of(rows_of(market="US", place=None), rows_of(market="US-OH", place=OHIO)).resolve(
            ask(market="US")
        )
    assert refusal.value.code == "unknown_market"


@pytest.mark.parametrize(
    "change", [{"confidence": "L"}, {"confidence": "GK"}, {"review_by": date(2026, 11, 30)}]
)
def test_a_weak_row_names_the_model_and_lets_nobody_sell(change: dict[str, Any]) -> None:
    markets = markets_of(sells("franchise", **change))
    dealer = markets.resolve(ask(seller="dealer"))
    assert (dealer.allowed, dealer.ground, dealer.precautionary) == (False, "undetermined", False)
    maker = markets.resolve(ask(seller="maker"))
    assert (maker.allowed, maker.ground, maker.precautionary) == (False, "maker_policy", True)
    anybody = markets.resolve(ask())
    assert (anybody.allowed, anybody.allowed_roles, anybody.distribution_model) == (False, (), "franchise")


def test_a_row_is_overdue_by_the_day_asked_about_and_not_by_any_clock() -> None:
    markets = markets_of(AGENCY)
    assert markets.resolve(ask(on=date(2027, 11, 22))).allowed
    assert not markets.resolve(ask(on=date(2027, 11, 23))).allowed


def test_claims_that_disagree_decide_nothing_until_a_ruling() -> None:
    rows = sells("direct", row="DE-article"), sells("franchise", row="DE-press", confidence="L")
    answer = markets_of(*rows).resolve(ask())
    assert (answer.distribution_model, answer.ground) == ("undetermined", "undetermined")
    assert answer.decided_by == ("DE-article", "DE-press")
    ruled = markets_of(*rows, ruling("DE-article", "DE-press", selects="DE-article")).resolve(ask())
    assert (ruled.allowed, ruled.distribution_model, ruled.decided_by) == (True, "direct", ("DE-article",))


def test_a_ruling_lends_a_claim_no_confidence() -> None:
    rows = sells("direct", row="DE-article"), sells("franchise", row="DE-press", confidence="L")
    ruled = markets_of(*rows, ruling("DE-article", "DE-press", selects="DE-press")).resolve(ask())
    assert (ruled.allowed, ruled.distribution_model, ruled.confidence) == (False, "franchise", "L")


def test_what_a_court_has_before_it_is_undetermined() -> None:
    answer = markets_of(FRANCHISE, ruling("DE-franchise")).resolve(ask())
    assert (answer.distribution_model, answer.decided_by) == ("undetermined", ("DE-franchise",))


def test_claims_that_agree_decide_at_the_strongest() -> None:
    weaker = sells("agency_genuine", row="DE-rumour", confidence="GK")
    answer = markets_of(AGENCY, weaker).resolve(ask())
    assert (answer.allowed, answer.confidence, answer.decided_by) == (True, "M", ("DE-agency_genuine",))


def test_the_most_specific_row_decides() -> None:
    markets = markets_of(
        FRANCHISE,
        sells("agency_genuine", row="DE-line", lines=("cooper",)),
        sells("direct", row="DE-fleet", lines=("cooper",), customers=("fleet",)),
    )
    assert markets.resolve(ask()).distribution_model == "franchise"
    assert markets.resolve(ask(line="cooper")).distribution_model == "agency_genuine"
    assert markets.resolve(ask(line="cooper", customer_type="fleet")).distribution_model == "direct"


def test_a_row_with_powertrains_does_not_match_an_unknown_one() -> None:
    markets = markets_of(FRANCHISE, sells("direct", row="DE-electric", powertrains=("BEV",)))
    assert markets.resolve(ask()).distribution_model == "franchise"
    assert markets.resolve(ask(powertrain="BEV")).distribution_model == "direct"


def test_an_imprecise_date_counts_only_where_every_reading_agrees() -> None:
    markets = markets_of(sells("franchise", "2020", "2024"), sells("agency_genuine", "2024"))
    found = [markets.resolve(ask(on=date(year, 6, 1))).distribution_model for year in (2023, 2024, 2025)]
    assert found == ["franchise", "undetermined", "agency_genuine"]
    same = markets_of(sells("franchise", row="DE-line", lines=("x",), begins="2026"), FRANCHISE)
    assert same.resolve(ask(line="x")).allowed


def test_a_plan_is_in_force_only_when_it_is_adopted() -> None:
    announced = step("announced", "2022-11-03", "from 2024")
    postponed = step("postponed", "2024-01-23", "2024-10-01")
    taken = step("adopted", "2024-10-01", "2024-10-01")
    ended = step("reversed", "2025-12", "2026-06-01")
    late = ask(on=date(2026, 5, 31))
    for steps, model in (
        ((announced,), "franchise"),
        ((announced, postponed), "franchise"),
        ((announced, postponed, taken), "agency_genuine"),
        ((announced, postponed, step("withdrawn", "2024-05-05")), "franchise"),
        ((taken, ended), "agency_genuine"),
    ):
        markets = markets_of(FRANCHISE, plan("agency_genuine", *steps, ages=("new",)))
        assert markets.resolve(late).distribution_model == model
        if ended in steps:
            assert markets.resolve(ask(on=date(2026, 6, 1))).distribution_model == "franchise"


def test_what_was_published_by_a_day_is_another_question() -> None:
    markets = markets_of(
        FRANCHISE, plan("agency_genuine", step("adopted", "2024-07-29", "2024-10-01"), ages=("new",))
    )
    assert markets.resolve(ask()).distribution_model == "agency_genuine"
    before = ask(published_by=date(2024, 7, 28))
    assert markets.resolve(before).distribution_model == "franchise"
    assert markets.resolve(ask(published_by=date(2019, 12, 31))).distribution_model == "undetermined"


def test_law_permits_what_no_row_forbids() -> None:
    answer = markets_of(AGENCY, law("forbids", sellers=("agent",))).resolve(ask())
    assert (answer.allowed, answer.allowed_roles) == (True, ("maker",))


def test_the_grounds_are_told_apart() -> None:
    markets = markets_of(FRANCHISE, law("forbids", sellers=("maker",)))
    answer = markets.resolve(ask(seller="maker"))
    assert (answer.ground, answer.grounds, answer.rule) == ("law", ("law", "maker_policy"), Rule("XX-01", 1))
    assert answer.decided_by == ("DE-forbids", "DE-franchise")
    assert [(one.ground, one.says) for one in answer.layers] == [
        ("law", "no"),
        ("contract", "not_asked"),
        ("maker_policy", "no"),
        ("licence", "not_asked"),
    ]


def test_the_model_stands_in_the_answer_also_where_law_forbids_it() -> None:
    answer = markets_of(sells("direct"), law("forbids", sellers=("maker",))).resolve(ask())
    assert (answer.allowed, answer.distribution_model, answer.ground) == (False, "direct", "law")


def test_a_weak_prohibition_refuses_as_a_precaution() -> None:
    answer = markets_of(sells("direct"), law("forbids", confidence="L")).resolve(ask())
    assert (answer.allowed, answer.ground, answer.precautionary) == (False, "law", True)


def test_the_place_that_a_law_tests_counts() -> None:
    ohio = rows_of(
        law("forbids", row="US-OH-title", tests="title"),
        law("permits", row="US-OH-contract"),
        sells("direct", row="US-OH-direct"),
        market="US-OH",
        place=OHIO,
    )
    markets = markets_of(sells("direct"), ohio)
    assert markets.resolve(ask()).allowed
    assert not markets.resolve(ask(title="US-OH")).allowed
    assert not markets.resolve(ask(market="US-OH")).allowed
    assert markets.resolve(ask(market="US-OH", title="US-IN")).allowed
    with pytest.raises(Refused, match="title: there is no place US-ZZ"):
        markets.resolve(ask(title="US-ZZ"))


def test_a_state_needs_a_row_that_permits() -> None:
    direct = sells("direct", row="US-OH-direct")
    assert markets_of(rows_of(direct, market="US-OH", place=OHIO)).resolve(ask(market="US-OH")).ground == (
        "undetermined"
    )
    permitted = rows_of(direct, law("permits", row="US-OH-law"), market="US-OH", place=OHIO)
    assert markets_of(permitted).resolve(ask(market="US-OH")).allowed
    weak = rows_of(direct, law("permits", row="US-OH-law", confidence="GK"), market="US-OH", place=OHIO)
    answer = markets_of(weak).resolve(ask(market="US-OH"))
    assert (answer.allowed, answer.ground, answer.precautionary) == (False, "undetermined", False)


def test_rows_of_a_country_reach_its_parts_and_the_nearer_law_decides() -> None:
    country = rows_of(sells("direct", row="US-direct"), law("forbids", row="US-law"), market="US", place=None)
    state = rows_of(law("permits", row="US-OH-law"), market="US-OH", place=OHIO)
    answer = markets_of(country, state).resolve(ask(market="US-OH"))
    assert (answer.allowed, answer.decided_by) == (True, ("US-OH-law", "US-direct"))


def test_the_network_of_the_maker_selects_the_law() -> None:
    rows = (
        sells("direct", brands=("MINI", "TESLA", "LUCID")),
        law("forbids", row="DE-a", network="franchised"),
        law("permits", row="DE-b", network="never_franchised"),
        network("franchised", "MINI"),
        network("never_franchised", "TESLA", row="DE-network-2"),
    )
    markets = markets_of(*rows)
    assert markets.resolve(ask()).decided_by == ("DE-a", "DE-network", "DE-direct")
    assert markets.resolve(ask(brand="TESLA")).allowed
    assert markets.resolve(ask(brand="LUCID")).allowed, "nothing forbids it, and no state is asked"


def test_two_laws_that_dispute_a_day_leave_it_open_between_them() -> None:
    markets = markets_of(
        sells("direct"),
        law("forbids", row="DE-before"),
        law("permits", "2026-10-01", row="DE-summary", powertrains=("BEV",)),
        law("permits", "2027-Q1", row="DE-press", powertrains=("BEV",), disputes="DE-summary"),
    )
    days = date(2026, 9, 30), date(2026, 10, 1), date(2027, 3, 31), date(2027, 4, 1)
    found = [markets.resolve(ask(on=day, powertrain="BEV")).ground for day in days]
    assert found == ["law", "undetermined", "undetermined", None]


def test_a_region_gives_law_and_terms_while_the_country_is_a_member() -> None:
    gb = replace(OHIO, market="GB", sales_rule="EU-01")
    union = rows_of(
        law("forbids", row="EU-law", begins="2000-01-01"), terms(row="EU-terms"), market="EU", place=None
    )
    british = rows_of(sells("direct", "2000-01-01", row="GB-direct"), market="GB", place=gb)
    markets = markets_of(sells("direct"), union, british)
    assert markets.resolve(ask()).ground == "law"
    before, after = date(2020, 1, 31), date(2020, 2, 1)
    assert markets.resolve(ask(market="GB", on=before)).ground == "law"
    assert markets.resolve(ask(market="GB", on=after)).allowed
    assert markets.resolve(ask(market="GB", on=before)).withdrawal
    assert markets.resolve(ask(market="GB", on=after)).withdrawal is None


def test_a_policy_sends_the_undetermined_the_way_of_a_franchise() -> None:
    assert markets_of(policy()).resolve(ask()).allowed_roles == ("dealer",)
    assert markets_of(policy(confidence="GK")).resolve(ask()).ground == "undetermined"
    disagree = sells("direct", row="DE-a"), sells("franchise", row="DE-b")
    assert markets_of(*disagree, policy()).resolve(ask()).decided_by == ("DE-policy",)


def test_a_weak_row_cannot_make_a_policy_permit_what_a_strong_one_refuses() -> None:
    strong, weak = sells("direct"), sells("franchise", row="DE-rumour", confidence="GK")
    assert not markets_of(strong, policy()).resolve(ask(seller="dealer")).allowed
    assert not markets_of(strong, weak, policy()).resolve(ask(seller="dealer")).allowed


def test_nor_does_a_policy_permit_what_an_imprecise_day_leaves_open() -> None:
    vague = sells("direct", "2026")
    assert markets_of(vague, policy()).resolve(ask()).ground == "undetermined"


@pytest.mark.parametrize(("customer", "days"), [("private", 14), ("fleet", 0)])
def test_the_right_to_withdraw_is_the_consumers(customer: Any, days: int) -> None:
    withdrawal = markets_of(FRANCHISE, terms()).resolve(ask(customer_type=customer)).withdrawal
    assert withdrawal is not None
    assert (withdrawal.days, withdrawal.row) == (days, "DE-terms")


def test_terms_that_disagree_give_no_order_anything() -> None:
    markets = markets_of(FRANCHISE, terms(), terms(30, row="DE-other"))
    assert markets.resolve(ask()).withdrawal is None
    with pytest.raises(Refused, match="no row determines the terms of DE"):
        markets.governs(ask())


def test_a_line_is_a_slug() -> None:
    assert [line_of(name) for name in ("3 Series", "ID.3", "i3", "Cooper SE", "Škoda Enyaq")] == [
        "3-series",
        "id3",
        "i3",
        "cooper-se",
        "skoda-enyaq",
    ]
