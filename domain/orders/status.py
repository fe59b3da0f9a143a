"""What to tell a person about an order: its status, its money, and what the customer can still do.

Derived from the state, never stored in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast

from domain.orders.state import CarStage, Order

OrderStatus = Literal[
    "reserved",
    "lapsed",
    "offered",
    "contracted",
    "planned",
    "frozen",
    "built",
    "in_transit",
    "on_site",
    "ready",
    "delivered",
    "in_withdrawal_window",
    "settled",
    "cancelled",
    "withdrawn",
    "returned",
]
MoneyStatus = Literal["none", "deposit_due", "deposit_paid", "part_paid", "paid", "refund_due", "refunded"]
Action = Literal["pay_deposit", "sign", "change", "cancel", "withdraw"]

BY_CAR: Final[dict[CarStage, OrderStatus]] = {
    "ordered": "contracted",
    "planned": "planned",
    "frozen": "frozen",
    "built": "built",
    "in_transit": "in_transit",
    "on_site": "on_site",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Possibility:
    """Something the customer can still do. `until` is the first moment at which it is too late; None where
    an event ends it (the freeze, the handover) and no date is known."""

    action: Action
    until: datetime | None


def status(order: Order) -> OrderStatus:
    """How far the order has come."""
    if order.ended:
        return cast("OrderStatus", order.ended)
    if order.settled:
        return "settled"
    if order.delivered_at is not None:
        return "in_withdrawal_window" if order.window_open else "delivered"
    if order.contract is None:
        return "reserved" if order.quote is None else "offered"
    if order.car is None:
        return "contracted"
    return "ready" if is_ready(order) else BY_CAR[order.car.stage]


def is_ready(order: Order) -> bool:
    """The car stands on site, inspected, and registered where the contract's market wants that first."""
    contract, car = order.contract, order.car
    if contract is None or car is None or car.stage != "on_site":
        return False
    return order.pdi_passed and (order.registered or not contract.registration_required)


def money(order: Order) -> MoneyStatus:
    """Where the money stands."""
    held = order.paid - order.refunded
    if order.refund_due:
        return "refund_due"
    if order.ended and order.refunded:
        return "refunded"
    if order.contract is not None and held >= order.gross:
        return "paid"
    if held > order.deposit:
        return "part_paid"
    if held < order.deposit and not order.ended:
        return "deposit_due"
    return "deposit_paid" if held else "none"


def can_do(order: Order, now: datetime) -> tuple[Possibility, ...]:
    """What the customer can still do at this moment."""
    return tuple(can for can in _possibilities(order) if can.until is None or now < can.until)


def _possibilities(order: Order) -> list[Possibility]:
    if order.ended or not order.exists:
        return []
    can: list[Possibility] = []
    contract = order.contract
    if contract is None:
        if order.paid < order.deposit:
            can.append(Possibility(action="pay_deposit", until=order.deposit_due_at))
        if order.quote is not None:
            can.append(Possibility(action="sign", until=order.quote.valid_until))
    elif order.delivered_at is None and not order.frozen:
        can.append(Possibility(action="change", until=None))
    if order.delivered_at is None:
        can.append(Possibility(action="cancel", until=None))
    if contract is not None and contract.withdrawal_days and order.withdrawal == "none":
        can.append(Possibility(action="withdraw", until=order.withdraw_until))
    return can
