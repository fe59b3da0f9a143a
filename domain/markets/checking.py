"""What is wrong with the rows of a place, told row by row: all of it, each fault once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from domain import deadlines
from domain.markets import plans
from domain.markets.claims import sourced
from domain.markets.faults import Fault
from domain.markets.plans import Distribution
from domain.markets.regions import PARTS, Regions, country, known_place
from domain.markets.rows import AnyClaim, MarketRows, Row
from domain.markets.ties import Networks, networks_of, same_selectors, ties, ties_between
from domain.money import CURRENCY
from domain.partners.rules import Appointing, Incompatible


def faults(
    rows: MarketRows,
    regions: Regions,
    calendars: Collection[str],
    networks: Networks,
    *,
    unread: Collection[str] = (),
) -> list[Fault]:
    """All that is wrong with the rows of one place. `networks` says of each brand which kinds of network any
    row of the book gives it; `unread` are the ids of rows that are wrong in themselves and not among these, and the
    code of the place if that is."""
    found = list(_of_place(rows, regions, calendars, unread))
    for claim in rows.claims():
        found += [Fault(claim, key, says) for key, says in _of_claim(claim, rows.market)]
    found += _of_ids(rows)
    found += _of_rulings(rows, unread)
    found += _of_disputes(rows, unread)
    return found + list(ties(rows, networks))


def elsewhere(
    rows: MarketRows, before: Mapping[str, MarketRows], after: Mapping[str, MarketRows], regions: Regions
) -> Iterator[Fault]:
    """What is wrong with the rows of one place beside those of all others, by their codes, before and after it
    is loaded."""
    others = [other for code, other in after.items() if code != rows.market]
    taken = {row.id: other.market for other in others for row in (*other.claims(), *other.rulings)}
    for row in (*rows.claims(), *rows.rulings):
        if row.id in taken:
            yield Fault(row, "id", f"a row of {taken[row.id]} has the id {row.id}")
    yield from unplaced(rows, others)
    networks = networks_of(after.values())
    if rows.market in regions.names:
        named = [other for other in others if other.market in regions.names]
        yield from ties_between(rows, named, regions, networks)
    if networks != networks_of(before.values()):
        for other in others:
            yield from ties(other, networks)


def unplaced(rows: MarketRows, others: Iterable[MarketRows]) -> Iterator[Fault]:
    """A country lacks a place only if parts of it are markets."""
    market = rows.market
    parts = [one for one in others if one.place and country(one.market) == market]
    if rows.place is None and market in PARTS and not parts:
        yield Fault(None, "", f"neither {market} nor a part of it is a market: it needs a [place]")


def _of_place(
    rows: MarketRows, regions: Regions, calendars: Collection[str], unread: Collection[str]
) -> Iterator[Fault]:
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
        if known_place(market) and market not in PARTS and market not in unread:
            yield Fault(None, "", f"{market} is a market, and has no [place]: its name, clock and money")
        return
    if place.market != market:
        yield Fault(place, "market", f"it names {place.market}, but the file is that of {market}")
    if not deadlines.is_zone(place.zone):
        yield Fault(place, "zone", f"IANA knows no zone {place.zone}")
    if place.calendar not in calendars:
        yield Fault(place, "calendar", f"there is no calendar {place.calendar}")
    if not CURRENCY.fullmatch(place.currency):
        yield Fault(place, "currency", f"{place.currency} is no currency of ISO 4217")


def _of_claim(claim: AnyClaim, market: str) -> Iterator[tuple[str, str]]:
    if not claim.id.startswith(f"{market}-"):
        yield "id", f"{claim.id} must begin with {market}-, the code of its file"
    for name in ("source", "author", "reason"):
        if not getattr(claim, name).strip():
            yield name, f"`{name}` is empty" + (': write "none" if there is none' if name == "source" else "")
    if claim.source.strip() and not sourced(claim.source) and claim.confidence != "GK":
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
        if step.source.strip() and not sourced(step.source) and (step.confidence or plan.confidence) != "GK":
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
        elif (law.effect, law.tests, set(law.sellers)) != (
            other.effect,
            other.tests,
            set(other.sellers),
        ) or not same_selectors(law.speaks_of, other.speaks_of):
            yield Fault(law, "disputes", f"{other.id} speaks of something else: only the days may differ")
