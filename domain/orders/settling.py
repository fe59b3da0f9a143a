"""How an order comes to rest: what must go back to the customer, and whether anything is still open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal

from domain.context import Context
from domain.kernel import fold, replace
from domain.markets.answers import Resolution
from domain.markets.claims import SalesChannel
from domain.markets.questions import Question, SellerFacts, line_of
from domain.money import Money
from domain.orders.state import Channel, Order, OrderEvent
from domain.words import Party

SALES_CHANNELS: Final[dict[Channel, SalesChannel]] = {
    "maker_online": "online",
    "agent": "showroom",
    "dealer": "showroom",
    "marketplace": "marketplace",
}
RefundCause = Literal["lapse", "cancellation", "withdrawal", "return", "price_change", "excess_payment"]


class RefundDue(OrderEvent):
    """`amount` is all that is owed to the customer from now on, whatever was owed before. It is late from
    `due_at` on."""

    amount: Money
    due_at: datetime
    cause: RefundCause

    def evolve(self, order: Order, /) -> Order:
        return replace(order, refund_due=order.minor(self.amount), refund_due_at=self.due_at)


class OrderSettled(OrderEvent):
    """Delivered, paid in full, and no window open: nothing is owed by anybody."""

    def evolve(self, order: Order, /) -> Order:
        return replace(order, settled=True)


def resolve(
    order: Order, context: Context, seller: Party | None = None, facts: SellerFacts | None = None
) -> Resolution:
    """What holds for this order on the local day of what is asked or told: for a seller of whom these facts are
    known, or for anybody."""
    markets = context.markets
    return markets.governs(
        Question(
            brand=order.brand,
            line=line_of(order.model),
            market=order.market,
            on=markets.today(order.market, context.occurred_at),
            powertrain=order.powertrain,
            customer_type=order.customer_type,
            channel=SALES_CHANNELS[order.channel],
            home=markets.governing(order.market, order.region),
            seller=seller,
            facts=facts,
        )
    )


def concluded(
    order: Order, events: tuple[OrderEvent, ...], cause: RefundCause, context: Context
) -> Iterator[OrderEvent]:
    """These events, and what follows from them: money that must go back, and the end of the story."""
    yield from events
    after = fold(order, events)
    if (owed := to_return(after)) != after.refund_due:
        refund = RefundDue(amount=after.money(owed), due_at=_due_at(after, context), cause=cause)
        yield refund
        after = refund.evolve(after)
    if nothing_open(after):
        yield OrderSettled()


def to_return(order: Order) -> int:
    """What the customer paid beyond what he owes, less what went back. Before there is a contract, and while
    the order runs, a deposit stays."""
    held = order.paid - order.refunded
    if order.ended:
        return max(0, held - order.fee - order.value_loss)
    return max(0, held - order.gross) if order.contract else order.refund_due


def nothing_open(order: Order) -> bool:
    """Delivered, paid, nothing to refund, no window that runs, no withdrawal that waits for an answer."""
    return (
        order.contract is not None
        and order.delivered_at is not None
        and not order.ended
        and not order.settled
        and not order.window_open
        and order.withdrawal != "declared"
        and order.refund_due == 0
        and order.paid - order.refunded >= order.gross
    )


def _due_at(order: Order, context: Context) -> datetime:
    if order.refund_due and order.refund_due_at is not None:
        return order.refund_due_at
    resolution = resolve(order, context)
    return resolution.deadline(context.occurred_at, days=resolution.refund_days)
