"""Every chapter of the domain. Importing this fills the registries of events and commands."""

from domain import allocations, handovers, orders, service, settlements
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
