"""Every chapter of the domain. Importing this fills the registries of events and commands."""

from domain import allocations, handovers, orders, service, settlements

__all__ = ["allocations", "handovers", "orders", "service", "settlements"]
