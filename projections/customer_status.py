"""What a customer is told of an order: where it stands, what was promised, and what can still be done.

One row an order. It keeps the folded order, so that the next event needs no other; the columns beside it are
derived from that. What a decision alone asks, the ids of what was told, is left out: it is a third of the order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

from domain.kernel import Recorded, replace
from domain.orders.state import CarStage, Order
from domain.orders.status import MoneyStatus, OrderStatus, Possibility, can_do, money, status
from projections.kernel import Change, Projection, Rows, derived, same_stream

CarStatus = Literal["none", "with_customer", CarStage]

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
NOTHING: Final[frozenset[str]] = frozenset()
NO_ORDER: Final = Order()


@dataclass(frozen=True, slots=True)
class CustomerStatus:
    """`version` is that of the order's stream, `changed_at` when its last event was recorded. `can_do` holds
    what the customer can do until a moment, or for as long as the order stands so: a reader leaves out what
    is over by his clock."""

    table: ClassVar[str] = "customer_status"
    key: ClassVar[tuple[str, ...]] = ("order_id",)
    indexes: ClassVar[tuple[str, ...]] = ("order_status", "customer_id")

    order_id: UUID
    version: int
    changed_at: datetime
    state: Order

    @derived
    def customer_id(self) -> UUID | None:
        return self.state.customer_id

    @derived
    def market(self) -> str:
        return self.state.market

    @derived
    def brand(self) -> str:
        return self.state.brand

    @derived
    def model(self) -> str:
        return self.state.model

    @derived
    def order_status(self) -> OrderStatus:
        return status(self.state)

    @derived
    def car_status(self) -> CarStatus:
        if self.state.delivered_at is not None and not self.state.car_back:
            return "with_customer"
        return self.state.car.stage if self.state.car else "none"

    @derived
    def money_status(self) -> MoneyStatus:
        return money(self.state)

    @derived
    def promised_from(self) -> date | None:
        return self.state.contract.promised_from if self.state.contract else None

    @derived
    def promised_to(self) -> date | None:
        return self.state.contract.promised_to if self.state.contract else None

    @derived
    def estimate_from(self) -> date | None:
        return self.state.estimate_from

    @derived
    def estimate_to(self) -> date | None:
        return self.state.estimate_to

    @derived
    def can_do(self) -> tuple[Possibility, ...]:
        return can_do(self.state, ALWAYS)


def project(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    row = rows.get(CustomerStatus, recorded.stream_id)
    order: Order = recorded.event.evolve(row.state if row else NO_ORDER)
    if order.exists:
        state = replace(order, told=NOTHING) if order.told else order
        yield CustomerStatus(recorded.stream_id, recorded.version, recorded.recorded_at, state)


CUSTOMER_STATUS: Final = Projection(
    name="customer_status",
    version=2,
    rows=(CustomerStatus,),
    project=project,
    hint=same_stream(CustomerStatus),
    wants=frozenset({"orders"}),
)
