"""The order is called off before the car was handed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from domain.context import Context
from domain.kernel import Refused, replace
from domain.money import Money
from domain.orders.asking import OrderRequest, in_currency
from domain.orders.settling import concluded
from domain.orders.state import Order, OrderEvent
from domain.orders.status import OrderStatus, status
from domain.words import Fault

Initiator = Literal["customer", "maker", "agent", "lender", "authority"]
CancellationReason = Literal[
    "change_of_mind",
    "finance_refused",
    "delay",
    "price",
    "duplicate",
    "fraud",
    "subsidy_lost",
    "trade_in_failed",
    "death",
    "maker_cannot_build",
    "maker_discontinued",
    "recall",
    "market_illegal",
    "model_switch",
]


class OrderCancelled(OrderEvent):
    """`fault` says who is to blame, which decides about commission; `stage` how far the order had come;
    `fee` what the customer still owes for it, taken from what was paid."""

    initiator: Initiator
    reason: CancellationReason
    fault: Fault
    fee: Money
    stage: OrderStatus

    def evolve(self, order: Order, /) -> Order:
        return replace(order, ended="cancelled", fee=max(0, order.minor(self.fee)))


class CancelOrder(OrderRequest):
    """Call the order off; after the handover only a withdrawal or a return can undo it. Where the principal is
    to blame the customer owes no fee."""

    initiator: Initiator
    reason: CancellationReason
    fault: Fault
    fee: Money | None = None

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        if order.delivered_at is not None:
            raise Refused(
                "delivered", "the car was handed over on {at}: it cannot be cancelled", at=order.delivered_at
            )
        fee = self.fee or order.money(0)
        in_currency(order, fee=fee)
        if fee.minor and self.fault == "principal":
            raise Refused("fee", "the maker is to blame: the customer owes no fee")
        cancelled = OrderCancelled(
            initiator=self.initiator, reason=self.reason, fault=self.fault, fee=fee, stage=status(order)
        )
        yield from concluded(order, (cancelled,), "cancellation", context)
