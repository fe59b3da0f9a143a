"""Money: integer minor units with a currency. There is no float and no conversion."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

CURRENCY = re.compile(r"[A-Z]{3}")


@lru_cache
def _is_code(currency: str) -> bool:
    return CURRENCY.fullmatch(currency) is not None


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount of `minor` units (cents, pence; yen have none) of an ISO 4217 `currency`.

    Raises:
        ValueError: the currency is not three capital letters.
        CurrencyMismatch: an operation meets two currencies.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not _is_code(self.currency):
            raise ValueError("currency must be three capital letters such as EUR")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def share(self, basis_points: int) -> Money:
        """This amount times a rate in hundredths of a percent, rounded half to even: 5.5 % is 550."""
        whole, rest = divmod(self.minor * basis_points, 10_000)
        up = rest > 5_000 or (rest == 5_000 and whole % 2 == 1)
        return Money(whole + up, self.currency)

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")
        return other.minor

    def __str__(self) -> str:
        return f"{self.minor} {self.currency} (minor units)"
