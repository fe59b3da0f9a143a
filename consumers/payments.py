"""What the bank tells us about money: received, failed, sent back."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from consumers.kernel import Amount, Consumer, Message, Wanted
from domain.orders.paying import FailureReason, PaymentKind, RecordPayment, RecordPaymentFailure, RecordRefund
from domain.sealed import Clear
from infra.topics import PAYMENTS

ACTOR = "bank"


class PaymentReceived(Message, frozen=True, kw_only=True):
    """`payer` is the name on the account, in clear: it goes to the vault, under the customer or lender whose
    id is `payer_id`."""

    record: ClassVar[str] = "bank.PaymentReceived"
    payment_id: str
    order_id: UUID
    kind: PaymentKind
    amount: Amount
    received_at: datetime
    payer_id: UUID | None = None
    payer: str | None = None

    def __post_init__(self) -> None:
        if self.payer is not None and self.payer_id is None:
            raise ValueError("a `payer` needs a `payer_id` to be sealed under")


class PaymentFailed(Message, frozen=True, kw_only=True):
    record: ClassVar[str] = "bank.PaymentFailed"
    payment_id: str
    order_id: UUID
    kind: PaymentKind
    amount: Amount
    reason: FailureReason
    failed_at: datetime


class RefundPaid(Message, frozen=True, kw_only=True):
    record: ClassVar[str] = "bank.RefundPaid"
    refund_id: str
    order_id: UUID
    amount: Amount
    paid_at: datetime


def ask(message: Message) -> Wanted | None:
    match message:
        case PaymentReceived():
            payment = RecordPayment(
                order_id=message.order_id,
                payment_id=message.payment_id,
                kind=message.kind,
                amount=message.amount.money(),
                payer_id=message.payer_id,
                payer=None if message.payer is None else Clear(message.payer),
            )
            return Wanted(command=payment, occurred_at=message.received_at, actor=ACTOR)
        case PaymentFailed():
            failure = RecordPaymentFailure(
                order_id=message.order_id,
                payment_id=message.payment_id,
                kind=message.kind,
                amount=message.amount.money(),
                reason=message.reason,
            )
            return Wanted(command=failure, occurred_at=message.failed_at, actor=ACTOR)
        case RefundPaid():
            refund = RecordRefund(
                order_id=message.order_id,
                refund_id=message.refund_id,
                amount=message.amount.money(),
            )
            return Wanted(command=refund, occurred_at=message.paid_at, actor=ACTOR)
    return None


payments = Consumer(
    name="payments", topic=PAYMENTS, messages=(PaymentReceived, PaymentFailed, RefundPaid), ask=ask
)
