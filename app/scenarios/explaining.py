"""What the markets answer, by the keys that a scenario may expect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from domain.markets.claims import Age, SalesChannel
from domain.markets.questions import Question, SellerFacts
from domain.markets.resolver import Answer, Markets
from domain.words import CustomerType, Party, Powertrain
from infra.catalogue import load_catalogue
from infra.codec import in_words
from infra.errors import InputError


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a question, as `carnet market explain` has them."""

    brand: str
    market: str
    on: date
    line: str = ""
    powertrain: Powertrain | None = None
    customer: CustomerType = "private"
    age: Age = "new"
    channel: SalesChannel = "showroom"
    seller: Party | None = None
    home: str = ""
    contract: str = ""
    delivery: str = ""
    title: str = ""
    licence: str = ""
    published_by: date | None = None


def explain(markets: Markets, told: Mapping[str, object], facts: SellerFacts | None) -> Answer:
    """Who may sell, by what model and on what ground; `facts` are those of the seller, if one is named.

    Raises:
        InputError: a key of the question is unknown, missing or wrong.
        Refused: there is no such market.
    """
    try:
        asked = msgspec.convert(told, Asked)
    except msgspec.ValidationError as fault:
        raise InputError(f"The question is wrong: {in_words(str(fault))}.") from None
    keys = msgspec.structs.asdict(asked)
    keys["powertrain"] = asked.powertrain or load_catalogue().powertrain(asked.brand, asked.line)
    return markets.resolve(Question(customer_type=keys.pop("customer"), facts=facts, **keys))
