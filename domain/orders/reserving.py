"""A customer reserves a car: no contract yet, but a place in the queue, and perhaps a deposit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.context import Context
from domain.kernel import Decision, Refused, Request, States, Stream, replace
from domain.markets.questions import Question, line_of
from domain.money import Money
from domain.orders.asking import OrderCommand, OrderReminder
from domain.orders.settling import SALES_CHANNELS, concluded
from domain.orders.state import Channel, Order, OrderEvent
from domain.sealed import Sealed, personal
from domain.words import CustomerType, Powertrain

LapseReason = Literal["deposit_missing"]


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


class ReservationLapsed(OrderEvent):
    """The reservation ended by itself, for this reason."""

    reason: LapseReason

    def evolve(self, order: Order, /) -> Order:
        return replace(order, ended="lapsed")


class ReserveOrder(OrderCommand, Request):
    """Begin an order. `market` is ISO 3166-1, or 3166-2 where the parts of a country have laws of their own;
    `region` (3166-2) is where the customer lives, and is taken for the market if it has laws of its own.
    The deposit may be nothing."""

    begins = True

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
        if self.brand not in markets.brands:
            raise Refused(
                "no_market_row",
                "no row of any market speaks of {brand}; there are rows for {known}",
                brand=self.brand,
                known=", ".join(sorted(markets.brands)),
            )
        resolution = markets.governs(
            Question(
                brand=self.brand,
                line=line_of(self.model),
                market=market,
                on=markets.today(market, context.occurred_at),
                powertrain=self.powertrain,
                customer_type=self.customer_type,
                channel=SALES_CHANNELS[self.channel],
            )
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


class LapseReservation(OrderReminder):
    """The deposit is due. If it has not come, and no contract has, the reservation lapses."""

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        if order.ended or order.contract is not None or order.paid >= order.deposit:
            return
        if order.deposit_due_at is not None and context.now < order.deposit_due_at:
            raise Refused("not_due", "the deposit may come before {due_at}", due_at=order.deposit_due_at)
        lapsed = ReservationLapsed(reason="deposit_missing")
        yield from concluded(order, (lapsed,), "lapse", context)
