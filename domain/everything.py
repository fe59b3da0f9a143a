"""Every chapter of the domain. Importing this fills the registries of events and commands."""

from domain import allocations, handovers, orders, service, settlements
from domain.markets import book
from domain.partners import (
    answering,
    certifying,
    ending,
    housing,
    licensing,
    notifying,
    offering,
    owning,
    refusing,
    registering,
    staffing,
)

__all__ = [
    "allocations",
    "answering",
    "book",
    "certifying",
    "ending",
    "handovers",
    "housing",
    "licensing",
    "notifying",
    "offering",
    "orders",
    "owning",
    "refusing",
    "registering",
    "service",
    "settlements",
    "staffing",
]
