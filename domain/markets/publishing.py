"""What was public on a day: claims, steps of plans and rulings by the date on which they were told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TypeVar

from domain.markets.claims import Assignment, Law, Network, Policy, Terms
from domain.markets.plans import Distribution
from domain.markets.rows import MarketRows
from domain.partners.rules import Appointing, Incompatible

C = TypeVar("C", Law, Network, Terms, Assignment, Policy, Incompatible, Appointing)


def published(rows: MarketRows, by: date) -> MarketRows:
    """The rows of a place as far as they were public on a day."""
    return replace(
        rows,
        laws=_public(rows.laws, by),
        networks=_public(rows.networks, by),
        distributions=tuple(plan for each in rows.distributions if (plan := _plan(each, by))),
        terms=_public(rows.terms, by),
        assignments=_public(rows.assignments, by),
        policies=_public(rows.policies, by),
        incompatible=_public(rows.incompatible, by),
        appointing=_public(rows.appointing, by),
        rulings=tuple(ruling for ruling in rows.rulings if ruling.on <= by),
    )


def _public(claims: Iterable[C], by: date) -> tuple[C, ...]:
    return tuple(claim for claim in claims if claim.published_on <= by)


def _plan(plan: Distribution, by: date) -> Distribution | None:
    if not plan.steps:
        return plan if plan.published_on <= by else None
    steps = tuple(step for step in plan.steps if step.public_on <= by)
    return replace(plan, steps=steps) if steps else None
