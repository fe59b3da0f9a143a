"""The last chapters of an order: the car is prepared, handed over, and sometimes returned."""

from domain.handovers import delivering, preparing, returning

__all__ = ["delivering", "preparing", "returning"]
