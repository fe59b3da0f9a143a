"""What is wrong with the rows of a place, told row by row: all of it, each fault once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import TypeAlias

from domain import deadlines
from domain.markets import plans
from domain.markets.claims import NO_SOURCE, UNCONDITIONAL, Law, Place, Selectors
from domain.markets.plans import Distribution
from domain.markets.regions import Regions, country, known_place
from domain.markets.rows import AnyClaim, MarketRows, Row
from domain.markets.rulings import passed_over
from domain.partners.rules import Appointing, Incompatible

SELECTORS = tuple(one.name for one in fields(Selectors))
Networks: TypeAlias = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A field of a row (None: of the file), and what is wrong with it. `key` is "" for the row as a whole;
    `steps 2` is the second of its steps."""

    row: Row | Place | None
    key: str
    says: str

    def __str__(self) -> str:
        named = self.row.market if isinstance(self.row, Place) else self.row.id if self.row else ""
        return f"{named}: {self.says}" if named else self.says


def faults(
    rows: MarketRows,
    regions: Regions,
    calendars: Collection[str],
    networks: Networks,
    *,
    unread: Collection[str] = (),
) -> list[Fault]:
    """All that is wrong with the rows of one place. `networks` says of each brand which kinds of network any
    row of the book gives it; `unread` are the ids of rows that are wrong in themselves and not among these."""
    found = list(_of_place(rows, regions, calendars))
    for claim in rows.claims():
        found += [Fault(claim, key, says) for key, says in _of_claim(claim, rows.market)]
    found += _of_ids(rows)
    found += _of_rulings(rows, unread)
    found += _of_disputes(rows, unread)
    return found + list(ties(rows, networks))


def ties(rows: MarketRows, networks: Networks) -> Iterator[Fault]:
    """Rows with different selectors, equally specific, that match one question, disagree and may hold on one
    day: nobody could say which decides."""
    out = passed_over(rows.rulings)
    layers: Iterable[Sequence[Law | Distribution]] = (rows.laws, rows.distributions)
    for layer in layers:
        ranks: defaultdict[tuple[object, ...], list[Law | Distribution]] = defaultdict(list)
        for row in layer:
            if row.id not in out:
                ranks[_contest(row)].append(row)
        for level in ranks.values():
            for row, other in _meetings(level):
                if (
                    row.value != other.value
                    and row.speaks_of != other.speaks_of
                    and _tied(row, other, networks)
                ):
                    yield Fault(
                        other,
                        "",
                        f"it ties with {row.id}: both match one question, are equally specific and disagree; "
                        "set one more selector, or the same ones in both",
                    )


