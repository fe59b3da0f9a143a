"""The customer wants another configuration; the car will come earlier or later than was said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal

from domain.context import Context
from domain.kernel import Refused, replace
from domain.money import Money
from domain.orders.asking import OrderReport, OrderRequest, flags, positive
from domain.orders.configuring import orderable
from domain.orders.settling import concluded
from domain.orders.state import Order, OrderEvent

EstimateCause = Literal[
    "production", "transport", "customs", "quality", "damage", "recall", "change", "other"
]


class ChangeRequested(OrderEvent):
    """The customer asked for other options than the contract holds."""

    options_before: tuple[str, ...]
    options_after: tuple[str, ...]

    def evolve(self, order: Order, /) -> Order:
        return order


class ChangeAccepted(OrderEvent):
    """The contract now holds these options at these prices; `price_delta` is the change of `gross`."""

    options: tuple[str, ...]
    price_delta: Money
    gross: Money
    net: Money
    eta_delta_days: int

    def evolve(self, order: Order, /) -> Order:
        return replace(
            order,
            options=self.options,
            gross=order.minor(self.gross),
            net=order.minor(self.net),
            estimate_from=moved(order.estimate_from, self.eta_delta_days),
            estimate_to=moved(order.estimate_to, self.eta_delta_days),
        )


class DeliveryEstimateChanged(OrderEvent):
    """The car is now expected between these two local dates, both included."""

    estimate_from: date
    estimate_to: date
    cause: EstimateCause
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        return replace(order, estimate_from=self.estimate_from, estimate_to=self.estimate_to)


class RequestChange(OrderRequest):
    """Ask for other options, at these new prices of the whole car. It is granted until the car is frozen. The
    same options at the same prices change nothing."""

    options: tuple[str, ...]
    gross: Money
    net: Money
    eta_delta_days: int = 0

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        positive(order, gross=self.gross, net=self.net)
        if order.contract is None:
            raise Refused("not_contracted", "there is no contract to change: issue another quote instead")
        if (self.options, self.gross.minor, self.net.minor) == (order.options, order.gross, order.net):
            return
        if order.delivered_at is not None:
            raise Refused("delivered", "the car was handed over: it cannot be changed any more")
        if order.car is not None and order.car.frozen_at is not None:
            raise Refused(
                "frozen",
                "the car was frozen on {frozen_at}: it is built as it is",
                frozen_at=order.car.frozen_at,
            )
        if self.options != order.options:
            orderable(order, self.options, order.contract.signed_at, context)
        asked = ChangeRequested(options_before=order.options, options_after=self.options)
        accepted = ChangeAccepted(
            options=self.options,
            price_delta=self.gross - order.money(order.gross),
            gross=self.gross,
            net=self.net,
            eta_delta_days=self.eta_delta_days,
        )
        yield from concluded(order, (asked, accepted), "price_change", context)


class ReviseEstimate(OrderReport):
    """The plant or the carrier expects the car between other local days. The days we know already tell nothing new."""

    estimate_from: date
    estimate_to: date
    cause: EstimateCause

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        if self.estimate_to < self.estimate_from:
            raise Refused("estimate", "estimate_to lies before estimate_from")
        yield from _estimated(order, self.estimate_from, self.estimate_to, self.cause)


class FollowEstimate(OrderReport):
    """A policy tells the order when its car is now expected: a moment, which is one day on the clocks of the
    order's market. The day we know already tells nothing new."""

    estimate: datetime
    cause: EstimateCause

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        day = context.markets.today(order.market, self.estimate)
        yield from _estimated(order, day, day, self.cause)


def _estimated(order: Order, first: date, last: date, cause: EstimateCause) -> Iterator[OrderEvent]:
    """What a report of these local days tells, if it tells anything new."""
    if (first, last) != (order.estimate_from, order.estimate_to):
        yield DeliveryEstimateChanged(
            estimate_from=first,
            estimate_to=last,
            cause=cause,
            contradicts=flags(order, delivered=order.delivered_at is not None),
        )


def moved(day: date | None, days: int) -> date | None:
    """The day so many days later, kept within the calendar."""
    if day is None:
        return None
    ordinal = max(date.min.toordinal(), min(date.max.toordinal(), day.toordinal() + days))
    return day + timedelta(days=ordinal - day.toordinal())
