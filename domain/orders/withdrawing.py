"""A consumer takes back his word, as the law lets him: before delivery, or in the window after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from domain.checks import codes, hashes
from domain.context import Context
from domain.kernel import Refused, replace
from domain.orders.asking import OrderReminder, OrderReport, OrderRequest, flags
from domain.orders.settling import concluded
from domain.orders.state import Ending, Order, OrderEvent, Withdrawal
from domain.words import Medium

DenialGround = Literal["out_of_time", "no_distance_contract", "made_to_specification", "business_customer"]


class WithdrawalDeclared(OrderEvent):
    """`window_ends_at` is None before delivery, when no window runs yet. `in_time` is None where the channel
    of the contract is unknown, so that nobody can tell whether there is a right. Of several the earliest
    counts, in whatever order they are told."""

    medium: Medium
    declared_at: datetime
    window_ends_at: datetime | None
    in_time: bool | None
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        if order.declared_at is not None and order.declared_at <= self.declared_at:
            return replace(order, withdrawal="declared")
        return replace(
            order,
            withdrawal="declared",
            declared_at=self.declared_at,
            withdrawal_in_time=self.in_time,
        )


class WithdrawalAccepted(OrderEvent):
    """The withdrawal stands; what the customer paid goes back."""

    def evolve(self, order: Order, /) -> Order:
        ended: Ending = "returned" if order.car_back else "withdrawn"
        return replace(order, withdrawal="accepted", window_open=False, ended=ended)


class WithdrawalDenied(OrderEvent):
    """Denied under an exception of the law, for which `evidence_sha256` (hex) stands."""

    exception: DenialGround
    evidence_sha256: str
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        answer: Withdrawal = "accepted" if order.withdrawal == "accepted" else "denied"
        return replace(order, withdrawal=answer, told=order.hears(f"denial {self.evidence_sha256}"))


class WithdrawalWindowClosed(OrderEvent):
    """The window ended at `closed_at`, whenever we noticed."""

    closed_at: datetime

    def evolve(self, order: Order, /) -> Order:
        return replace(order, window_open=False)


class DeclareWithdrawal(OrderReport):
    """The customer declared, when this happened, that he withdraws. While a declaration waits for its answer
    another tells nothing new, unless it was made earlier: it may have been in time. After one was accepted
    none does."""

    medium: Medium

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        first, told_at = order.declared_at, context.occurred_at
        waits = order.withdrawal == "declared" and first is not None and told_at > first
        if order.withdrawal == "accepted" or told_at == first or waits:
            return
        in_time = judged(order, told_at)
        yield WithdrawalDeclared(
            medium=self.medium,
            declared_at=told_at,
            window_ends_at=order.withdraw_until,
            in_time=in_time,
            contradicts=flags(
                order,
                not_contracted=order.contract is None,
                late=in_time is False and order.withdraw_until is not None,
                no_right=in_time is False and order.withdraw_until is None,
            ),
        )


class AcceptWithdrawal(OrderRequest):
    """Accept what the customer declared, in time or not. What he paid goes back."""

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        if order.withdrawal == "none":
            raise Refused("not_declared", "nobody declared a withdrawal of this order")
        yield from concluded(order, (WithdrawalAccepted(),), "withdrawal", context)


class DenyWithdrawal(OrderReport):
    """The withdrawal was denied under an exception. The same evidence again tells nothing new."""

    exception: DenialGround
    evidence_sha256: str

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        hashes(evidence_sha256=self.evidence_sha256)
        if f"denial {self.evidence_sha256}" in order.told:
            return
        denied = WithdrawalDenied(
            exception=self.exception,
            evidence_sha256=self.evidence_sha256,
            contradicts=codes(
                not_declared=order.withdrawal == "none",
                accepted=order.withdrawal == "accepted",
                in_time=self.exception == "out_of_time" and order.withdrawal_in_time is True,
            ),
        )
        yield from concluded(order, (denied,), "withdrawal", context)


class CloseWithdrawalWindow(OrderReminder):
    """The window has run out. Nothing happens if none is open."""

    def happens(self, order: Order, context: Context) -> Iterator[OrderEvent]:
        if not order.window_open or order.withdraw_until is None:
            return
        if context.now < order.withdraw_until:
            raise Refused("not_due", "the customer may withdraw until {until}", until=order.withdraw_until)
        closed = WithdrawalWindowClosed(closed_at=order.withdraw_until)
        yield from concluded(order, (closed,), "withdrawal", context)


def judged(order: Order, declared_at: datetime) -> bool | None:
    """Whether a withdrawal declared at this moment is in time; None if the channel of the contract, and so
    the right, is unknown."""
    contract = order.contract
    if contract is None:
        return False
    if contract.channel == "unknown":
        return None
    if order.delivered_at is None:
        return contract.withdrawal_days > 0
    return order.withdraw_until is not None and declared_at < order.withdraw_until
