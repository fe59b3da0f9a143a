"""The car's side: built or in stock, allocated to an order, moved to where it is handed over."""

from domain.allocations import allocating, building, damaging, moving, ordering, stocking

__all__ = ["allocating", "building", "damaging", "moving", "ordering", "stocking"]
