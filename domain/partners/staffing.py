"""People take up roles with a partner. They are known by opaque ids; who they are stands elsewhere.

A seller may earn; a product genius explains and never does; a technician has skills; a driver fetches cars.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as with_changes
from datetime import date
from uuid import UUID

from domain.checks import hashes
from domain.context import Context
from domain.kernel import Refused, replace
from domain.partners.asking import PartnerRequest, named_once, period
from domain.partners.state import Partner, PartnerEvent, Post, Skill, StaffRole


class RoleAssigned(PartnerEvent):
    """From `since` on this person works in this role; at one site, or at all if none is named."""

    person_id: UUID
    role: StaffRole
    since: date
    site_id: UUID | None
    skills: tuple[Skill, ...]

    def evolve(self, partner: Partner, /) -> Partner:
        post = Post(
            person_id=self.person_id,
            role=self.role,
            since=self.since,
            site_id=self.site_id,
            skills=self.skills,
        )
        return replace(partner, posts=(*partner.posts, post))


class RoleEnded(PartnerEvent):
    """`until` is the first day on which this person does not work in this role any more."""

    person_id: UUID
    role: StaffRole
    until: date

    def evolve(self, partner: Partner, /) -> Partner:
        posts = tuple(
            with_changes(post, until=self.until)
            if (post.person_id, post.role, post.until) == (self.person_id, self.role, None)
            else post
            for post in partner.posts
        )
        return replace(partner, posts=posts)


class AssignRole(PartnerRequest):
    """Give a person a role. Skills are for technicians, and each has the certificate that proves it."""

    person_id: UUID
    role: StaffRole
    since: date
    site_id: UUID | None = None
    skills: tuple[Skill, ...] = ()

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        if self.skills and self.role != "technician":
            raise Refused("skills", "skills are a technician's, and role is {role}", role=self.role)
        named_once(skills=tuple(skill.code for skill in self.skills))
        for index, skill in enumerate(self.skills):
            hashes(**{f"skills[{index}].proof_sha256": skill.proof_sha256})
            period(self.since, skill.valid_to, named=("since", f"skills[{index}].valid_to"))
        if _post(partner, self.person_id, self.role) is not None:
            raise Refused("exists", "person_id names somebody who works as {role} already", role=self.role)
        if self.site_id is not None and all(site.site_id != self.site_id for site in partner.facts.sites):
            raise Refused(
                "unknown_site", "site_id {site_id} names no site of this partner", site_id=self.site_id
            )
        yield RoleAssigned(
            partner_id=self.partner_id,
            person_id=self.person_id,
            role=self.role,
            since=self.since,
            site_id=self.site_id,
            skills=self.skills,
        )


class EndRole(PartnerRequest):
    """A person leaves a role; `until` is the first day after."""

    person_id: UUID
    role: StaffRole
    until: date

    def happens(self, partner: Partner, context: Context) -> Iterator[PartnerEvent]:
        post = _post(partner, self.person_id, self.role)
        if post is None:
            raise Refused("unknown_role", "person_id names nobody who works as {role} here", role=self.role)
        period(post.since, self.until, named=("since", "until"))
        yield RoleEnded(
            partner_id=self.partner_id, person_id=self.person_id, role=self.role, until=self.until
        )


def _post(partner: Partner, person_id: UUID, role: StaffRole) -> Post | None:
    """The post that this person holds until further notice."""
    return next(
        (
            post
            for post in partner.posts
            if (post.person_id, post.role, post.until) == (person_id, role, None)
        ),
        None,
    )
