"""Which distribution model a maker adopts. A plan is never in force by itself: only a step that adopts it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from domain.markets.claims import EVERYTHING, WEAK, Claim, Confidence, Selectors
from domain.markets.validity import Moment, Validity

DistributionModel = Literal[
    "franchise", "agency_genuine", "agency_non_genuine", "direct", "pool", "undetermined"
]
StepKind = Literal["announced", "postponed", "adopted", "withdrawn", "reversed"]

# What may come after what; "" is the beginning.
FOLLOWS: Final[dict[str, frozenset[str]]] = {
    "": frozenset({"announced", "adopted"}),
    "announced": frozenset({"announced", "postponed", "adopted", "withdrawn"}),
    "postponed": frozenset({"postponed", "adopted", "withdrawn"}),
    "adopted": frozenset({"reversed"}),
    "withdrawn": frozenset({"announced"}),
    "reversed": frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a plan: told on a day, effective from another. None: it names no day (only a postponement
    or a withdrawal may). "" and None in the others mean: as the plan says; a step was made public when it
    was told."""

    step: StepKind
    on: Moment
    effective: Moment | None = None
    confidence: Confidence | None = None
    source: str = ""
    published_on: date | None = None
    says: str = ""

    @property
    def public_on(self) -> date:
        return self.published_on or self.on.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution(Claim):
    """The maker sells in this market by this model: in `validity`, or from the step that adopts it to the one
    that reverses it."""

    model: DistributionModel
    speaks_of: Selectors = EVERYTHING
    validity: Validity | None = None
    steps: tuple[Step, ...] = ()

    @property
    def value(self) -> DistributionModel:
        return self.model


def adopted(plan: Distribution) -> Distribution | None:
    """The plan as a claim that is in force, None if no step adopts it. It has the source and confidence of the
    step that does."""
    begins = _last(plan, "adopted")
    if begins is None or begins.effective is None:
        return None
    ends = _last(plan, "reversed")
    end = ends.effective if ends else None
    if ends and end and end.by:
        end = Moment(end.maybe(ends.public_on), end.last)  # not yet when the reversal was told
    if ends and end and (ends.confidence or plan.confidence) in WEAK:
        # A weak step ends nothing for sure: else it would take away what refuses, and so permit.
        end = Moment(end.first, date.max)
    return Distribution(
        id=plan.id,
        confidence=begins.confidence or plan.confidence,
        source=begins.source or plan.source,
        published_on=begins.public_on,
        verified_on=plan.verified_on,
        review_by=plan.review_by,
        author=plan.author,
        reason=plan.reason,
        says=begins.says or plan.says,
        model=plan.model,
        speaks_of=plan.speaks_of,
        validity=Validity(begins.effective, end),
    )


def misplaced(steps: tuple[Step, ...]) -> Iterator[tuple[int, str]]:
    """The steps that cannot stand where they do, by their number from 0, and why."""
    before, told = "", date.min
    for number, step in enumerate(steps):
        if step.step not in FOLLOWS[before]:
            yield number, f"a plan cannot be {step.step} " + (f"after it was {before}" if before else "first")
        if step.on.last < told:
            yield number, f"it was {step.step} on {step.on}, before the step above it"
        if step.effective is None and step.step in {"announced", "adopted", "reversed"}:
            yield number, f"a step that is {step.step} needs the day from which it is `effective`"
        before, told = step.step, step.on.first


def _last(plan: Distribution, kind: StepKind) -> Step | None:
    return next((step for step in reversed(plan.steps) if step.step == kind), None)
