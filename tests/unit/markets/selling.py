"""What is known of a seller, for the tests of those who may sell."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Appointed:
    in_force: bool


@dataclass(frozen=True)
class Facts:
    """What is known of a seller, as a test wants it."""

    appointed: bool = True
    licensed: Any = "in_force"
    since: date | None = date(2013, 1, 1)
    count: int | None = 3
    seat: str = "US-CA"

    def appointment(self, **_: object) -> Appointed:
        return Appointed(self.appointed)

    def licensing(self, **_: object) -> Any:
        return self.licensed

    def licensed_since(self, **_: object) -> date | None:
        return self.since

    def counted(self, **_: object) -> int | None:
        return self.count

    def stores(self, **_: object) -> int:
        return self.count or 0

    def registered(self, **_: object) -> int | None:
        return self.count

    def affiliate_pct(self, *, brands: Collection[str], **_: object) -> Fraction:
        return Fraction(30)
