"""What a seller must fulfil to make use of a permission, asked of the facts that a question brings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from domain.markets.claims import UNCONDITIONAL, Conditions, Effect, NetworkKind
from domain.markets.questions import Question, SellerFacts
from domain.markets.scopes import Ready
from domain.markets.weighing import Weighed, weigh

# None: nobody told, so the condition could not be asked.
Met: TypeAlias = bool | None
State = Literal["met", "broken", "weakly_broken", "open"]
Makers: TypeAlias = Mapping[str, Sequence[Ready[NetworkKind]]]
OF_SELLER: Final = (
    "stores_max",
    "licensed_by",
    "service_sites_min",
    "registrations_min",
    "affiliate_max_pct",
    "us_company",
)


class Kept(NamedTuple):
    """How a seller stands to the conditions of a row: it meets them, breaks one, breaks one if weak rows are right, or
    nobody knows. `unasked` could not be asked. `networks` are the rows on makers' dealers by which it is so."""

    state: State = "met"
    unasked: tuple[str, ...] = ()
    networks: tuple[Ready[NetworkKind], ...] = ()


MET: Final = Kept()


def kept(row: Ready[Effect], question: Question, *, network: Weighed[NetworkKind], makers: Makers) -> Kept:
    """How the seller stands to the conditions of a row. `network` and `makers` tell which brands have franchised
    dealers in the place that is tested: the one asked about, and every one."""
    wanted = row.conditions
    if wanted is UNCONDITIONAL:
        return MET
    everyone = frozenset(makers) | {question.brand} if network.rows else frozenset(makers)
    broken, unasked = _unmet(row, question, everyone)
    own = network.rows if wanted.never_franchised else ()
    if not broken:
        return Kept("met", unasked, own)
    networks = {question.brand: network}
    if "affiliate_max_pct" in broken:
        others = {brand: weigh(rows, question) for brand, rows in makers.items()}
        networks = others | networks
    for state, franchised in _franchised(networks):
        broken, _ = _unmet(row, question, franchised)
        if broken:
            held = _held(question, networks, franchised) if "affiliate_max_pct" in broken else ()
            return Kept(state, unasked, (*own, *held))
    return Kept("met", unasked, own)


def _franchised(
    networks: Mapping[str, Weighed[NetworkKind]],
) -> Iterator[tuple[State, frozenset[str]]]:
    """The brands that have franchised dealers: surely; if weak rows are right; if what is open is so."""
    told = frozenset(brand for brand, one in networks.items() if one.value == "franchised")
    weak = frozenset(brand for brand, one in networks.items() if one.weak)
    yield "broken", told - weak
    yield "weakly_broken", told
    yield "open", told | weak | {brand for brand, one in networks.items() if one.rows and one.value is None}


def _held(
    question: Question, networks: Mapping[str, Weighed[NetworkKind]], franchised: Collection[str]
) -> Iterator[Ready[NetworkKind]]:
    """The rows on those makers who hold a part of the seller."""
    for brand in sorted(franchised):
        if question.facts and question.facts.affiliate_pct(brands={brand}, on=question.on):
            yield from networks[brand].rows


def _unmet(
    row: Ready[Effect], question: Question, franchised: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The conditions that the seller does not fulfil, and those that could not be asked. `franchised` are the brands
    that have franchised dealers in the place that is tested."""
    found = list(_asked(row.conditions, row.place, question, franchised))
    return (
        tuple(name for name, met in found if met is False),
        tuple(name for name, met in found if met is None),
    )


def _asked(
    wanted: Conditions, place: str, question: Question, franchised: Collection[str]
) -> Iterator[tuple[str, Met]]:
    if wanted.gallery_forbids and question.channel == "gallery":
        yield (
            "gallery_forbids",
            False if "order" in wanted.gallery_forbids else None,
        )  # no question tells of prices
    if wanted.title_outside:
        yield "title_outside", question.title != place if question.title else None
    if wanted.never_franchised:
        yield "never_franchised", question.brand not in franchised
    if question.facts is None:
        yield from (
            (name, None) for name in OF_SELLER if getattr(wanted, name) != getattr(UNCONDITIONAL, name)
        )
    else:
        yield from _of_seller(wanted, place, question, franchised, question.facts)


def _of_seller(
    wanted: Conditions, place: str, question: Question, franchised: Collection[str], facts: SellerFacts
) -> Iterator[tuple[str, Met]]:
    on = question.on
    if wanted.stores_max is not None:
        count = facts.counted(unit=wanted.stores_counted, place=place, on=on)
        yield "stores_max", None if count is None else count <= wanted.stores_max
    if wanted.licensed_by is not None:
        since = facts.licensed_since(place=place, on=on, brand=question.brand)
        yield "licensed_by", since is not None and since <= wanted.licensed_by
    if wanted.service_sites_min is not None:
        sites = facts.stores(place=place, on=on, kind="service")
        yield "service_sites_min", sites >= wanted.service_sites_min
    if wanted.registrations_min is not None:
        cars = facts.registered(place=place, on=on)
        yield "registrations_min", None if cars is None else cars >= wanted.registrations_min
    if wanted.affiliate_max_pct is not None:
        held = facts.affiliate_pct(brands=franchised, on=on)
        yield "affiliate_max_pct", held <= wanted.affiliate_max_pct
    if wanted.us_company:
        yield "us_company", facts.seat.partition("-")[0] == "US" if facts.seat else None
