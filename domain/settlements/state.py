"""What a partner is owed: the published plans, and one account per partner. Confidential."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal
from uuid import UUID

from domain.frozen import frozen
from domain.kernel import Event, Family, State
from domain.money import Money
from domain.words import Fault

PriceName = Literal["net_price", "gross_price"]
EarnOn = Literal["delivery", "window_end", "payment"]


@frozen
class PlanTerms:
    """One version of a plan. Of the sum of the contract's prices named in `basis` the agent earns
    `base_rate_bp` hundredths of a percent, and whoever hands the car over earns `handover_fee`, once
    `earn_on` has come. When an order ends later, what was earned is taken back if the end is the fault of one
    of `clawback_faults`. Months are counted in `zone`, an IANA name."""

    plan_id: UUID
    version: int
    currency: str
    base_rate_bp: int
    handover_fee: Money
    basis: tuple[PriceName, ...]
    earn_on: EarnOn
    clawback_faults: tuple[Fault, ...]
    zone: str = "UTC"


@dataclass(frozen=True)
class Plan(State):
    """Every version of one plan; an order keeps the version that its contract named."""

    family: ClassVar[Family] = "settlements"

    versions: tuple[PlanTerms, ...] = ()

    @property
    def exists(self) -> bool:
        return bool(self.versions)


@dataclass(frozen=True)
class PartnerAccount(State):
    """One partner's periods: `open_period` is the first that is not closed, "" while none was ever closed."""

    family: ClassVar[Family] = "settlements"

    open_period: str = ""

    @property
    def exists(self) -> bool:
        return bool(self.open_period)


class CommissionPlanEvent(Event, of=Plan):
    """Something about one plan."""

    @abstractmethod
    def evolve(self, plan: Plan, /) -> Plan: ...


class AccountEvent(Event, of=PartnerAccount):
    """Something about one partner's account."""

    @abstractmethod
    def evolve(self, account: PartnerAccount, /) -> PartnerAccount: ...
