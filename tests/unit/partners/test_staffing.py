"""People and their roles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.partners.staffing import AssignRole, EndRole, RoleAssigned, RoleEnded
from domain.partners.state import Partner, Skill
from tests.examples import SITE_ID, sha
from tests.story import given
from tests.unit.partners.network import PARTNER, SELLER, TECHNICIAN, registered, seller, site

assign = AssignRole(partner_id=PARTNER, person_id=SELLER, role="seller", since=date(2025, 1, 1))
technician = AssignRole(
    partner_id=PARTNER,
    person_id=TECHNICIAN,
    role="technician",
    since=date(2025, 1, 1),
    skills=(Skill(code="high-voltage-2", proof_sha256=sha("d"), valid_to=date(2027, 1, 1)),),
)
end = EndRole(partner_id=PARTNER, person_id=SELLER, role="seller", until=date(2026, 4, 1))
ended = RoleEnded(partner_id=PARTNER, person_id=SELLER, role="seller", until=date(2026, 4, 1))


def test_a_person_takes_up_a_role_and_leaves_it() -> None:
    given(registered).when(assign).then(seller)
    given(registered, seller).when(assign).refused("exists")
    given(registered, seller).when(end).then(ended)
    given(registered, seller, ended).when(end).refused("unknown_role")
    partner = given(registered, seller).when(end).after(Partner)
    last = date(2026, 3, 31)
    assert partner.works_as(SELLER, "seller", last)
    assert not partner.works_as(SELLER, "seller", last + timedelta(days=1))
    assert not partner.works_as(SELLER, "driver", last)
    assert not partner.works_as(SELLER, "seller", date(2024, 12, 31))


def test_who_left_may_come_back() -> None:
    again = replace(assign, since=date(2026, 9, 1))
    partner = given(registered, seller, ended).when(again).after(Partner)
    assert [post.until for post in partner.posts] == [date(2026, 4, 1), None]


def test_a_person_has_several_roles_and_a_technician_his_skills() -> None:
    told = given(registered, seller).when(technician).event(RoleAssigned)
    assert told.skills[0].code == "high-voltage-2"
    given(registered, seller).when(replace(assign, role="driver")).then(RoleAssigned)
    given(registered).when(replace(assign, skills=technician.skills)).refused("skills")


def test_a_role_at_a_site_needs_the_site() -> None:
    here = replace(assign, site_id=SITE_ID)
    given(registered).when(here).refused("unknown_site")
    given(registered, site).when(here).then(replace(seller, site_id=SITE_ID))


@pytest.mark.parametrize(
    ("skill", "code", "field"),
    [
        ({"proof_sha256": "paper"}, "sha256", "skills[0].proof_sha256"),
        ({"valid_to": date(2025, 1, 1)}, "period", "skills[0].valid_to"),
    ],
)
def test_a_skill_is_proven(skill: dict[str, object], code: str, field: str) -> None:
    (proven,) = technician.skills
    wrong = replace(technician, skills=(replace(proven, **skill),))  # type: ignore[arg-type]
    assert field in str(given(registered).when(wrong).refused(code).refusal)
    given(registered).when(replace(technician, skills=(proven, proven))).refused("named_twice")


def test_a_role_ends_after_it_began() -> None:
    refused = given(registered, seller).when(replace(end, until=date(2025, 1, 1))).refused("period")
    assert "until" in str(refused.refusal)
