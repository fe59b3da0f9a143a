"""What is asked: may this brand be sold in this market on this day, and by whom."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol

from domain.markets.claims import Age, SalesChannel, Tested
from domain.words import Counted, CustomerType, Licensing, Party, Powertrain


class Appointment(Protocol):
    """Whether an agreement appoints the seller."""

    @property
    def in_force(self) -> bool: ...


class SellerFacts(Protocol):
    """What is known of one seller. Every question names its day; None is what nobody told."""

    @property
    def seat(self) -> str:
        """Where the company is registered (ISO 3166), "" while nobody told."""
        ...

    def appointment(
        self,
        *,
        brand: str,
        market: str,
        on: date,
        role: Literal["agent", "dealer"],
        line: str = "",
        customer_type: CustomerType = "private",
    ) -> Appointment: ...

    def licensing(self, *, place: str, on: date, brand: str = "") -> Licensing: ...

    def licensed_since(self, *, place: str, on: date, brand: str = "") -> date | None: ...

    def counted(self, *, unit: Counted, place: str, on: date) -> int | None: ...

    def stores(self, *, place: str, on: date, kind: Literal["service"]) -> int: ...

    def registered(self, *, place: str, on: date) -> int | None: ...

    def affiliate_pct(self, *, brands: Collection[str], on: date) -> Fraction: ...


class Question(NamedTuple):
    """`on` is the local day of the contract. `line` is a slug (`3-series`), "" for any; `powertrain` is None
    while unknown. Without `seller`: may anybody sell? The five places default to the market. With
    `published_by` only what was public on that day counts."""

    brand: str
    market: str
    on: date
    line: str = ""
    powertrain: Powertrain | None = None
    customer_type: CustomerType = "private"
    age: Age = "new"
    channel: SalesChannel = "showroom"
    seller: Party | None = None
    home: str = ""
    contract: str = ""
    delivery: str = ""
    title: str = ""
    licence: str = ""
    published_by: date | None = None
    facts: SellerFacts | None = None

    def place(self, tested: Tested) -> str:
        """The place that a law of this kind asks about."""
        told: str = getattr(self, tested)
        return told or self.market

    @property
    def in_one_place(self) -> bool:
        told = {self.home, self.contract, self.delivery, self.title, self.licence}
        return told <= {"", self.market}


@lru_cache(maxsize=10_000)
def line_of(model: str) -> str:
    """The slug of a model's line: `3 Series` is `3-series`, `ID.3` is `id3`, `Škoda Enyaq` is `skoda-enyaq`."""
    plain = unicodedata.normalize("NFKD", model).lower()  # letters and their accents apart
    return "-".join(re.sub(r"[^a-z0-9 -]", "", plain).split())
