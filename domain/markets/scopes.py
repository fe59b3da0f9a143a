"""The rows that can speak of a brand in a place, made ready: windows computed, the most specific first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Generic, TypeVar, get_args

from domain.markets import plans
from domain.markets.claims import (
    UNCONDITIONAL,
    WEAK,
    Assignment,
    Conditions,
    Effect,
    Law,
    Network,
    NetworkKind,
    Policy,
    Selectors,
    Terms,
    Tested,
)
from domain.markets.plans import Distribution, DistributionModel
from domain.markets.regions import Membership, Regions, country, level
from domain.markets.rows import AnyClaim, MarketRows
from domain.markets.rulings import contested, passed_over
from domain.markets.validity import Validity, Window
from domain.words import Party

V = TypeVar("V")
TESTED: Final[tuple[Tested, ...]] = get_args(Tested)
PARTIES: Final[tuple[Party, ...]] = get_args(Party)
PLACE_FIRST: Final = 10  # more than there are selectors


@dataclass(frozen=True, slots=True, eq=False)
class Ready(Generic[V]):
    """A claim, ready to be asked. `contested`: a court has it, so it says nothing. `place` is the code of its
    file. The higher the rank, the more specific."""

    claim: AnyClaim
    value: V
    place: str
    rank: int
    maybe_from: date
    sure_from: date
    maybe_to: date
    sure_to: date
    review_by: date
    weak: bool
    contested: bool
    network: NetworkKind | None
    lines: tuple[str, ...]
    powertrains: tuple[str, ...]
    customers: tuple[str, ...]
    ages: tuple[str, ...]
    channels: tuple[str, ...]
    narrow: bool  # any of the four above is set; a scope that is asked is of one line
    conditions: Conditions  # if there are none, UNCONDITIONAL itself


@dataclass(frozen=True, slots=True)
class Scope:
    """All that can speak of a brand in a place. Laws stand by the place they test and the party they speak of;
    `beyond` are prohibitions with conditions, which forbid by themselves; `makers` the rows on the network of each
    brand, if a law asks what makers hold of a seller."""

    laws: Mapping[tuple[Tested, Party], Sequence[Ready[Effect]]]
    tested: tuple[Tested, ...]
    beyond: Mapping[tuple[Tested, Party], Sequence[Ready[Effect]]]
    networks: Sequence[Ready[NetworkKind]]
    distributions: Sequence[Ready[DistributionModel]]
    policies: Sequence[Ready[DistributionModel]]
    makers: Mapping[str, Sequence[Ready[NetworkKind]]]
    conditional: bool  # any of `laws` has conditions


@dataclass(frozen=True, slots=True)
class Common:
    """All that holds in a place whatever the brand."""

    terms: Sequence[Ready[tuple[object, ...]]]
    assignments: Sequence[Ready[tuple[object, ...]]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one place as a market sees them: how near it is, and while it is a member of what."""

    rows: MarketRows
    near: int
    membership: Membership | None
    out: frozenset[str]
    contested: frozenset[str]


def sheets_of(market: str, books: Mapping[str, MarketRows], regions: Regions) -> list[Sheet]:
    """The rows that reach a market: its own, its country's, and those of the regions the country belongs to."""
    nearest = [
        _sheet(books[code], level(code, regions), None)
        for code in dict.fromkeys((market, country(market)))
        if code in books
    ]
    return nearest + [_sheet(books[one.region], 0, one) for one in regions.of(market) if one.region in books]


def _sheet(rows: MarketRows, near: int, membership: Membership | None) -> Sheet:
    return Sheet(rows, near, membership, passed_over(rows.rulings), contested(rows.rulings))


def scope_of(brand: str, sheets: Iterable[Sheet], line: str | None = None) -> Scope:
    """What these rows can say of a brand, of one line of it or of all."""
    laws: dict[tuple[Tested, Party], list[Ready[Effect]]] = {}
    beyond: dict[tuple[Tested, Party], list[Ready[Effect]]] = {}
    networks: list[Ready[NetworkKind]] = []
    distributions: list[Ready[DistributionModel]] = []
    policies: list[Ready[DistributionModel]] = []
    sheets = list(sheets)
    for sheet in sheets:
        for law in _of(brand, line, sheet, sheet.rows.laws):
            ready = _law(law, sheet)
            by = beyond if law.effect == "forbids" and law.conditions != UNCONDITIONAL else laws
            for party in law.sellers or PARTIES:
                by.setdefault((law.tests, party), []).append(ready)
        networks += [_network(row, sheet) for row in _of(brand, line, sheet, sheet.rows.networks)]
        distributions += [
            _ready(in_force, plan.model, in_force.validity, sheet, by_count=True)
            for plan in _of(brand, line, sheet, sheet.rows.distributions)
            if (in_force := _in_force(plan))
        ]
        policies += [
            _ready(policy, policy.undetermined, policy.validity, sheet, by_count=True)
            for policy in _of(brand, line, sheet, sheet.rows.policies)
        ]
    held = any(
        row.conditions.affiliate_max_pct is not None
        for found in (*laws.values(), *beyond.values())
        for row in found
    )
    return Scope(
        laws={key: _sorted(rows) for key, rows in laws.items()},
        tested=tuple(one for one in TESTED if any(one == key[0] for key in (*laws, *beyond))),
        beyond={key: _sorted(rows) for key, rows in beyond.items()},
        networks=_sorted(networks),
        distributions=_sorted(distributions),
        policies=_sorted(policies),
        makers=_makers(sheets) if held else {},
        conditional=any(row.conditions is not UNCONDITIONAL for found in laws.values() for row in found),
    )


