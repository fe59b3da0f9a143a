"""A customer reserves a car: no contract yet, but a place in the queue, and perhaps a deposit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.context import Context
from domain.kernel import Decision, Refused, Request, States, Stream, replace
from domain.markets.rows import Assignment
from domain.money import Money
from domain.orders.asking import OrderCommand, OrderReminder, OrderRequest
from domain.orders.settling import concluded, resolve
from domain.orders.state import Channel, Order, OrderEvent, Powertrain
from domain.sealed import Sealed, personal
from domain.words import CustomerType

Basis = Literal["customer_choice", "nearest"]
LapseReason = Literal["deposit_missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A dealer who could take the reservation, and how far from the customer he is."""

    dealer_id: UUID
    distance_km: int


class ReservationPlaced(OrderEvent):
    """`market` is the place whose law governs the order; `region` (ISO 3166-2) where the customer lives, ""
    if nobody said. `deposit_due_at` is the first moment at which the deposit is too late."""

    customer_id: UUID
    buyer: Sealed
    brand: str
    model: str
    powertrain: Powertrain
    market: str
    region: str
    channel: Channel
    deposit: Money
    deposit_due_at: datetime
    customer_type: CustomerType = "private"

    def evolve(self, order: Order, /) -> Order:
        return replace(
            order,
            customer_id=self.customer_id,
            customer_type=self.customer_type,
            brand=self.brand,
            model=self.model,
            powertrain=self.powertrain,
            market=self.market,
            region=self.region,
            channel=self.channel,
            currency=self.deposit.currency,
            deposit=self.deposit.minor,
            deposit_due_at=self.deposit_due_at,
        )


class ReservationAssignedToDealer(OrderEvent):
    """The reservation is this dealer's to answer, until `respond_by`."""

    dealer_id: UUID
    basis: Basis
    candidates: tuple[Candidate, ...]
    rule: str
    rule_version: int
    respond_by: datetime

    def evolve(self, order: Order, /) -> Order:
        return replace(order, dealers=(*order.dealers, self.dealer_id), respond_by=self.respond_by)


class ReservationLapsed(OrderEvent):
    """The reservation ended by itself, for this reason."""

    reason: LapseReason

    def evolve(self, order: Order, /) -> Order:
        return replace(order, ended="lapsed")


class ReserveOrder(OrderCommand, Request):
    """Begin an order. `market` is ISO 3166-1, or 3166-2 where the parts of a country have laws of their own;
    `region` (3166-2) is where the customer lives, and is taken for the market if it has laws of its own.
    The deposit may be nothing."""

    customer_id: UUID
    buyer: Sealed = personal(subject="customer_id", group="contract")
    brand: str
    model: str
    powertrain: Powertrain
    market: str
    region: str = ""
    channel: Channel
    deposit: Money
    customer_type: CustomerType = "private"

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Order, self.order_id)
        if states[stream].exists:
            raise Refused("exists", "order {order_id} is reserved already", order_id=self.order_id)
        for event in self.happens(states[stream], context):
            yield stream, event

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        if self.region and self.region[:2] != self.market[:2]:
            raise Refused(
                "region", "{region} does not lie in {market}", region=self.region, market=self.market
            )
        markets = context.markets
        market = markets.governing(self.market, self.region)
        resolution = markets.resolve(
            brand=self.brand,
            market=market,
            customer_type=self.customer_type,
            on=markets.today(market, context.occurred_at),
        )
        if self.deposit.currency != resolution.currency:
            raise Refused(
                "currency",
                "the deposit is in {told}, but {market} pays in {currency}",
                told=self.deposit.currency,
                market=market,
                currency=resolution.currency,
            )
        if self.deposit.minor < 0:
            raise Refused("amount", "the deposit is {deposit}: it cannot be negative", deposit=self.deposit)
        yield ReservationPlaced(
            customer_id=self.customer_id,
            customer_type=self.customer_type,
            buyer=self.buyer,
            brand=self.brand,
            model=self.model,
            powertrain=self.powertrain,
            market=market,
            region=self.region,
            channel=self.channel,
            deposit=self.deposit,
            deposit_due_at=resolution.deadline(context.occurred_at, days=resolution.deposit_due_days),
        )


class AssignReservation(OrderRequest):
    """Give the reservation to a dealer, as the market's row says: the one the customer chose, else the nearest
    of the candidates (of two as near, the one with the smaller id). A dealer who did not answer in time is
    passed over."""

    candidates: tuple[Candidate, ...]
    chosen_dealer_id: UUID | None = None

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        resolution = resolve(order, context)
        row = resolution.assignment
        if row is None:
            raise Refused(
                "not_assigned_here",
                "no row of {market} sends reservations to dealers",
                market=order.market,
            )
        if order.contract is not None:
            raise Refused("contracted", "the contract is signed: there is nothing to assign any more")
        basis: Basis = "nearest" if self.chosen_dealer_id is None else "customer_choice"
        dealer_id = self.chosen_dealer_id or self.nearest(order, row, context)
        if dealer_id == order.dealer_id:
            return
        yield ReservationAssignedToDealer(
            dealer_id=dealer_id,
            basis=basis,
            candidates=self.candidates,
            rule=row.rule.id,
            rule_version=row.rule.version,
            respond_by=resolution.deadline(context.occurred_at, days=row.respond_days),
        )

    def nearest(self, order: Order, row: Assignment, context: Context) -> UUID:
        """The nearest dealer who has not had his chance yet."""
        if order.respond_by is not None and context.occurred_at < order.respond_by:
            raise Refused(
                "dealer_may_answer",
                "the dealer may answer until {respond_by}; only the customer may choose another before",
                rule=row.rule,
                respond_by=order.respond_by,
            )
        fresh = [candidate for candidate in self.candidates if candidate.dealer_id not in order.dealers]
        if not fresh:
            raise Refused("no_dealer", "no dealer is left to choose from: give more `candidates`")
        return min(fresh, key=lambda dealer: (dealer.distance_km, dealer.dealer_id)).dealer_id


class LapseReservation(OrderReminder):
    """The deposit is due. If it has not come, and no contract has, the reservation lapses."""

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        if order.ended or order.contract is not None or order.paid >= order.deposit:
            return
        if order.deposit_due_at is not None and context.now < order.deposit_due_at:
            raise Refused("not_due", "the deposit may come before {due_at}", due_at=order.deposit_due_at)
        lapsed = ReservationLapsed(reason="deposit_missing")
        yield from concluded(order, (lapsed,), "lapse", context)
