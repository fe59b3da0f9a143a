"""What each distribution model makes of the parties: who contracts, sets the price, owns the stock, invoices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.markets.claims import Role
from domain.markets.plans import DistributionModel
from domain.words import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """`sellers` are those who may sell to a customer: an agent sells for the maker, who is the contract party."""

    sellers: tuple[Party, ...]
    seller_of_record: Role
    price_setter: Role
    stock_owner: Role
    invoicer: Role


def _all(party: Party, *, sellers: tuple[Party, ...]) -> Roles:
    return Roles(
        sellers=sellers, seller_of_record=party, price_setter=party, stock_owner=party, invoicer=party
    )


NOBODY: Final = Roles(
    sellers=(), seller_of_record="nobody", price_setter="nobody", stock_owner="nobody", invoicer="nobody"
)
MATRIX: Final[dict[DistributionModel, Roles]] = {
    "franchise": _all("dealer", sellers=("dealer",)),
    "agency_genuine": _all("maker", sellers=("agent", "maker")),
    "agency_non_genuine": _all("maker", sellers=("agent", "maker")),
    "direct": _all("maker", sellers=("maker",)),
    "pool": _all("dealer", sellers=("dealer",)),
    "undetermined": NOBODY,
}
