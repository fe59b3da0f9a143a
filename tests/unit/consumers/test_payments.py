"""What the bank tells, and what it asks of us."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from consumers.kernel import Amount, Message, Wanted, encode
from consumers.payments import PaymentFailed, PaymentReceived, RefundPaid, payments
from domain.money import Money
from domain.orders.paying import RecordPayment, RecordPaymentFailure, RecordRefund
from domain.sealed import Clear
from infra.errors import InputError

ORDER, LENDER = UUID(int=1), UUID(int=2)
AT = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
EUROS = Amount(minor=50_000, currency="EUR")

received = PaymentReceived(payment_id="p-1", order_id=ORDER, kind="deposit", amount=EUROS, received_at=AT)


def test_money_came_in() -> None:
    assert payments.read(encode(received)) == Wanted(
        command=RecordPayment(order_id=ORDER, payment_id="p-1", kind="deposit", amount=Money(50_000, "EUR")),
        occurred_at=AT,
        actor="bank",
    )


def test_the_payer_goes_to_the_vault_in_clear_and_nowhere_else() -> None:
    message = PaymentReceived(
        payment_id="p-2",
        order_id=ORDER,
        kind="finance",
        amount=EUROS,
        received_at=AT,
        payer_id=LENDER,
        payer="Lender & Sons",
    )
    wanted = payments.read(encode(message))
    assert wanted is not None
    assert isinstance(wanted.command, RecordPayment)
    assert (wanted.command.payer, wanted.command.payer_id) == (Clear("Lender & Sons"), LENDER)
    assert "Lender" not in repr(wanted)


def test_money_failed_to_come() -> None:
    message = PaymentFailed(
        payment_id="p-1", order_id=ORDER, kind="balance", amount=EUROS, reason="declined", failed_at=AT
    )
    failure = RecordPaymentFailure(
        order_id=ORDER, payment_id="p-1", kind="balance", amount=Money(50_000, "EUR"), reason="declined"
    )
    assert payments.read(encode(message)) == Wanted(command=failure, occurred_at=AT, actor="bank")


def test_money_went_back() -> None:
    message = RefundPaid(refund_id="r-1", order_id=ORDER, amount=EUROS, paid_at=AT)
    refund = RecordRefund(order_id=ORDER, refund_id="r-1", amount=Money(50_000, "EUR"))
    assert payments.read(encode(message)) == Wanted(command=refund, occurred_at=AT, actor="bank")


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (
            PaymentReceived(
                payment_id="p",
                order_id=ORDER,
                kind="deposit",
                amount=Amount(minor=-1, currency="EUR"),
                received_at=AT,
            ),
            "field amount.minor",
        ),
        (
            RefundPaid(refund_id="r", order_id=ORDER, amount=Amount(minor=1, currency="euros"), paid_at=AT),
            "field amount.currency",
        ),
        (
            RefundPaid(refund_id="r", order_id=ORDER, amount=Amount(minor=1, currency="EUR\n"), paid_at=AT),
            "field amount.currency",
        ),
    ],
)
def test_an_amount_that_is_none_is_named(message: Message, says: str) -> None:
    with pytest.raises(InputError, match=says):
        payments.read(encode(message))
