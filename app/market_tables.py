"""The rows of the markets as tables of the reference, straight from their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TypeVar

from app.markdown import table
from domain.markets.claims import Claim, Conditions, Law, Selectors
from domain.markets.plans import Distribution, adopted
from domain.markets.rows import MarketRows
from domain.partners.rules import AgreementClaim, Appointing, Incompatible
from infra.markets import read_folder

C = TypeVar("C", bound=Claim)


def distributions() -> str:
    """Who sells what, where, since when; a plan that nobody adopted is not in force."""
    columns = ("market", "row", "speaks of", "model", "in force", "sure", "source")
    return table(
        columns, (_distribution(*one) for one in _each((rows, rows.distributions) for rows in _rows()))
    )


def _distribution(market: str, plan: Distribution) -> Sequence[str]:
    in_force = adopted(plan) if plan.steps else plan
    if in_force is None:
        last = plan.steps[-1]
        held = f"no: {last.step} {last.on}" + (f", for {last.effective}" if last.effective else "")
    else:
        held = str(in_force.validity)
    sure = in_force or plan
    return (
        market,
        plan.id,
        _spoken(plan.speaks_of),
        plan.model.replace("_", " "),
        held,
        sure.confidence,
        sure.source,
    )


def laws() -> str:
    """What the law of a place permits and forbids."""
    columns = (
        "place",
        "row",
        "effect",
        "sellers",
        "speaks of",
        "conditions",
        "tests",
        "in force",
        "sure",
        "source",
    )
    return table(columns, (_law(*one) for one in _each((rows, rows.laws) for rows in _rows())))


def _law(place: str, law: Law) -> Sequence[str]:
    return (
        place,
        law.id,
        law.effect,
        ", ".join(law.sellers),
        _spoken(law.speaks_of),
        _conditions(law.conditions),
        law.tests,
        str(law.validity),
        law.confidence,
        law.source,
    )


def terms() -> str:
    """What each market gives every buyer."""
    columns = ("market", "withdrawal", "of contracts", "rolls over", "deposit", "refund", "sure", "source")
    return table(
        columns,
        (
            (
                market,
                f"{row.withdrawal_days} days" if row.withdrawal_days else "none",
                ", ".join(row.withdrawal_channels),
                "yes" if row.rolls_over else "no",
                f"{row.deposit_due_days} days",
                f"{row.refund_days} days",
                row.confidence,
                row.source,
            )
            for market, row in _each((rows, rows.terms) for rows in _rows())
        ),
    )


def assignments() -> str:
    """Where a reservation goes to a dealer."""
    columns = ("market", "in force", "time to answer", "rule", "sure", "source")
    return table(
        columns,
        (
            (
                market,
                str(row.validity),
                f"{row.respond_days} days",
                str(row.rule),
                row.confidence,
                row.source,
            )
            for market, row in _each((rows, rows.assignments) for rows in _rows())
        ),
    )


def agreements() -> str:
    """What a market asks of the agreements between makers and their partners."""
    columns = ("place", "row", "roles", "brands", "asks", "in force", "rule", "sure", "source")
    return table(
        columns,
        (
            (
                place,
                row.id,
                ", ".join(row.roles),
                ", ".join(row.brands) or "any",
                _asks(row),
                str(row.validity),
                str(row.rule),
                row.confidence,
                row.source,
            )
            for place, row in _each((rows, (*rows.incompatible, *rows.appointing)) for rows in _rows())
        ),
    )


def _asks(row: AgreementClaim) -> str:
    if isinstance(row, Incompatible):
        unless = ", unless told apart by lines or customers" if row.unless_delineated else ""
        return f"not together for one brand{unless}"
    assert isinstance(row, Appointing)
    told = (
        (row.costs_told_days, "the list of costs {} days before"),
        (row.notice_months_min, "{} months of notice if it has no end"),
        (row.term_months_min, "a term of {} months if it has one"),
    )
    return "; ".join(says.format(asked) for asked, says in told if asked)


def rulings() -> str:
    """Who decided between claims that disagree."""
    columns = ("market", "ruling", "of", "decides", "by", "on", "reason", "source")
    return table(
        columns,
        (
            (
                rows.market,
                one.id,
                ", ".join(one.of),
                one.selects or "contested",
                " and ".join(one.decided_by),
                str(one.on),
                one.reason,
                one.source,
            )
            for rows in _rows()
            for one in rows.rulings
        ),
    )


@cache
def _rows() -> tuple[MarketRows, ...]:
    return read_folder().rows


def _each(found: Iterable[tuple[MarketRows, Iterable[C]]]) -> Iterator[tuple[str, C]]:
    return ((rows.market, claim) for rows, claims in found for claim in claims)


def _spoken(selectors: Selectors) -> str:
    told = (
        selectors.brands,
        selectors.lines,
        selectors.powertrains,
        selectors.customers,
        selectors.ages,
        selectors.channels,
        (selectors.network,) if selectors.network else (),
    )
    return "; ".join(", ".join(one).replace("_", " ") for one in told if one) or "everything"


def _conditions(conditions: Conditions) -> str:
    told = {name: getattr(conditions, name) for name in Conditions.__dataclass_fields__}
    counted = told.pop("stores_counted")
    if told["stores_max"] is not None:
        told["stores_max"] = f"{told['stores_max']} ({counted})"
    return "; ".join(
        name.replace("_", " ") if value is True else f"{name.replace('_', ' ')} {_plain(value)}"
        for name, value in told.items()
        if value is not None and value is not False and value != ()
    )


def _plain(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
