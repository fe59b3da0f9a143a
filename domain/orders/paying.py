"""Money comes in, fails to come, or goes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.checks import codes
from domain.context import Context
from domain.kernel import replace
from domain.money import Money
from domain.orders.asking import OrderReport, flags, positive
from domain.orders.settling import concluded
from domain.orders.state import Order, OrderEvent
from domain.sealed import Sealed, personal

PaymentKind = Literal["deposit", "balance", "finance"]
MoneyMove = Literal["payment", "failure", "refund"]
FailureReason = Literal["declined", "insufficient_funds", "expired", "technical"]


class PaymentReceived(OrderEvent):
    """The bank has the money. `payer_id` says whom `payer` names: the customer or a lender. With
    `told_otherwise` in `contradicts` another amount was told under this id before: that one counts."""

    payment_id: str
    kind: PaymentKind
    amount: Money
    payer: Sealed | None
    payer_id: UUID | None = None
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        counts = 0 if "told_otherwise" in self.contradicts else order.minor(self.amount)
        told = order.hears(*natural_ids("payment", self.payment_id, self.amount))
        return replace(order, paid=order.paid + counts, told=told)


class PaymentFailed(OrderEvent):
    """The bank could not take the money, for this reason."""

    payment_id: str
    kind: PaymentKind
    amount: Money
    reason: FailureReason
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        return replace(order, told=order.hears(*natural_ids("failure", self.payment_id, self.amount)))


class RefundPaid(OrderEvent):
    """Money went back to the customer, at `paid_at`. With `told_otherwise` in `contradicts` another amount was
    told under this id before: that one counts."""

    refund_id: str
    amount: Money
    paid_at: datetime
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        amount = 0 if "told_otherwise" in self.contradicts else order.minor(self.amount)
        return replace(
            order,
            refunded=order.refunded + amount,
            refund_due=max(0, order.refund_due - amount),
            told=order.hears(*natural_ids("refund", self.refund_id, self.amount)),
        )


class RecordPayment(OrderReport):
    """The bank tells of money. `payer` (text, sealed at the door) names who paid; give it with `payer_id`, the
    id of that customer or lender."""

    payment_id: str
    kind: PaymentKind
    amount: Money
    payer_id: UUID | None = None
    payer: Sealed | None = personal(subject="payer_id", group="contract", default=None)

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        positive(order, amount=self.amount)
        known, repeated = heard(order, "payment", self.payment_id, self.amount)
        if repeated:
            return
        owed = order.gross if order.contract else order.deposit
        after = order.paid - order.refunded + self.amount.minor
        received = PaymentReceived(
            payment_id=self.payment_id,
            kind=self.kind,
            amount=self.amount,
            payer=self.payer,
            payer_id=self.payer_id,
            contradicts=flags(order, more_than_owed=after > owed and not known, told_otherwise=known),
        )
        yield from concluded(order, (received,), "excess_payment", context)


class RecordPaymentFailure(OrderReport):
    """The bank could not take the money."""

    payment_id: str
    kind: PaymentKind
    amount: Money
    reason: FailureReason

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        positive(order, amount=self.amount)
        known, repeated = heard(order, "failure", self.payment_id, self.amount)
        if repeated:
            return
        yield PaymentFailed(
            payment_id=self.payment_id,
            kind=self.kind,
            amount=self.amount,
            reason=self.reason,
            contradicts=codes(told_otherwise=known),
        )


class RecordRefund(OrderReport):
    """Money went back to the customer, at the time this happened."""

    refund_id: str
    amount: Money

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        positive(order, amount=self.amount)
        known, repeated = heard(order, "refund", self.refund_id, self.amount)
        if repeated:
            return
        late = order.refund_due_at is not None and context.occurred_at >= order.refund_due_at
        paid = RefundPaid(
            refund_id=self.refund_id,
            amount=self.amount,
            paid_at=context.occurred_at,
            contradicts=codes(
                more_than_due=self.amount.minor > order.refund_due and not known,
                late=late and order.refund_due > 0 and not known,
                told_otherwise=known,
            ),
        )
        yield from concluded(order, (paid,), "excess_payment", context)


def heard(order: Order, kind: MoneyMove, bank_id: str, amount: Money) -> tuple[bool, bool]:
    """Whether the bank told of this id before, and whether with this amount."""
    known, repeated = natural_ids(kind, bank_id, amount)
    return known in order.told, repeated in order.told


def natural_ids(kind: MoneyMove, bank_id: str, amount: Money) -> tuple[str, str]:
    """What the bank calls it, alone and with the amount."""
    return f"{kind} {bank_id}", f"amount {amount.minor} {amount.currency} of {kind} {bank_id}"
