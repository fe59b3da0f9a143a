"""What a switch costs: which commission lines stay, and which would be lost, if everybody agreed. Minor units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from domain.kernel import Recorded
from domain.markets.matrix import MATRIX
from domain.rehearsals.judging import Judgement
from domain.rehearsals.switching import happened_by
from domain.settlements.accruing import Engagement, all_lines
from domain.settlements.facts import CommissionFacts, Moment, evolve_facts
from domain.settlements.lines import LineType
from domain.settlements.novating import evolve_engagements
from domain.settlements.state import PlanTerms

Plans: TypeAlias = Mapping[tuple[UUID, int], PlanTerms]
Key: TypeAlias = tuple[UUID, LineType, str]
NO_EVENT = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCost:
    """One kind of line of an order: `kept_minor` is paid whatever is agreed, `lost_minor` only if the order runs
    off. Together they are what the partner gets without a novation."""

    partner_id: UUID
    line_type: LineType
    currency: str
    kept_minor: int
    lost_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerCost:
    """The lines of a partner in one currency, added up. `orders` are those with a line."""

    partner_id: UUID
    currency: str
    orders: int
    kept_minor: int
    lost_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Costed:
    """An order and its lines. `plans_missing`: terms that its contract names were never published, so what they
    would pay is not among the lines."""

    judgement: Judgement
    lines: tuple[LineCost, ...]
    plans_missing: bool


def plans_named(history: Iterable[Recorded]) -> frozenset[UUID]:
    """The plans by which an order pays or paid."""
    return frozenset(one.plan_id for one in _engaged(history) if one.plan_id)


def cost(history: Sequence[Recorded], judgement: Judgement, begins: datetime, plans: Plans) -> Costed:
    """What the order pays if it runs off, by all that the log tells of it, and what of that is lost if it does as
    the rehearsed rows want. `begins` is the first moment of the switch."""
    engaged = _engaged(history)
    today = _sums(engaged, plans)
    after = _after(history, judgement, begins, plans, today)
    lines = tuple(
        LineCost(
            partner_id=partner_id,
            line_type=line_type,
            currency=currency,
            kept_minor=after.get(key, 0),
            lost_minor=amount - after.get(key, 0),
        )
        for key, amount in today.items()
        for partner_id, line_type, currency in (key,)
        if amount or after.get(key, 0)
    )
    missing = any(one.agent_id and one.plan_id and _terms(one, plans) is None for one in engaged)
    return Costed(judgement=judgement, lines=lines, plans_missing=missing)


def by_partner(costed: Iterable[Costed]) -> tuple[PartnerCost, ...]:
    """What each partner keeps and loses, by his id and currency."""
    found: dict[tuple[UUID, str], PartnerCost] = {}
    for order in costed:
        for key in dict.fromkeys((line.partner_id, line.currency) for line in order.lines):
            mine = [line for line in order.lines if (line.partner_id, line.currency) == key]
            sofar = found.get(key) or PartnerCost(
                partner_id=key[0], currency=key[1], orders=0, kept_minor=0, lost_minor=0
            )
            found[key] = replace(
                sofar,
                orders=sofar.orders + 1,
                kept_minor=sofar.kept_minor + sum(line.kept_minor for line in mine),
                lost_minor=sofar.lost_minor + sum(line.lost_minor for line in mine),
            )
    return tuple(found[key] for key in sorted(found))


def _after(
    history: Sequence[Recorded],
    judgement: Judgement,
    begins: datetime,
    plans: Plans,
    today: Mapping[Key, int],
) -> Mapping[Key, int]:
    """What is paid if those agree who are asked, and what the rehearsed rows refuse is not sold so."""
    if judgement.outcome == "refused":
        return {}
    if judgement.outcome != "needs_consent" or "agent" in MATRIX[judgement.to_model].sellers:
        return today
    engaged = _engaged(happened_by(history, begins))
    left = (*engaged[:-1], replace(engaged[-1], novated=Moment(event_id=NO_EVENT, at=begins)))
    for one in history:
        if one.occurred_at >= begins:
            left = tuple(evolve_facts(facts, one) for facts in left)
    return _sums(left, plans)


def _engaged(history: Iterable[Recorded]) -> tuple[CommissionFacts, ...]:
    engaged: tuple[CommissionFacts, ...] = ()
    for one in history:
        engaged = evolve_engagements(engaged, one)
    return engaged or (CommissionFacts(),)


def _sums(engaged: Iterable[CommissionFacts], plans: Plans) -> dict[Key, int]:
    paying: list[Engagement] = [(one, terms) for one in engaged if (terms := _terms(one, plans))]
    sums: dict[Key, int] = {}
    for line in all_lines(paying):
        key = line.partner_id, line.line_type, line.amount.currency
        sums[key] = sums.get(key, 0) + line.amount.minor
    return sums


def _terms(facts: CommissionFacts, plans: Plans) -> PlanTerms | None:
    if facts.plan_id is None or facts.plan_version is None:
        return None
    return plans.get((facts.plan_id, facts.plan_version))
