"""The tables of a market file: which keys each has, and the row that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from domain.markets.claims import (
    Assignment,
    Conditions,
    Law,
    Network,
    Place,
    Policy,
    Selectors,
    Terms,
)
from domain.markets.plans import Distribution, Step
from domain.markets.rows import Row
from domain.markets.rulings import Ruling
from domain.markets.validity import Validity
from domain.partners.rules import Appointing, Incompatible
from infra.markets import fields as read
from infra.markets.fields import Reader

# What a row's fields hold once each was read by its own reader.
Values: TypeAlias = dict[str, Any]

PROVENANCE: Final[Mapping[str, Reader]] = {
    "author": read.text,
    "reason": read.text,
    "published_on": read.day,
    "verified_on": read.day,
    "review_by": read.day,
}
CLAIM: Final[Mapping[str, Reader]] = {
    "id": read.text,
    "confidence": read.confidence,
    "source": read.text,
    **PROVENANCE,
}
SELECTORS: Final[Mapping[str, Reader]] = {
    "brands": read.brands,
    "lines": read.slugs,
    "powertrains": read.powertrains,
    "customers": read.customers,
    "ages": read.ages,
    "channels": read.channels,
}
CONDITIONS: Final[Mapping[str, Reader]] = {
    "stores_max": read.whole,
    "stores_counted": read.counted,
    "licensed_by": read.day,
    "never_franchised": read.truth,
    "service_sites_min": read.whole,
    "registrations_min": read.whole,
    "affiliate_max_pct": read.whole,
    "gallery_forbids": read.shown,
    "title_outside": read.truth,
    "us_company": read.truth,
}
SAYS: Final[Mapping[str, Reader]] = {"says": read.text}
ENDS: Final[Mapping[str, Reader]] = {"valid_to": read.moment}
BEGINS: Final[Mapping[str, Reader]] = {"valid_from": read.moment}
AGREEMENT: Final[Mapping[str, Reader]] = {"roles": read.roles, "rule": read.rule}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of table: the keys that it must have, those that it may have, and what it makes of them."""

    make: Callable[[Values], Row]
    required: Mapping[str, Reader]
    optional: Mapping[str, Reader] = field(default_factory=dict)
    claims: bool = True  # has the provenance of its file by default


STEP: Final[Mapping[str, Reader]] = {"step": read.step_kind, "on": read.moment}
STEP_MAY: Final[Mapping[str, Reader]] = {
    "effective": read.moment,
    "confidence": read.confidence,
    "source": read.text,
    "published_on": read.day,
    "says": read.text,
}


def taken(
    told: Mapping[str, object], required: Mapping[str, Reader], optional: Mapping[str, Reader]
) -> tuple[Values, list[tuple[str, str]]]:
    """What these keys hold, and what is wrong with which."""
    values: Values = {}
    wrong: list[tuple[str, str]] = []
    for key, value in told.items():
        reader = required.get(key) or optional.get(key)
        if reader is None:
            wrong.append(
                (key, f"there is no key {key}: known are {', '.join(sorted({*required, *optional}))}")
            )
            continue
        try:
            values[key] = reader(value)
        except StepFaults as faults:
            wrong += [(f"{key} {number}", says) for number, says in faults.found]
        except ValueError as fault:
            wrong.append((key, f"`{key}` {fault}" if str(fault).startswith("must") else f"`{key}`: {fault}"))
    wrong += [("", f"`{key}` is missing") for key in required if key not in told]
    return values, wrong


class StepFaults(read.WrongField):
    """Which steps of a plan are wrong, counted from 1, and why."""

    def __init__(self, found: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"step {number}: {says}" for number, says in found))
        self.found = found


def steps(told: object) -> tuple[Step, ...]:
    """The steps of a plan.

    Raises:
        StepFaults: all that is wrong with them.
    """
    if not isinstance(told, list) or not told:
        raise read.WrongField("must be a list of steps that is not empty")
    found, wrong = [], []
    for number, one in enumerate(told, start=1):
        if not isinstance(one, dict):
            wrong.append((number, 'a step is written { step = "announced", on = "…", effective = "…" }'))
            continue
        values, faults = taken(one, STEP, STEP_MAY)
        wrong += [(number, says) for _, says in faults]
        if not faults:
            found.append(Step(**values))
    if wrong:
        raise StepFaults(wrong)
    return tuple(found)


