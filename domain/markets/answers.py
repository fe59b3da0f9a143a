"""What the rows say to a question: an answer, the rows that decided, and on refusal why, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from domain import deadlines
from domain.deadlines import Calendar
from domain.kernel import Rule
from domain.markets.claims import Assignment, Confidence, Role
from domain.markets.plans import DistributionModel
from domain.words import ContractChannel, Party

Ground = Literal["law", "contract", "maker_policy", "licence", "undetermined"]
Says = Literal["yes", "no", "undetermined", "not_asked"]

GROUNDS: Final[tuple[Ground, ...]] = ("law", "contract", "maker_policy", "licence", "undetermined")
UNDETERMINED: Final = Rule("MK-01", 1)


class Layer(NamedTuple):
    """What one layer says of the seller: law permits, the agreement appoints, the maker adopts, the licence is
    in force. `precautionary`: a no that rests on weak rows alone. `rows` decided, or could not."""

    ground: Ground
    says: Says
    precautionary: bool = False
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """The right of this customer to withdraw, by row `row`: `days` after possession (0: no right), from
    contracts made in these ways; `extension_months` more for who was never told."""

    days: int
    rule: Rule | None
    contracts: tuple[ContractChannel, ...]
    extension_months: int
    confidence: Confidence
    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`distribution_model` is what the maker adopts there, also where law forbids it. `ground` is the first of
    `grounds`, None where it is allowed. `confidence` is that of the weakest row that decided, None where none
    did. `layers` speak of the seller asked about, else of the seller of record. `not_asked` names layers and
    conditions for which the question brought no facts. `rule` is what a refusal or a contract cites."""

    allowed: bool
    distribution_model: DistributionModel
    seller_of_record: Role
    price_setter: Role
    stock_owner: Role
    invoicer: Role
    allowed_roles: tuple[Party, ...]
    withdrawal: Withdrawal | None
    ground: Ground | None
    grounds: tuple[Ground, ...]
    precautionary: bool
    confidence: Confidence | None
    decided_by: tuple[str, ...]
    not_asked: tuple[str, ...]
    rule: Rule
    layers: tuple[Layer, ...]
    sources: tuple[str, ...]
    says: tuple[str, ...]

    def layer(self, ground: Ground) -> Layer:
        """What one of the four layers says; `undetermined` is none of them."""
        return next(one for one in self.layers if one.ground == ground)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """An answer, and what else the market gives an order. `withdrawal_days` is 0 for a customer who has no
    right to withdraw; whether the channel of his contract gives it to him, `withdrawal_days_by` tells.
    `assignment` is None where no row sends reservations to dealers. `terms_weak`: no verdict can rest on the
    terms."""

    answer: Answer
    zone: str
    currency: str
    calendar: Calendar
    rolls_over: bool
    withdrawal_days: int
    withdrawal_confidence: Confidence
    withdrawal_rule: Rule | None
    withdrawal_channels: tuple[ContractChannel, ...]
    withdrawal_extension_months: int
    deposit_due_days: int
    refund_days: int
    registration_required: bool
    terms_row: str
    terms_weak: bool
    assignment: Assignment | None

    def withdrawal_days_by(self, channel: ContractChannel) -> int:
        return self.withdrawal_days if channel in self.withdrawal_channels else 0

    def deadline(self, moment: datetime, *, days: int, months: int = 0) -> datetime:
        """The first moment at which it is too late, in UTC.

        Raises:
            Refused: `calendar_missing`.
        """
        return deadlines.deadline(
            moment,
            days=days,
            months=months,
            zone=self.zone,
            calendar=self.calendar,
            rolls_over=self.rolls_over,
        )

    def contradictions(
        self, *, seller: Role, price_setter: Role, stock_owner: Role, invoicer: Role
    ) -> tuple[str, ...]:
        """In which of the four an arrangement departs from the model in force."""
        answer = self.answer
        asked = {
            "seller": (seller, answer.seller_of_record),
            "price_setter": (price_setter, answer.price_setter),
            "stock_owner": (stock_owner, answer.stock_owner),
            "invoicer": (invoicer, answer.invoicer),
        }
        return tuple(name for name, (told, in_force) in asked.items() if told != in_force)
