"""What each layer says of one party: law, agreement, the maker's own choice, licence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from domain.markets.answers import Ground, Says
from domain.markets.claims import UNCONDITIONAL, Effect, Law, NetworkKind, Tested
from domain.markets.conditions import Kept, kept
from domain.markets.matrix import MATRIX
from domain.markets.plans import DistributionModel
from domain.markets.questions import Question
from domain.markets.regions import country
from domain.markets.scopes import TESTED, Ready, Scope
from domain.markets.weighing import Reading, Weighed, weigh
from domain.words import Party

AnyReady: TypeAlias = Ready[Effect] | Ready[NetworkKind] | Ready[DistributionModel]


class Verdict(NamedTuple):
    """One layer's word on one party. `rows` decided, or could not."""

    ground: Ground
    says: Says
    precautionary: bool = False
    rows: tuple[AnyReady, ...] = ()
    not_asked: tuple[str, ...] = ()


class Tests(NamedTuple):
    """A place that a law may test, as what; the rows of that place, and which network the brand has there."""

    tested: Tested
    scope: Scope
    network: Weighed[NetworkKind]

    def kept(self, row: Ready[Effect], question: Question) -> Kept:
        """How the seller stands to the conditions of a law of the place."""
        return kept(row, question, network=self.network, makers=self.scope.makers)


NO_AGREEMENT: Final = Verdict("contract", "not_asked", not_asked=("agreement",))
NO_LICENCE: Final = Verdict("licence", "not_asked", not_asked=("licence",))
OWN_AGREEMENT: Final = Verdict("contract", "yes")


def of_law(question: Question, party: Party, tests: Iterable[Tests]) -> Verdict:
    """Law permits what no row forbids; but the United States need rows that permit. The laws that test one place as
    one thing decide among themselves; then each must say yes."""
    permitted: set[str] = set()
    permits: list[Weighed[Effect]] = []
    forbids: list[Weighed[Effect]] = []
    unsure: list[Weighed[Effect]] = []
    not_asked: list[str] = []
    for test in tests:
        tested, scope, network = test
        if rows := scope.laws.get((tested, party)):
            place = question.place(tested)
            default: Effect | None = None if country(place) == "US" else "permits"
            reading = _reading(question, test) if scope.conditional else None
            found = weigh(rows, question, network=network, default=default, reading=reading)
            if found.rows:
                _sorted_into(found, permits, forbids, unsure)
                for row in found.rows:
                    if row.conditions is not UNCONDITIONAL:
                        not_asked += test.kept(row, question).unasked
                if found.value == "permits":
                    permitted.add(place)
        for row in scope.beyond.get((tested, party), ()):
            one = weigh((row,), question, network=network)
            if one.rows:
                stands = test.kept(row, question)
                not_asked += stands.unasked
                if stands.state == "open":
                    unsure.append(Weighed(None, one.rows, True))
                elif stands.state != "met":
                    weak = one.weak or stands.state == "weakly_broken"
                    _sorted_into(one._replace(weak=weak), permits, forbids, unsure)
    conditions = tuple(dict.fromkeys(not_asked))
    if forbids:
        strong = [one for one in forbids if not one.weak]
        return Verdict("law", "no", not strong, _rows(strong or forbids, question, tests), conditions)
    decided = [*unsure, *permits]
    says: Says = "yes"
    if unsure or _unpermitted(question, permitted) or any(one.weak for one in permits):
        says = "undetermined"
    return Verdict("law", says, False, _rows(decided, question, tests), conditions)


def of_maker(party: Party, model: Weighed[DistributionModel]) -> Verdict:
    """Whether the model that the maker adopts lets this party sell."""
    if model.value is None:
        return Verdict("maker_policy", "undetermined", rows=model.rows)
    if party not in MATRIX[model.value].sellers:
        return Verdict("maker_policy", "no", model.weak, model.rows)
    return Verdict("maker_policy", "undetermined" if model.weak else "yes", rows=model.rows)


def of_agreement(question: Question, party: Party) -> Verdict:
    """Whether the seller is appointed; a maker that sells by itself needs nobody to appoint it."""
    if question.facts is None:
        return NO_AGREEMENT
    if party == "maker":
        return OWN_AGREEMENT
    appointment = question.facts.appointment(
        brand=question.brand,
        market=question.market,
        on=question.on,
        role=party,
        line=question.line,
        customer_type=question.customer_type,
    )
    return Verdict("contract", "yes" if appointment.in_force else "no")


def of_licence(question: Question) -> Verdict:
    """Whether the seller's licence is in force. Outside the United States one is asked for only where the
    seller ever had one."""
    if question.facts is None:
        return NO_LICENCE
    place = question.place("licence")
    licensing = question.facts.licensing(place=place, on=question.on, brand=question.brand)
    if licensing == "none" and country(place) != "US":
        return NO_LICENCE
    return Verdict("licence", "yes" if licensing == "in_force" else "no")


def _sorted_into(
    found: Weighed[Effect],
    permits: list[Weighed[Effect]],
    forbids: list[Weighed[Effect]],
    unsure: list[Weighed[Effect]],
) -> None:
    by = unsure if found.value is None else permits if found.value == "permits" else forbids
    by.append(found)


def _unpermitted(question: Question, permitted: Collection[str]) -> bool:
    """Whether a row that permits is missing: in the United States one is needed in the place of the contract and in
    that of the licence; if neither is there, but another place of the sale is, in any of them."""
    if question.in_one_place:
        return country(question.market) == "US" and not permitted
    needed = {place for place in (question.place("contract"), question.place("licence")) if _american(place)}
    if needed:
        return not needed.issubset(permitted)
    places = (question.market, *(question.place(tested) for tested in TESTED))
    return any(map(_american, places)) and not any(map(_american, permitted))


def _american(place: str) -> bool:
    return country(place) == "US"


def _reading(question: Question, test: Tests) -> Reading[Effect]:
    """What a permission with conditions says to this seller: it forbids who breaks them."""

    def read(row: Ready[Effect]) -> tuple[Effect | None, bool]:
        state = test.kept(row, question).state
        if state == "open":
            return None, True
        return ("permits" if state == "met" else "forbids"), state == "weakly_broken"

    return read


def _rows(
    found: Sequence[Weighed[Effect]], question: Question, tests: Iterable[Tests]
) -> tuple[AnyReady, ...]:
    """The laws, and the rows on the networks of makers that they ask for; each once."""
    laws = found[0].rows if len(found) == 1 else tuple(row for one in found for row in one.rows)
    networks: list[AnyReady] = []
    for law in laws:
        if law.network or law.conditions is not UNCONDITIONAL:
            networks += _networks(law, question, tests)
    if len(laws) + len(networks) < 2:
        return laws
    return tuple({row.claim.id: row for row in (*laws, *networks)}.values())


def _networks(law: Ready[Effect], question: Question, tests: Iterable[Tests]) -> Iterator[Ready[NetworkKind]]:
    """The rows on networks by which a law says what it says: those of the place that it tests."""
    for test in tests:
        if isinstance(law.claim, Law) and law.claim.tests == test.tested:
            if law.network:
                yield from test.network.rows
            yield from test.kept(law, question).networks