def _law(values: Values) -> Law:
    validity = _validity(values)
    return Law(
        validity=validity,
        speaks_of=_some(values, Selectors, (*SELECTORS, "network")),
        conditions=_some(values, Conditions, CONDITIONS),
        **values,
    )


def _network(values: Values) -> Network:
    return Network(validity=_validity(values), **values)


def _distribution(values: Values) -> Distribution:
    validity = _validity(values) if "valid_from" in values else None
    return Distribution(validity=validity, speaks_of=_some(values, Selectors, SELECTORS), **values)


def _terms(values: Values) -> Terms:
    return Terms(validity=_validity(values), **values)


def _assignment(values: Values) -> Assignment:
    return Assignment(validity=_validity(values), **values)


def _policy(values: Values) -> Policy:
    return Policy(validity=_validity(values), speaks_of=_some(values, Selectors, SELECTORS), **values)


def _incompatible(values: Values) -> Incompatible:
    return Incompatible(validity=_validity(values), **values)


def _appointing(values: Values) -> Appointing:
    return Appointing(validity=_validity(values), **values)


def _ruling(values: Values) -> Ruling:
    return Ruling(**values)


def _validity(values: Values) -> Validity:
    return Validity(values.pop("valid_from"), values.pop("valid_to", None))


def _some(values: Values, kind: Callable[..., Any], keys: Mapping[str, Reader] | tuple[str, ...]) -> Any:
    return kind(**{key: values.pop(key) for key in tuple(keys) if key in values})


PLACE: Final[Mapping[str, Reader]] = {
    "market": read.text,
    "name": read.text,
    "zone": read.text,
    "currency": read.text,
    "calendar": read.text,
    "sales_rule": read.sales_rule,
}
KINDS: Final[Mapping[str, Kind]] = {
    "law": Kind(
        _law,
        required={**CLAIM, **BEGINS, "effect": read.effect, "tests": read.tested, "rule": read.rule},
        optional={
            **SAYS,
            **ENDS,
            **SELECTORS,
            **CONDITIONS,
            "sellers": read.sellers,
            "network": read.network,
            "disputes": read.text,
        },
    ),
    "network": Kind(
        _network,
        required={**CLAIM, **BEGINS, "brands": read.brands, "network": read.network},
        optional={**SAYS, **ENDS},
    ),
    "distribution": Kind(
        _distribution,
        required={**CLAIM, "model": read.model},
        optional={**SAYS, **BEGINS, **ENDS, **SELECTORS, "steps": steps},
    ),
    "terms": Kind(
        _terms,
        required={
            **CLAIM,
            **BEGINS,
            "withdrawal_days": read.whole,
            "rolls_over": read.truth,
            "deposit_due_days": read.whole,
            "refund_days": read.whole,
            "registration_required": read.truth,
        },
        optional={
            **SAYS,
            **ENDS,
            "withdrawal_rule": read.rule,
            "withdrawal_for": read.customers,
            "withdrawal_channels": read.contract_channels,
            "withdrawal_extension_months": read.whole,
        },
    ),
    "assignment": Kind(
        _assignment,
        required={**CLAIM, **BEGINS, "respond_days": read.whole, "rule": read.rule},
        optional={**SAYS, **ENDS, "basis": read.bases, "notice_days": read.whole},
    ),
    "policy": Kind(
        _policy,
        required={**CLAIM, **BEGINS, "undetermined": read.routed},
        optional={**SAYS, **ENDS, **SELECTORS},
    ),
    "incompatible": Kind(
        _incompatible,
        required={**CLAIM, **BEGINS, **AGREEMENT},
        optional={**SAYS, **ENDS, "brands": read.brands, "unless_delineated": read.truth},
    ),
    "appointing": Kind(
        _appointing,
        required={**CLAIM, **BEGINS, **AGREEMENT},
        optional={
            **SAYS,
            **ENDS,
            "brands": read.brands,
            "costs_told_days": read.whole,
            "notice_months_min": read.whole,
            "term_months_min": read.whole,
        },
    ),
    "ruling": Kind(
        _ruling,
        required={
            "id": read.text,
            "of": read.texts,
            "decided_by": read.texts,
            "reason": read.text,
            "source": read.text,
            "on": read.day,
        },
        optional={"selects": read.text, "contested": read.truth},
        claims=False,
    ),
}


def place_of(values: Values) -> Place:
    return Place(**values)