def _makers(sheets: Iterable[Sheet]) -> Mapping[str, Sequence[Ready[NetworkKind]]]:
    found: dict[str, list[Ready[NetworkKind]]] = {}
    for sheet in sheets:
        for row in sheet.rows.networks:
            if row.id not in sheet.out:
                ready = _network(row, sheet)
                for brand in row.brands:
                    found.setdefault(brand, []).append(ready)
    return {brand: _sorted(rows) for brand, rows in found.items()}


def common_of(sheets: Iterable[Sheet]) -> Common:
    """What these rows give every buyer."""
    terms: list[Ready[tuple[object, ...]]] = []
    assignments: list[Ready[tuple[object, ...]]] = []
    for sheet in sheets:
        terms += [_ready(row, row.value, row.validity, sheet) for row in _of("", "", sheet, sheet.rows.terms)]
        assignments += [
            _ready(row, row.value, row.validity, sheet) for row in _of("", "", sheet, sheet.rows.assignments)
        ]
    return Common(_sorted(terms), _sorted(assignments))


C = TypeVar("C", Law, Network, Distribution, Terms, Assignment, Policy)


def _of(brand: str, line: str | None, sheet: Sheet, rows: Iterable[C]) -> list[C]:
    return [
        row
        for row in rows
        if row.id not in sheet.out
        and (not row.speaks_of.brands or brand in row.speaks_of.brands)
        and (line is None or not row.speaks_of.lines or line in row.speaks_of.lines)
    ]


def _in_force(plan: Distribution) -> Distribution | None:
    """What is in force of a plan: nothing if no step adopts it, or none was told yet."""
    if plan.steps:
        return plans.adopted(plan)
    return plan if plan.validity else None


def _law(law: Law, sheet: Sheet) -> Ready[Effect]:
    window = law.validity.window(law.published_on)
    for other in sheet.rows.laws:
        if (other.id == law.disputes or other.disputes == law.id) and other.id not in sheet.out:
            window = window.disputed(other.validity.window(other.published_on))
    return _ready(law, law.effect, law.validity, sheet, window=window)


def _network(row: Network, sheet: Sheet) -> Ready[NetworkKind]:
    return _ready(row, row.network, row.validity, sheet)


def _ready(
    claim: AnyClaim,
    value: V,
    validity: Validity | None,
    sheet: Sheet,
    *,
    by_count: bool = False,
    window: Window | None = None,
) -> Ready[V]:
    assert validity is not None
    window = window or validity.window(claim.published_on)
    if sheet.membership:
        window = window.within(sheet.membership.joined_on, sheet.membership.left_on)
    speaks_of: Selectors = claim.speaks_of
    count, near = speaks_of.count, sheet.near
    conditions = claim.conditions if isinstance(claim, Law) else UNCONDITIONAL
    return Ready(
        claim=claim,
        value=value,
        place=sheet.rows.market,
        rank=count * PLACE_FIRST + near if by_count else near * PLACE_FIRST + count,
        maybe_from=window.maybe_from,
        sure_from=window.sure_from,
        maybe_to=window.maybe_to,
        sure_to=window.sure_to,
        review_by=claim.review_by,
        weak=claim.confidence in WEAK,
        contested=claim.id in sheet.contested,
        network=speaks_of.network,
        lines=speaks_of.lines,
        powertrains=speaks_of.powertrains,
        customers=speaks_of.customers,
        ages=speaks_of.ages,
        channels=speaks_of.channels,
        narrow=bool(speaks_of.powertrains or speaks_of.customers or speaks_of.ages or speaks_of.channels),
        conditions=UNCONDITIONAL if conditions == UNCONDITIONAL else conditions,
    )


def _sorted(rows: list[Ready[V]]) -> Sequence[Ready[V]]:
    return tuple(sorted(rows, key=lambda row: (-row.rank, row.claim.id)))
