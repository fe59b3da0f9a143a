"""The workshop's side: a visit is booked, the car collected, worked on and handed back."""

from domain.service import booking, working

__all__ = ["booking", "working"]
