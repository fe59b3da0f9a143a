"""Rows for tests, each with one thing said: `law("forbids", sellers=("maker",))`, `sells("franchise", "2020")`."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, TypedDict, cast

from domain.deadlines import Calendar
from domain.kernel import Rule
from domain.markets.claims import Law, Network, Place, Policy, Selectors, Terms
from domain.markets.plans import Distribution, DistributionModel, Step, StepKind
from domain.markets.questions import Question
from domain.markets.regions import Membership, Regions
from domain.markets.resolver import Markets
from domain.markets.rows import MarketRows, Row, with_row
from domain.markets.rulings import Ruling
from domain.markets.validity import Validity, parse_moment

TODAY: Final = date(2026, 12, 1)
GERMANY: Final = Place(
    market="DE", name="Germany", zone="Europe/Berlin", currency="EUR", calendar="DE", sales_rule="EU-01"
)
OHIO: Final = Place(
    market="US-OH", name="Ohio", zone="America/New_York", currency="USD", calendar="US", sales_rule="US-01"
)
CALENDAR: Final = Calendar(
    name="DE",
    covers_from=date(2020, 1, 1),
    covers_to=date(2030, 12, 31),
    weekend=frozenset({6, 7}),
    holidays=frozenset(),
    source="test",
)
REGIONS: Final = Regions(
    [
        Membership(region="EU", market="DE", joined_on=date(1958, 1, 1)),
        Membership(region="EU", market="GB", joined_on=date(1973, 1, 1), left_on=date(2020, 2, 1)),
    ]
)


class Said(TypedDict):
    """The provenance of a row."""

    confidence: Any
    source: str
    published_on: date
    verified_on: date
    review_by: date
    author: str
    reason: str


def said(**changes: Any) -> Said:
    told: dict[str, Any] = {
        "confidence": "M",
        "source": "test",
        "published_on": date(2020, 1, 1),
        "verified_on": date(2026, 11, 22),
        "review_by": date(2027, 11, 22),
        "author": "a.person",
        "reason": "test",
    }
    told.update({name: changes[name] for name in told if name in changes})
    return cast("Said", told)


def since(begins: str, ends: str = "") -> Validity:
    return Validity(parse_moment(begins), parse_moment(ends) if ends else None)


def spoken(changes: dict[str, Any]) -> Selectors:
    named = {name: changes[name] for name in Selectors.__dataclass_fields__ if name in changes}
    return Selectors(**named)


def sells(
    model: DistributionModel, begins: str = "2020-01-01", ends: str = "", *, row: str = "", **changes: Any
) -> Distribution:
    """A plain row: this model for MINI, or for what `changes` select."""
    return Distribution(
        id=row or f"DE-{model}",
        model=model,
        validity=since(begins, ends),
        speaks_of=spoken({"brands": ("MINI",), **changes}),
        **said(**changes),
    )


def plan(model: DistributionModel, *steps: Step, row: str = "DE-plan", **changes: Any) -> Distribution:
    speaks_of = spoken({"brands": ("MINI",), **changes})
    return Distribution(id=row, model=model, steps=steps, speaks_of=speaks_of, **said(**changes))


def step(kind: StepKind, on: str, effective: str = "") -> Step:
    return Step(step=kind, on=parse_moment(on), effective=parse_moment(effective) if effective else None)


def law(effect: Any, begins: str = "2020-01-01", ends: str = "", *, row: str = "", **changes: Any) -> Law:
    return Law(
        id=row or f"DE-{effect}",
        effect=effect,
        tests=changes.get("tests", "contract"),
        sellers=changes.get("sellers", ()),
        rule=changes.get("rule", Rule("XX-01", 1)),
        validity=since(begins, ends),
        speaks_of=spoken(changes),
        disputes=changes.get("disputes", ""),
        **({"conditions": changes["conditions"]} if "conditions" in changes else {}),
        **said(**changes),
    )


def network(kind: Any, *brands: str, row: str = "DE-network", **changes: Any) -> Network:
    return Network(id=row, brands=brands, network=kind, validity=since("2000-01-01"), **said(**changes))


def policy(**changes: Any) -> Policy:
    return Policy(id="DE-policy", undetermined="franchise", validity=since("2020-01-01"), **said(**changes))


def terms(days: int = 14, *, row: str = "DE-terms", begins: str = "2000-01-01", **changes: Any) -> Terms:
    return Terms(
        id=row,
        validity=since(begins),
        withdrawal_days=days,
        withdrawal_rule=Rule("CR-03", 1),
        withdrawal_for=("private",),
        withdrawal_channels=("distance",),
        rolls_over=True,
        deposit_due_days=7,
        refund_days=14,
        registration_required=True,
        **said(**changes),
    )


def ruling(*of: str, selects: str = "", row: str = "DE-ruling", **changes: Any) -> Ruling:
    told: dict[str, Any] = {
        "id": row,
        "of": of,
        "selects": selects,
        "contested": not selects,
        "decided_by": ("a.person", "b.person"),
        "reason": "test",
        "source": "test",
        "on": date(2026, 11, 22),
    }
    return Ruling(**{**told, **changes})


def rows_of(*rows: Row, market: str = "DE", place: Place | None = GERMANY) -> MarketRows:
    found = MarketRows(market=market, place=place)
    for one in rows:
        found = with_row(found, one)
    return found


def markets_of(*rows: Row | MarketRows) -> Markets:
    """Markets with these rows for Germany, and of other places those that are given whole."""
    german = rows_of(*(one for one in rows if not isinstance(one, MarketRows)))
    others = [one for one in rows if isinstance(one, MarketRows)]
    return Markets([german, *others], regions=REGIONS, calendars=[CALENDAR])


def ask(**changes: Any) -> Question:
    return Question(**{"brand": "MINI", "market": "DE", "on": TODAY, **changes})
