"""What the events of one order add up to, and the words its chapters share."""

from __future__ import annotations

from abc import abstractmethod
from datetime import date, datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

from domain.frozen import frozen
from domain.kernel import Event, Family, Refused, Rule, State, replace
from domain.markets.claims import Role
from domain.markets.plans import DistributionModel
from domain.money import Money
from domain.words import ContractChannel, CustomerType, Medium, Party, Powertrain

Channel = Literal["maker_online", "agent", "dealer", "marketplace"]
Source = Literal["factory", "stock", "pool"]
CarStage = Literal["ordered", "planned", "frozen", "built", "in_transit", "on_site"]
Withdrawal = Literal["none", "declared", "accepted", "denied"]
Ending = Literal["", "lapsed", "cancelled", "withdrawn", "returned"]
Consenter = Literal["partner", "customer"]

CAR_STAGES: Final[tuple[CarStage, ...]] = ("ordered", "planned", "frozen", "built", "in_transit", "on_site")


@frozen
class Quote:
    """The offer that stands. Amounts are minor units of the order's currency."""

    gross: int
    net: int
    options: tuple[str, ...]
    price_authority: Party
    valid_until: datetime


@frozen
class Sale:
    """Who sells the car, by which distribution model, and the plan that an agent is paid by. It stands as it
    was signed, whatever model comes later, until the order is novated."""

    distribution_model: DistributionModel
    seller: Party
    seller_id: UUID
    agent_id: UUID | None
    price_setter: Role
    stock_owner: Role
    invoicer: Role
    plan_id: UUID | None
    plan_version: int | None

    @property
    def partners(self) -> tuple[UUID, ...]:
        return partners(self.seller, self.seller_id, self.agent_id)


@frozen
class Consent:
    """Somebody agreed that the order goes to another distribution model, the one of the market's row `row`.
    `consenter_id` is the customer's or the partner's id; `doc_sha256` (hex) is that of what he signed."""

    by: Consenter
    consenter_id: UUID
    distribution_model: DistributionModel
    row: str
    doc_sha256: str
    medium: Medium
    given_at: datetime


@frozen
class Contract:
    """What was signed, as far as later decisions and the order's status need it; the event keeps the rest."""

    sale: Sale
    channel: ContractChannel
    withdrawal_days: int
    withdrawal_rule: Rule | None
    withdrawal_extension_months: int
    registration_required: bool
    promised_from: date | None
    promised_to: date | None
    signed_at: datetime


@frozen
class Car:
    """The car that is meant for this order. `frozen_at`: from then on the configuration stands."""

    vehicle_id: UUID
    production_no: str = ""
    stage: CarStage = "ordered"
    frozen_at: datetime | None = None


@frozen
class Order(State):
    """One order, from its reservation to its last open thing. Amounts are minor units of `currency`.

    `told` holds the natural ids of what was reported, so that a repeat is known. `ended` says how the order
    ended without a sale, or "" while it did not; `consents` are those to a novation that has not come, `novated_on`
    is the local day of the last one that did; `declared_at` is the earliest withdrawal that was declared and
    `withdrawal_in_time` what it is worth; `fee` and `value_loss` are what the customer owes all the same.
    """

    family: ClassVar[Family] = "orders"

    customer_id: UUID | None = None
    customer_type: CustomerType = "private"
    brand: str = ""
    model: str = ""
    powertrain: Powertrain = "ICE"
    region: str = ""
    channel: Channel = "maker_online"
    currency: str = ""
    deposit: int = 0
    deposit_due_at: datetime | None = None
    dealers: tuple[UUID, ...] = ()
    respond_by: datetime | None = None

    quote: Quote | None = None
    informed: bool = False
    fully_informed: bool = False
    contract: Contract | None = None
    consents: tuple[Consent, ...] = ()
    novated_on: date | None = None
    options: tuple[str, ...] = ()
    gross: int = 0
    net: int = 0
    estimate_from: date | None = None
    estimate_to: date | None = None

    paid: int = 0
    refund_due: int = 0
    refund_due_at: datetime | None = None
    refunded: int = 0
    fee: int = 0
    value_loss: int = 0
    told: frozenset[str] = frozenset()

    car: Car | None = None
    handover_at: datetime | None = None
    handover_site_id: UUID | None = None
    pdi_passed: bool = False
    registered: bool = False
    delivered_at: datetime | None = None
    delivered_vehicle_id: UUID | None = None
    withdraw_until: datetime | None = None
    window_open: bool = False
    withdrawal: Withdrawal = "none"
    declared_at: datetime | None = None
    withdrawal_in_time: bool | None = None
    car_back: bool = False
    settled: bool = False
    ended: Ending = ""

    @property
    def exists(self) -> bool:
        return self.customer_id is not None

    @property
    def frozen(self) -> bool:
        return self.car is not None and self.car.frozen_at is not None

    @property
    def dealer_id(self) -> UUID | None:
        """The dealer whom the reservation is assigned to now."""
        return self.dealers[-1] if self.dealers else None

    def has_car(self, vehicle_id: UUID) -> bool:
        return self.car is not None and self.car.vehicle_id == vehicle_id

    def keeps(self, vehicle_id: UUID) -> bool:
        """Whether the customer was handed this car, and did not give it back."""
        return self.delivered_vehicle_id == vehicle_id and not self.car_back

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    def minor(self, amount: Money) -> int:
        """The minor units of an amount in the order's currency. No decision lets another currency in."""
        return amount.minor if amount.currency == self.currency else 0

    def hears(self, *natural_ids: str) -> frozenset[str]:
        return self.told.union(natural_ids)

    def with_car(
        self, vehicle_id: UUID, stage: CarStage, told: str, frozen_at: datetime | None = None
    ) -> Order:
        """The order after its car reached a stage. Milestones come late and out of turn; the furthest counts."""
        car = self.car if self.car and self.has_car(vehicle_id) else Car(vehicle_id=vehicle_id)
        furthest = max(car.stage, stage, key=CAR_STAGES.index)
        return replace(
            self,
            car=replace(car, stage=furthest, frozen_at=car.frozen_at or frozen_at),
            told=self.hears(f"{told} {vehicle_id}"),
        )


class OrderEvent(Event, of=Order):
    """Something that happened to one order."""

    @abstractmethod
    def evolve(self, order: Order, /) -> Order: ...


def existing(order: Order, order_id: UUID) -> Order:
    """The order, if its stream has begun.

    Raises:
        Refused: `unknown_order`.
    """
    if not order.exists:
        raise Refused("unknown_order", "there is no order {order_id}: reserve it first", order_id=order_id)
    return order


def running(order: Order) -> Order:
    """The order, if it has not ended.

    Raises:
        Refused: the code says how it ended: `lapsed`, `cancelled`, `withdrawn` or `returned`.
    """
    if order.ended:
        raise Refused(order.ended, "this order has ended: it is {ended}", ended=order.ended)
    return order


def partners(seller: Party, seller_id: UUID, agent_id: UUID | None) -> tuple[UUID, ...]:
    """The agent who acts, or the dealer or agent who sells; nobody where the maker sells alone."""
    selling = () if seller == "maker" else (seller_id,)
    acting = () if agent_id is None else (agent_id,)
    return tuple(dict.fromkeys((*selling, *acting)))
