"""How a stretch of a timeline looks: legible by its letter and its fill where there is no colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.markets.segments import Segment


@dataclass(frozen=True, slots=True)
class Look:
    """`letter` stands where `word` has no room. `fill` and `style` are a terminal's; `light` and `dark` colour a
    picture. `says` is for the legend."""

    letter: str
    word: str
    fill: str
    style: str
    light: str
    dark: str
    says: str


LOOKS: Final[dict[str, Look]] = {
    "franchise": Look(
        "F", "franchise", "░", "blue", "#a9c8f5", "#1f4b85", "dealers buy the cars and sell them"
    ),
    "agency_non_genuine": Look(
        "A", "agency", "▒", "yellow", "#ffc46b", "#8a5300", "agents sell for the maker, at risks of their own"
    ),
    "agency_genuine": Look(
        "G", "genuine agency", "▓", "magenta", "#e3b3ef", "#70337f", "agents sell for the maker, at its risk"
    ),
    "direct": Look("D", "direct", "█", "green", "#93d8a2", "#1d6b33", "the maker sells by itself"),
    "pool": Look("P", "pool", "▚", "cyan", "#8fdce0", "#17656a", "dealers sell from a common stock"),
    "refused": Look("X", "refused", "╳", "red", "#f5a3a3", "#8a2020", "nobody may sell"),
    "precautionary": Look("x", "refused to be safe", "×", "red", "#fbd5d5", "#5c2a2a", "weak rows forbid it"),
    "imprecise": Look(
        "╱",
        "some day in here",
        "╱",
        "yellow",
        "#f6efd8",
        "#453e26",
        "it changes, and the sources leave the day open: undetermined",
    ),
    "disagree": Look(
        "≠",
        "rows disagree",
        "≠",
        "bright_magenta",
        "#ecdff5",
        "#43314f",
        "nobody has ruled: undetermined",
    ),
    "contested": Look(
        "c", "in court", "≈", "bright_magenta", "#ecdff5", "#43314f", "undetermined until it has ruled"
    ),
    "weak": Look(
        "w", "too weak", "~", "white", "#e9ebee", "#363b42", "the rows cannot permit anything: undetermined"
    ),
    "overdue": Look(
        "o", "overdue", "…", "white", "#e9ebee", "#363b42", "nobody looked at the rows again: undetermined"
    ),
    "no_row": Look(
        "?", "no row", "·", "white", "#f3f4f6", "#272b31", "nothing says that it may be sold: undetermined"
    ),
}


def look_of(segment: Segment) -> str:
    """The name of its look."""
    if segment.ground is None:
        return segment.model
    if segment.doubt is not None:
        return segment.doubt
    return "precautionary" if segment.precautionary else "refused"
