"""What a seller must fulfil to make use of a permission, asked of the facts that a question brings."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, TypeAlias

from domain.markets.claims import UNCONDITIONAL, Conditions, Effect
from domain.markets.questions import Question, SellerFacts
from domain.markets.scopes import Ready

# None: nobody told, so the condition could not be asked.
Met: TypeAlias = bool | None
OF_SELLER: Final = (
    "stores_max",
    "licensed_by",
    "service_sites_min",
    "registrations_min",
    "affiliate_max_pct",
    "us_company",
)


def unmet(
    row: Ready[Effect], question: Question, franchised: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The conditions of a row that the seller does not fulfil, and those that could not be asked. `franchised`
    are the brands that have franchised dealers in the place."""
    if row.conditions == UNCONDITIONAL:
        return (), ()
    found = list(_asked(row.conditions, row.place, question, franchised))
    return (
        tuple(name for name, met in found if met is False),
        tuple(name for name, met in found if met is None),
    )


def _asked(
    wanted: Conditions, place: str, question: Question, franchised: Collection[str]
) -> Iterator[tuple[str, Met]]:
    if wanted.gallery_forbids:
        yield "gallery_forbids", question.channel != "gallery" or "order" not in wanted.gallery_forbids
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
