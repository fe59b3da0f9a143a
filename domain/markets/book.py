"""The rows of a place as a book has loaded them: one stream a place, in the network family.

`LoadMarket` yields the difference between a file and what was loaded before, so loading it again changes nothing.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final
from uuid import UUID, uuid5

from domain.context import Context
from domain.kernel import Decision, Event, Family, Recorded, Refused, Request, State, States, Stream, replace
from domain.markets import checking
from domain.markets.claims import Assignment, Law, Network, Place, Policy, Terms
from domain.markets.plans import Distribution, DistributionModel, Step, StepKind
from domain.markets.resolver import Markets
from domain.markets.rows import AnyClaim, MarketRows, Row, with_row, without
from domain.markets.rulings import Ruling
from domain.markets.ties import networks_of
from domain.partners.rules import Appointing, Incompatible

BOOKS: Final = UUID("0f6d1c5e-6a53-5b1e-9a53-0d6d6b1f7f10")


def book_id(market: str) -> UUID:
    """The id of the stream of a place, the same in every book."""
    return uuid5(BOOKS, market)


@dataclass(frozen=True)
class MarketBook(State):
    """What was loaded of one place."""

    family: ClassVar[Family] = "network"
    rows: MarketRows = field(default_factory=MarketRows)


class MarketEvent(Event, of=MarketBook):
    """Something that was loaded for one place."""

    @abstractmethod
    def evolve(self, book: MarketBook, /) -> MarketBook: ...


class MarketDescribed(MarketEvent):
    """The first event of a place: its code, and its clock and money if it is a market."""

    place_code: str
    place: Place | None

    def evolve(self, book: MarketBook, /) -> MarketBook:
        rows = dataclasses.replace(book.rows, market=self.place_code, place=self.place)
        return replace(book, market=self.place_code, rows=rows)


class MarketClaimRecorded(MarketEvent):
    """A claim, new or in place of the one with its id; just one of the kinds is set. A distribution model is
    recorded without its steps: they are events of their own, and follow."""

    claim_id: str
    law: Law | None = None
    network: Network | None = None
    distribution: Distribution | None = None
    terms: Terms | None = None
    assignment: Assignment | None = None
    policy: Policy | None = None
    incompatible: Incompatible | None = None
    appointing: Appointing | None = None

    def evolve(self, book: MarketBook, /) -> MarketBook:
        kinds: tuple[AnyClaim | None, ...] = (
            self.law,
            self.network,
            self.distribution,
            self.terms,
            self.assignment,
            self.policy,
            self.incompatible,
            self.appointing,
        )
        claim = next((one for one in kinds if one is not None), None)
        return replace(book, rows=with_row(book.rows, claim)) if claim else book


class MarketClaimWithdrawn(MarketEvent):
    """Nobody claims this any more; or a ruling of this id is taken back."""

    claim_id: str
    author: str
    reason: str

    def evolve(self, book: MarketBook, /) -> MarketBook:
        return replace(book, rows=without(book.rows, self.claim_id))


class MarketRuled(MarketEvent):
    """Two people decided between claims, or said that a court has them."""

    ruling: Ruling

    def evolve(self, book: MarketBook, /) -> MarketBook:
        return replace(book, rows=with_row(book.rows, self.ruling))


class PlanEvent(MarketEvent, of=MarketBook):
    """A step of the plan that is recorded under `claim_id`."""

    claim_id: str
    brands: tuple[str, ...]
    lines: tuple[str, ...]
    distribution_model: DistributionModel
    step: Step

    def evolve(self, book: MarketBook, /) -> MarketBook:
        plans = tuple(
            dataclasses.replace(plan, steps=(*plan.steps, self.step)) if plan.id == self.claim_id else plan
            for plan in book.rows.distributions
        )
        return replace(book, rows=dataclasses.replace(book.rows, distributions=plans))


class DistributionModelAnnounced(PlanEvent):
    """The maker said that it will adopt the model; nothing is in force by that."""


class DistributionModelPostponed(PlanEvent):
    """The maker put it off: to `effective`, or to no day at all."""


class DistributionModelActivated(PlanEvent):
    """The maker adopted the model: it is in force from `effective`."""


class DistributionModelWithdrawn(PlanEvent):
    """The maker gave the plan up before it was adopted."""


class DistributionModelReversed(PlanEvent):
    """The maker ends what it had adopted, from `effective`."""


STEPS: Final[dict[StepKind, type[PlanEvent]]] = {
    "announced": DistributionModelAnnounced,
    "postponed": DistributionModelPostponed,
    "adopted": DistributionModelActivated,
    "withdrawn": DistributionModelWithdrawn,
    "reversed": DistributionModelReversed,
}


class LoadMarket(Request):
    """Load the rows of one place, whole: what is new or changed is recorded, what is missing withdrawn, by
    `author`, for `reason`. The same rows again change nothing."""

    rows: MarketRows
    author: str
    reason: str

    def reads(self) -> tuple[Stream[State], ...]:
        return (Stream(MarketBook, book_id(self.rows.market)),)

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(MarketBook, book_id(self.rows.market))
        for name in ("author", "reason"):
            if not getattr(self, name).strip():
                raise Refused("market_rows", "{name} is empty: say who loads this, and why", name=name)
        fit(self.rows, context.markets)
        for event in difference(states[stream].rows, self.rows, author=self.author, reason=self.reason):
            yield stream, event


def fit(rows: MarketRows, markets: Markets) -> None:
    """Look whether the rows of a place can come into these markets.

    Raises:
        Refused: `market_rows`, telling all that is wrong with them, and beside the rows of other places.
    """
    after = markets.overlaid([rows])
    networks = networks_of(after.rows.values())
    found = checking.faults(rows, after.regions, after.calendars, networks)
    found += checking.elsewhere(rows, markets.rows, after.rows, after.regions)
    if found:
        raise Refused(
            "market_rows",
            "the rows of {market} cannot be: {faults}",
            market=rows.market,
            faults="; ".join(str(fault) for fault in found),
        )


def difference(before: MarketRows, after: MarketRows, *, author: str, reason: str) -> Iterator[MarketEvent]:
    """What happens to the rows of a place when these others are loaded."""
    if (before.market, before.place) != (after.market, after.place):
        yield MarketDescribed(place_code=after.market, place=after.place)
    old: dict[str, Row] = {row.id: row for row in (*before.claims(), *before.rulings)}
    new = {row.id for row in (*after.claims(), *after.rulings)}
    for gone in [row for row in old if row not in new]:
        yield MarketClaimWithdrawn(claim_id=gone, author=author, reason=reason)
    for claim in after.claims():
        if isinstance(claim, Distribution):
            yield from _plan(old.get(claim.id), claim)
        elif claim != old.get(claim.id):
            yield _recorded(claim)
    for ruling in after.rulings:
        if ruling != old.get(ruling.id):
            yield MarketRuled(ruling=ruling)


def whole(history: Iterable[Recorded], position: int) -> list[Recorded]:
    """The history of a place as of a position, whole loads alone: one that goes on after it is not there yet."""
    told = list(history)
    later = {recorded.command_id for recorded in told if recorded.position > position}
    return [one for one in told if one.position <= position and one.command_id not in later]


def known(markets: Markets, history: Iterable[Recorded]) -> Markets:
    """The markets as a log knows them by these events: of places that were never loaded there, the rows of
    `markets` answer. Events of other families are passed over."""
    books: dict[UUID, MarketBook] = {}
    for recorded in history:
        if isinstance(recorded.event, MarketEvent):
            books[recorded.stream_id] = recorded.event.evolve(books.get(recorded.stream_id, MarketBook()))
    return markets.overlaid(book.rows for book in books.values())


def _plan(before: Row | None, plan: Distribution) -> Iterator[MarketEvent]:
    """A plan goes on where it stood, or begins anew if what was told of it before has changed."""
    told = 0
    if isinstance(before, Distribution) and _bare(before) == _bare(plan):
        told = len(before.steps)
    if not told or not isinstance(before, Distribution) or before.steps != plan.steps[:told]:
        if before == plan:
            return
        told = 0
        yield _recorded(_bare(plan))
    for step in plan.steps[told:]:
        yield STEPS[step.step](
            claim_id=plan.id,
            brands=plan.speaks_of.brands,
            lines=plan.speaks_of.lines,
            distribution_model=plan.model,
            step=step,
        )


def _bare(plan: Distribution) -> Distribution:
    return dataclasses.replace(plan, steps=())


def _recorded(claim: AnyClaim) -> MarketClaimRecorded:
    match claim:
        case Law():
            return MarketClaimRecorded(claim_id=claim.id, law=claim)
        case Network():
            return MarketClaimRecorded(claim_id=claim.id, network=claim)
        case Distribution():
            return MarketClaimRecorded(claim_id=claim.id, distribution=claim)
        case Terms():
            return MarketClaimRecorded(claim_id=claim.id, terms=claim)
        case Assignment():
            return MarketClaimRecorded(claim_id=claim.id, assignment=claim)
        case Policy():
            return MarketClaimRecorded(claim_id=claim.id, policy=claim)
        case Incompatible():
            return MarketClaimRecorded(claim_id=claim.id, incompatible=claim)
        case Appointing():
            return MarketClaimRecorded(claim_id=claim.id, appointing=claim)
