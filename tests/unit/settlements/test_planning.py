"""Terms of pay, published version by version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.money import Money
from domain.settlements.planning import PlanPublished, PublishPlan, ReportPlan
from domain.settlements.state import Plan
from tests.examples import PLAN_ID, eur
from tests.story import given

publish = PublishPlan(
    plan_id=PLAN_ID,
    version=1,
    currency="EUR",
    base_rate_bp=550,
    handover_fee=eur(150),
    basis=("net_price",),
    earn_on="delivery",
    clawback_faults=("customer", "agent", "none"),
    zone="Europe/Berlin",
)
report = ReportPlan(**vars(publish))
published = PlanPublished(
    plan_id=PLAN_ID,
    version=1,
    currency="EUR",
    base_rate_bp=550,
    handover_fee=eur(150),
    basis=("net_price",),
    earn_on="delivery",
    clawback_faults=("customer", "agent", "none"),
    zone="Europe/Berlin",
)


def test_versions_follow_one_another() -> None:
    given().when(publish).then(published)
    given(published).when(replace(publish, version=2, base_rate_bp=500)).then(
        replace(published, version=2, base_rate_bp=500)
    )


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_version_is_not_published_twice_and_none_is_left_out(version: int) -> None:
    given(published).when(replace(publish, version=version)).refused("not_consecutive")


def test_a_plan_keeps_every_version() -> None:
    plan = given(published).when(replace(publish, version=2)).after(Plan)
    assert [terms.version for terms in plan.versions] == [1, 2]
    assert plan.versions[0] == published.terms


def test_an_agent_keeps_commission_when_the_maker_is_to_blame() -> None:
    given().when(replace(publish, clawback_faults=("principal",))).refused("unlawful_terms")


def test_what_somebody_else_published_is_recorded_as_it_is() -> None:
    given().when(report).then(published)
    harsh = replace(report, clawback_faults=("principal",))
    told = replace(published, clawback_faults=("principal",), contradicts=("principal_to_blame",))
    given().when(harsh).then(told)
    given(told).when(harsh).nothing()
    given(told).when(report).refused("not_consecutive")


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (replace(publish, base_rate_bp=-1), "rate"),
        (replace(publish, base_rate_bp=10_001), "rate"),
        (replace(publish, handover_fee=eur(-1)), "amount"),
        (replace(publish, handover_fee=Money(0, "GBP")), "currency"),
        (replace(publish, basis=()), "basis"),
        (replace(publish, basis=("net_price", "net_price")), "basis"),
        (replace(publish, zone="Berlin"), "zone"),
        (replace(publish, zone="../etc/passwd"), "zone"),
        (replace(publish, zone=""), "zone"),
    ],
)
def test_terms_are_what_they_must_be(terms: PublishPlan, code: str) -> None:
    given().when(terms).refused(code)
    given().when(ReportPlan(**vars(terms))).refused(code)
