"""What may stand in a field of a market file: each reader takes what TOML read and gives what the domain wants.

A reader raises WrongField with a sentence that says what the field must be.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Final, TypeAlias, get_args

from domain.kernel import Rule
from domain.markets import plans
from domain.markets.claims import (
    Age,
    AssignmentBasis,
    Confidence,
    Effect,
    NetworkKind,
    SalesChannel,
    SalesRule,
    Shown,
    Tested,
)
from domain.markets.validity import GRAMMAR, Moment, parse_moment
from domain.partners.facts import AgreementRole
from domain.words import BRAND, SLUG, ContractChannel, Counted, CustomerType, Party, Powertrain
from infra import bounds

DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
Reader: TypeAlias = Callable[[object], object]


class WrongField(ValueError):
    """Says what the field must be."""


def text(told: object) -> str:
    if not isinstance(told, str) or not told.strip():
        raise WrongField("must be a text that is not empty")
    return bounds.text(told)


def texts(told: object) -> tuple[str, ...]:
    if not isinstance(told, list) or not told:
        raise WrongField("must be a list of texts that is not empty")
    return tuple(text(one) for one in told)


def entries(told: object) -> list[object]:
    """A list whose entries somebody else reads."""
    if not isinstance(told, list) or not told:
        raise WrongField("must be a list that is not empty")
    return told


def written(form: re.Pattern[str], like: str) -> Reader:
    """Texts of one form, each once, in order: it makes no difference how they are listed."""

    def read(told: object) -> tuple[str, ...]:
        for one in texts(told):
            if not form.fullmatch(one):
                raise WrongField(f"{one!r} is not written as {like} is")
        return tuple(sorted(set(texts(told))))

    return read


def word(known: tuple[str, ...]) -> Reader:
    """One of these words."""

    def read(told: object) -> str:
        if told not in known:
            raise WrongField(f"{told!r} is none of {', '.join(known)}")
        return str(told)

    return read


def words(known: tuple[str, ...]) -> Reader:
    """Some of these words, each once, in their order here."""
    one = word(known)

    def read(told: object) -> tuple[object, ...]:
        if not isinstance(told, list) or not told:
            raise WrongField(f"must be a list of some of {', '.join(known)}")
        found = {one(each) for each in told}
        return tuple(each for each in known if each in found)

    return read


def day(told: object) -> date:
    if isinstance(told, str) and DAY.fullmatch(told):
        try:
            return bounds.day(date.fromisoformat(told))
        except bounds.OutOfBounds:
            raise
        except ValueError:
            raise WrongField(f"{told!r} is no date: write 2024-10-01") from None
    if not isinstance(told, date) or isinstance(told, datetime):
        raise WrongField(f"{told!r} is no date: write 2024-10-01")
    return bounds.day(told)


def moment(told: object) -> Moment:
    if isinstance(told, date) and not isinstance(told, datetime):
        return Moment(bounds.day(told), told)
    if not isinstance(told, str):
        raise WrongField(f"{told!r} is no date: write {GRAMMAR}")
    found = parse_moment(told)
    bounds.day(found.first)
    return found


def whole(told: object) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or told < 0:
        raise WrongField(f"{told!r} must be a whole number, not negative")
    return bounds.number(told)


def truth(told: object) -> bool:
    if not isinstance(told, bool):
        raise WrongField(f"{told!r} must be true or false")
    return told


def rule(told: object) -> Rule:
    if not isinstance(told, dict) or told.keys() != {"id", "version"}:
        raise WrongField('must be written { id = "EU-01", version = 1 }')
    return Rule(text(told["id"]), whole(told["version"]))


def _words_of(literal: object) -> tuple[str, ...]:
    return get_args(literal)


confidence: Final = word(_words_of(Confidence))
effect: Final = word(_words_of(Effect))
tested: Final = word(_words_of(Tested))
network: Final = word(_words_of(NetworkKind))
model: Final = word(tuple(one for one in _words_of(plans.DistributionModel) if one != "undetermined"))
step_kind: Final = word(_words_of(plans.StepKind))
sales_rule: Final = word(_words_of(SalesRule))
counted: Final = word(_words_of(Counted))
routed: Final = word(("franchise",))
roles: Final = words(_words_of(AgreementRole))
sellers: Final = words(_words_of(Party))
powertrains: Final = words(_words_of(Powertrain))
customers: Final = words(_words_of(CustomerType))
ages: Final = words(_words_of(Age))
channels: Final = words(_words_of(SalesChannel))
contract_channels: Final = words(_words_of(ContractChannel))
shown: Final = words(_words_of(Shown))
bases: Final = words(_words_of(AssignmentBasis))
brands: Final = written(BRAND, "ROLLS-ROYCE")
slugs: Final = written(SLUG, "3-series")
