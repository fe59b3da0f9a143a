"""An order, one file a chapter: what may be asked or told, what happens, what it changes."""

from domain.orders import (
    assigning,
    cancelling,
    changing,
    contracting,
    following,
    novating,
    offering,
    paying,
    refusing,
    reserving,
    settling,
    touching,
    withdrawing,
)

__all__ = [
    "assigning",
    "cancelling",
    "changing",
    "contracting",
    "following",
    "novating",
    "offering",
    "paying",
    "refusing",
    "reserving",
    "settling",
    "touching",
    "withdrawing",
]
