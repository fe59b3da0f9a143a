"""An order, one file a chapter: what may be asked or told, what happens, what it changes."""

from domain.orders import (
    cancelling,
    changing,
    contracting,
    following,
    offering,
    paying,
    refusing,
    reserving,
    settling,
    withdrawing,
)

__all__ = [
    "cancelling",
    "changing",
    "contracting",
    "following",
    "offering",
    "paying",
    "refusing",
    "reserving",
    "settling",
    "withdrawing",
]