def networks_of(all_rows: Iterable[MarketRows]) -> Networks:
    """Which kinds of network any row gives a brand."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for rows in all_rows:
        for row in rows.networks:
            for brand in row.brands:
                found[brand].add(row.network)
    return {brand: frozenset(kinds) for brand, kinds in found.items()}


def _contest(row: Law | Distribution) -> tuple[object, ...]:
    """Only rows of which this is equal can tie."""
    if isinstance(row, Law):
        return row.tests, row.speaks_of.count, row.effect == "forbids" and row.conditions != UNCONDITIONAL
    return (row.speaks_of.count,)


def _meetings(level: list[Law | Distribution]) -> Iterator[tuple[Law | Distribution, Law | Distribution]]:
    """The pairs that speak of one brand, each once, in their order."""
    brands: defaultdict[str, list[int]] = defaultdict(list)
    open_to_all = [number for number, row in enumerate(level) if not row.speaks_of.brands]
    for number, row in enumerate(level):
        for brand in row.speaks_of.brands:
            brands[brand].append(number)
    pairs = {pair for numbers in brands.values() for pair in combinations(sorted(numbers + open_to_all), 2)}
    pairs |= set(combinations(open_to_all, 2))
    for first, second in sorted(pairs):
        yield level[first], level[second]


def _tied(one: Law | Distribution, other: Law | Distribution, networks: Networks) -> bool:
    if isinstance(one, Law) and isinstance(other, Law):
        if one.sellers and other.sellers and not set(one.sellers) & set(other.sellers):
            return False
        if one.disputes == other.id or other.disputes == one.id:
            return False
    return _meet(one.speaks_of, other.speaks_of, networks) and _overlap(one, other)


def _meet(one: Selectors, other: Selectors, networks: Networks) -> bool:
    """Whether one question can match both."""
    kinds = {kind for kind in (one.network, other.network) if kind}
    if len(kinds) > 1:
        return False
    for name in ("lines", "powertrains", "customers", "ages", "channels"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine and theirs and not set(mine) & set(theirs):
            return False
    named = [set(brands) for brands in (one.brands, other.brands) if brands]
    if not named:
        return True
    both = set.intersection(*named)
    return any(kinds <= networks.get(brand, frozenset()) for brand in both)


def _overlap(one: Law | Distribution, other: Law | Distribution) -> bool:
    spans = []
    for row in (one, other):
        in_force = plans.adopted(row) if isinstance(row, Distribution) and row.steps else row
        if in_force is None or in_force.validity is None:
            return False
        spans.append(in_force.validity.window(in_force.published_on))
    return spans[0].overlaps(spans[1])


def _of_place(rows: MarketRows, regions: Regions, calendars: Collection[str]) -> Iterator[Fault]:
    market, place = rows.market, rows.place
    if market in regions.names:
        told: list[tuple[Sequence[Row], str]] = [
            (rows.networks, "a network"),
            (rows.distributions, "a distribution model"),
            (rows.assignments, "an assignment"),
            (rows.policies, "a policy"),
        ]
        for found, kind in told:
            for row in found:
                yield Fault(
                    row,
                    "",
                    f"{market} is a region: it has law and terms, and {kind} is never inferred from it",
                )
        if place:
            yield Fault(place, "market", f"{market} is a region, no market")
        return
    if not known_place(market):
        whole = country(market)
        yield Fault(
            None,
            "",
            f"there is no place {market}: {whole} is "
            + ("a country without a part of that name" if known_place(whole) else "no country of ISO 3166-1"),
        )
    if place is None:
        return
    if place.market != market:
        yield Fault(place, "market", f"it names {place.market}, but the file is that of {market}")
    if not deadlines.is_zone(place.zone):
        yield Fault(place, "zone", f"IANA knows no zone {place.zone}")
    if place.calendar not in calendars:
        yield Fault(place, "calendar", f"there is no calendar {place.calendar}")
    if len(place.currency) != 3 or not place.currency.isupper():
        yield Fault(place, "currency", f"{place.currency} is no currency of ISO 4217")


def _of_claim(claim: AnyClaim, market: str) -> Iterator[tuple[str, str]]:
    if not claim.id.startswith(f"{market}-"):
        yield "id", f"{claim.id} must begin with {market}-, the code of its file"
    for name in ("source", "author", "reason"):
        if not getattr(claim, name).strip():
            yield name, f"`{name}` is empty" + (': write "none" if there is none' if name == "source" else "")
    if claim.source.strip() == NO_SOURCE and claim.confidence != "GK":
        yield "confidence", f"without a source it is general knowledge at most (GK), not {claim.confidence}"
    if claim.review_by < claim.verified_on:
        yield (
            "review_by",
            f"its review is due on {claim.review_by}, before it was verified on {claim.verified_on}",
        )
    if isinstance(claim, Distribution):
        yield from _of_plan(claim)
    if isinstance(claim, Incompatible) and len(set(claim.roles)) < 2:
        yield "roles", "it takes two roles that cannot go together"
    if isinstance(claim, Appointing) and not any(claim.value[1:]):
        yield "", "it asks nothing: set costs_told_days, notice_months_min or term_months_min"
    if claim.validity is not None and claim.validity.empty:
        yield "valid_to", f"it ends ({claim.validity.ends}) before it begins ({claim.validity.begins})"


def _of_plan(plan: Distribution) -> Iterator[tuple[str, str]]:
    if not plan.speaks_of.brands:
        yield "brands", "a distribution model is adopted for brands: name them"
    if (plan.validity is None) == (not plan.steps):
        yield "steps", "it has either `valid_from`, or the `steps` of a plan"
    for number, says in plans.misplaced(plan.steps):
        yield f"steps {number + 1}", says
    for number, step in enumerate(plan.steps):
        if step.source.strip() == NO_SOURCE and (step.confidence or plan.confidence) != "GK":
            yield f"steps {number + 1}", "without a source it is general knowledge at most (GK)"
    in_force = plans.adopted(plan)
    if in_force and in_force.validity and in_force.validity.empty:
        yield (
            "steps",
            f"it is reversed ({in_force.validity.ends}) before it begins ({in_force.validity.begins})",
        )


def _of_ids(rows: MarketRows) -> Iterator[Fault]:
    all_rows: list[Row] = [*rows.claims(), *rows.rulings]
    seen: set[str] = set()
    for row in all_rows:
        if row.id in seen:
            yield Fault(row, "id", f"another row has the id {row.id}")
        seen.add(row.id)


def _of_rulings(rows: MarketRows, unread: Collection[str]) -> Iterator[Fault]:
    claims: dict[str, AnyClaim] = {claim.id: claim for claim in rows.claims()}
    ruled = Counter(claim for ruling in rows.rulings for claim in set(ruling.of))
    seen: set[str] = set()
    for ruling in rows.rulings:
        if not ruling.id.startswith(f"{rows.market}-"):
            yield Fault(ruling, "id", f"{ruling.id} must begin with {rows.market}-, the code of its file")
        for key, says in ruling.faults():
            yield Fault(ruling, key, says)
        for unknown in [claim for claim in ruling.of if claim not in claims and claim not in unread]:
            yield Fault(ruling, "of", f"there is no claim {unknown} in this file")
        named = [claims[claim] for claim in ruling.of if claim in claims]
        if any(type(one) is not type(named[0]) for one in named[1:]):
            yield Fault(ruling, "of", "it rules on claims of different kinds")
        for claim in dict.fromkeys(ruling.of):
            if ruled[claim] > 1 and claim in seen:
                yield Fault(ruling, "of", f"another ruling decides on {claim} already")
            seen.add(claim)


def _of_disputes(rows: MarketRows, unread: Collection[str]) -> Iterator[Fault]:
    laws = {law.id: law for law in rows.laws}
    for law in rows.laws:
        if not law.disputes or law.disputes in unread:
            continue
        other = laws.get(law.disputes)
        if other is None or other is law:
            yield Fault(law, "disputes", f"there is no other law {law.disputes} in this file")
        elif (law.effect, law.tests, law.sellers, law.speaks_of) != (
            other.effect,
            other.tests,
            other.sellers,
            other.speaks_of,
        ):
            yield Fault(law, "disputes", f"{other.id} speaks of something else: only the days may differ")
