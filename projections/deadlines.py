"""What falls due on orders, for the timers: a deposit that does not come, a withdrawal window that ends.

A timer stands as long as the command it asks for would do something, and not a moment longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from domain.handovers.delivering import Delivered
from domain.handovers.returning import VehicleReturned
from domain.kernel import Recorded, replace
from domain.orders.cancelling import OrderCancelled
from domain.orders.contracting import ContractSigned
from domain.orders.paying import PaymentReceived
from domain.orders.reserving import LapseReservation, ReservationLapsed, ReservationPlaced
from domain.orders.state import Order
from domain.orders.withdrawing import CloseWithdrawalWindow, WithdrawalAccepted, WithdrawalWindowClosed
from infra.timers import PROJECTION, Due
from projections.kernel import Change, Gone, Projection, Rows, same_stream


@dataclass(frozen=True, slots=True)
class Watched:
    """An order as far as its deadlines depend on it: folded from the wanted events alone, and without the ids of
    what was told, which decisions ask."""

    table: ClassVar[str] = "due_watched"
    key: ClassVar[tuple[str, ...]] = ("order_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    order_id: UUID
    state: Order


def dues(order_id: UUID, order: Order) -> frozenset[Due]:
    """The timers of an order in this state."""
    found: set[Due] = set()
    unpaid = order.contract is None and order.paid < order.deposit
    if unpaid and not order.ended and order.deposit_due_at is not None:
        found.add(Due.of(order_id, LapseReservation.__name__, order.deposit_due_at))
    if order.window_open and order.withdraw_until is not None:
        found.add(Due.of(order_id, CloseWithdrawalWindow.__name__, order.withdraw_until))
    return frozenset(found)


def project(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    row = rows.get(Watched, recorded.stream_id)
    before = row.state if row else Order()
    after: Order = replace(recorded.event.evolve(before), told=frozenset())
    yield Watched(recorded.stream_id, after)
    standing, due = dues(recorded.stream_id, before), dues(recorded.stream_id, after)
    yield from due - standing
    for moot in standing - due:
        yield Gone(Due, moot.timer_id)


DEADLINES: Final = Projection(
    name=PROJECTION,
    version=2,
    rows=(Due, Watched),
    project=project,
    hint=same_stream(Watched),
    wants=frozenset(
        {
            ReservationPlaced,
            ReservationLapsed,
            PaymentReceived,
            ContractSigned,
            OrderCancelled,
            Delivered,
            WithdrawalAccepted,
            WithdrawalWindowClosed,
            VehicleReturned,
        }
    ),
)
