"""What the markets' terms are called where people read them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from domain.markets.answers import Ground
from domain.markets.claims import Age, Role, SalesChannel
from domain.markets.doubts import Doubt
from domain.markets.plans import DistributionModel
from domain.words import ContractChannel, CustomerType

MODELS: Final[dict[DistributionModel, str]] = {
    "franchise": "by franchise: dealers buy the cars and sell them in their own name",
    "agency_non_genuine": "by agency (non-genuine): agents sell for the maker, and carry costs and risks of their own",
    "agency_genuine": "by agency (genuine): agents sell for the maker, who carries the costs and the risks",
    "direct": "directly: the maker sells by itself",
    "pool": "from a pool of its dealers: they sell in their own name",
    "undetermined": "in a way that nothing determines",
}
PARTIES: Final[dict[Role, str]] = {
    "maker": "the maker",
    "agent": "an agent",
    "dealer": "a dealer",
    "nobody": "nobody",
}
AGES: Final[dict[Age, str]] = {"new": "new", "nearly_new": "nearly new", "used": "used"}
CUSTOMERS: Final[dict[CustomerType, str]] = {"private": "a private customer", "fleet": "a fleet customer"}
CHANNELS: Final[dict[SalesChannel, str]] = {
    "showroom": "in a showroom",
    "online": "online",
    "phone": "by phone",
    "gallery": "in a gallery",
    "marketplace": "on a marketplace",
}
CONTRACTS: Final[dict[ContractChannel, str]] = {
    "distance": "at a distance",
    "off_premises": "off premises",
    "on_premises": "on the premises",
    "unknown": "nobody knows where",
}
GROUNDS: Final[dict[Ground, str]] = {
    "law": "the law forbids it",
    "contract": "no agreement appoints the seller",
    "maker_policy": "the maker chose another way",
    "licence": "the seller has no licence in force",
    "undetermined": "nothing determines it",
}
DOUBTS: Final[dict[Doubt, str]] = {
    "no_row": "no row speaks of it",
    "contested": "a court has it",
    "imprecise": "it changes about then, and the sources leave the day open",
    "disagree": "the rows disagree, and nobody has ruled",
    "overdue": "the rows were to be looked at again before that day",
    "weak": "the rows are too weak to permit anything",
}
NOT_ASKED: Final[dict[str, str]] = {
    "agreement": "whether an agreement appoints the seller",
    "licence": "whether the seller's licence is in force",
    "stores_max": "how many places the seller has already",
    "licensed_by": "since when the seller is licensed",
    "service_sites_min": "how many service sites the seller has",
    "registrations_min": "how many of its cars are registered",
    "affiliate_max_pct": "how much of the seller belongs to makers with dealers",
    "us_company": "whether the seller is a company of the United States",
    "title_outside": "where the title passes",
}


def listed(names: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def folded(text: str, width: int, indent: str = "") -> list[str]:
    """A text in lines; at least one. The id of a row stays whole."""
    lines = wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return lines or [""]
