"""What each layer says of one party: law, agreement, the maker's own choice, licence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from domain.markets.answers import Ground, Says
from domain.markets.claims import Effect, NetworkKind, Tested
from domain.markets.conditions import unmet
from domain.markets.matrix import MATRIX
from domain.markets.plans import DistributionModel
from domain.markets.questions import Question
from domain.markets.regions import country
from domain.markets.scopes import Ready, Scope
from domain.markets.weighing import Weighed, weigh
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


NO_AGREEMENT: Final = Verdict("contract", "not_asked", not_asked=("agreement",))
NO_LICENCE: Final = Verdict("licence", "not_asked", not_asked=("licence",))
OWN_AGREEMENT: Final = Verdict("contract", "yes")


def of_law(question: Question, party: Party, tests: Iterable[Tests], franchised: Collection[str]) -> Verdict:
    """Law permits what no row forbids; but a part of the United States needs a row that permits. The laws that
    test one place as one thing decide among themselves; then each must say yes."""
    needs_permission = country(question.market) == "US"
    permits: list[Weighed[Effect]] = []
    forbids: list[Weighed[Effect]] = []
    unsure: list[Weighed[Effect]] = []
    not_asked: list[str] = []
    for tested, scope, network in tests:
        if rows := scope.laws.get((tested, party)):
            default: Effect | None = None if needs_permission else "permits"
            found = weigh(rows, question, network=network, default=default)
            if found.value == "permits" and found.rows:
                found = _conditions(found, question, franchised, not_asked)
            if found.rows:
                _sorted_into(found, permits, forbids, unsure)
        for row in scope.beyond.get((tested, party), ()):
            one = weigh((row,), question, network=network)
            if one.rows:
                broken, unasked = unmet(row, question, franchised)
                not_asked += unasked
                if broken:
                    _sorted_into(one, permits, forbids, unsure)
    conditions = tuple(dict.fromkeys(not_asked))
    if forbids:
        strong = [one for one in forbids if not one.weak]
        return Verdict("law", "no", not strong, _rows(strong or forbids, tests), conditions)
    decided = [*unsure, *permits]
    if unsure or (needs_permission and not permits) or any(one.weak for one in permits):
        return Verdict("law", "undetermined", False, _rows(decided, tests), conditions)
    return Verdict("law", "yes", False, _rows(decided, tests), conditions)


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


def _conditions(
    permit: Weighed[Effect], question: Question, franchised: Collection[str], not_asked: list[str]
) -> Weighed[Effect]:
    """The permission, if the seller fulfils the conditions of one of its rows; else it is a prohibition."""
    unasked: list[str] = []
    for row in permit.rows:
        broken, names = unmet(row, question, franchised)
        if not broken:
            not_asked += names
            return permit
        unasked += names
    not_asked += unasked
    return Weighed("forbids", permit.rows, permit.weak)


def _rows(found: Sequence[Weighed[Effect]], tests: Iterable[Tests]) -> tuple[AnyReady, ...]:
    """The laws, and the rows that tell the brand's network if one of them asks for it."""
    laws = found[0].rows if len(found) == 1 else tuple(row for one in found for row in one.rows)
    for law in laws:
        if law.network:
            networks = {id(one.network): one.network.rows for one in tests}
            return laws + tuple(row for rows in networks.values() for row in rows)
    return laws
