"""What every command about an order has in common: the order it is about, and the checks of its fields."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from uuid import UUID

from domain.checks import codes
from domain.context import Context
from domain.kernel import Command, Decision, Refused, Report, Request, State, States, Stream
from domain.money import Money
from domain.orders.state import Order, OrderEvent, existing, running


class OrderCommand(Command, kind=True):
    """A command that reads and writes one order, which must exist."""

    order_id: UUID

    def reads(self) -> tuple[Stream[State], ...]:
        return (Stream(Order, self.order_id),)

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Order, self.order_id)
        for event in self.happens(self.admitted(states[stream]), context):
            yield stream, event

    def admitted(self, order: Order) -> Order:
        """The order, if it can be asked this at all.

        Raises:
            Refused: there is no such order.
        """
        return existing(order, self.order_id)

    @abstractmethod
    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        """What happens to the order.

        Raises:
            Refused: it may not happen.
        """


class OrderRequest(OrderCommand, Request, kind=True):
    """Asks something of an order that has not ended."""

    def admitted(self, order: Order) -> Order:
        return running(super().admitted(order))


class OrderReminder(OrderCommand, Request, kind=True):
    """Asked by a timer when something falls due. Nothing happens if it is moot by then."""


class OrderReport(OrderCommand, Report, kind=True):
    """Tells what happened to an order, in whatever state it is."""


def flags(order: Order, **contradictions: bool) -> tuple[str, ...]:
    """The codes of what a report contradicts: how the order ended, if it did, and the names that are true."""
    return ((order.ended,) if order.ended else ()) + codes(**contradictions)


def in_currency(order: Order, **amounts: Money) -> None:
    """Check that amounts are in the order's currency and not negative.

    Raises:
        Refused: `currency` or `amount`.
    """
    for name, amount in amounts.items():
        if amount.currency != order.currency:
            raise Refused(
                "currency",
                "{name} is in {told}, but this order is in {currency}",
                name=name,
                told=amount.currency,
                currency=order.currency,
            )
        if amount.minor < 0:
            raise Refused("amount", "{name} is {amount}: it cannot be negative", name=name, amount=amount)


def positive(order: Order, **amounts: Money) -> None:
    """Check that amounts are in the order's currency and more than nothing.

    Raises:
        Refused: `currency` or `amount`.
    """
    in_currency(order, **amounts)
    for name, amount in amounts.items():
        if amount.minor == 0:
            raise Refused("amount", "{name} is nothing: it must be more than zero", name=name)
