"""The dated rows of the markets, as they are loaded. Every row says where it comes from and how sure it is.

A row holds from `valid_from` (included) to `valid_to` (excluded; None: until further notice).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from domain.kernel import Rule
from domain.words import ContractChannel, CustomerType

Confidence = Literal["H", "M", "L", "GK"]  # statute or court seen; press; weak source; general knowledge
DistributionModel = Literal["franchise", "agency_genuine", "agency_non_genuine", "direct", "undetermined"]
Role = Literal["maker", "agent", "dealer", "nobody"]
SalesRule = Literal["EU-01", "US-01"]
Ground = Literal["law", "maker_choice", "franchise_contract", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """When a row holds, and why we believe it."""

    valid_from: date
    valid_to: date | None = None
    confidence: Confidence
    source: str

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A market: a country (ISO 3166-1), or a part of it (ISO 3166-2) where the parts have laws of their own.
    `zone` is an IANA name, `currency` ISO 4217, `calendar` names one of the calendars, `sales_rule` the rule
    by which an audit asks who sold there."""

    market: str
    zone: str
    currency: str
    calendar: str
    sales_rule: SalesRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale(Dated):
    """Who sells these brands in this market: the contract party, who sets the price, owns the stock and
    invoices. Another arrangement is refused under `rule`; `ground` says what stands behind it."""

    brands: tuple[str, ...]
    market: str
    distribution_model: DistributionModel
    seller_of_record: Role
    price_setter: Role
    stock_owner: Role
    invoicer: Role
    rule: Rule
    ground: Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms(Dated):
    """What the market gives every buyer. The right to withdraw: so many days after possession, for these
    kinds of customer and contract, by `withdrawal_rule`; `withdrawal_extension_months` more for who was
    never told. `rolls_over`: a deadline that ends on no working day moves to the next one."""

    market: str
    withdrawal_days: int
    withdrawal_rule: Rule | None = None
    withdrawal_for: tuple[CustomerType, ...] = ()
    withdrawal_channels: tuple[ContractChannel, ...] = ()
    withdrawal_extension_months: int = 0
    rolls_over: bool
    deposit_due_days: int
    refund_days: int
    registration_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(Dated):
    """A reservation goes to a dealer: the customer's choice, else the nearest. Nobody may take it from him
    within `respond_days`, but the customer."""

    market: str
    respond_days: int
    rule: Rule
