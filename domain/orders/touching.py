"""Somebody of the seller's side met the customer: in person or not, in which role. It is logged; who explains
earns nothing by it.

What came before the reservation is told on the order that became of it, with the id of its lead.
"""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from domain.context import Context
from domain.kernel import Decision, Refused, Report, State, States, Stream, replace
from domain.orders.asking import flags
from domain.orders.state import Order, OrderEvent, existing
from domain.partners.state import partner_stream

TouchpointKind = Literal["web", "showroom", "gallery", "home", "phone"]
TouchpointRole = Literal["seller", "product_genius", "customer_care"]

# A person of these is the partner's; customer care is the maker's call centre.
POSTED: Final[frozenset[TouchpointRole]] = frozenset({"seller", "product_genius"})
REMOTE: Final[frozenset[TouchpointKind]] = frozenset({"web", "phone"})


class TouchpointRecorded(OrderEvent):
    """`physical_presence`: both were in one place, which may take a right to withdraw away. `staff_id` is
    opaque, None where nobody was there. `contradicts` names what does not fit: how the order had ended,
    `remote` (in person, by web or phone), `nobody_present`, `role_not_held` (the partner knows that person in
    no such role)."""

    touchpoint_id: UUID
    kind: TouchpointKind
    physical_presence: bool
    staff_id: UUID | None
    staff_role: TouchpointRole | None
    partner_id: UUID | None
    site_id: UUID | None
    price_discussed: bool
    lead_id: UUID | None = None
    contradicts: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        return replace(order, told=order.hears(f"touchpoint {self.touchpoint_id}"))


class RecordTouchpoint(Report):
    """The customer was met. With `partner_id` it is compared with the roles that this partner told, if he is
    registered. The same touchpoint again tells nothing new."""

    order_id: UUID
    touchpoint_id: UUID
    kind: TouchpointKind
    physical_presence: bool
    staff_id: UUID | None = None
    staff_role: TouchpointRole | None = None
    partner_id: UUID | None = None
    site_id: UUID | None = None
    price_discussed: bool = False
    lead_id: UUID | None = None

    def reads(self) -> tuple[Stream[State], ...]:
        partner = () if self.partner_id is None else (partner_stream(self.partner_id),)
        return (Stream(Order, self.order_id), *partner)

    def writes(self, reads: tuple[Stream[State], ...]) -> tuple[Stream[State], ...]:
        return reads[:1]  # the order; at the partner it only looks

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Order, self.order_id)
        order = existing(states[stream], self.order_id)
        if (self.staff_id is None) != (self.staff_role is None):
            raise Refused(
                "staff_role", "staff_id and staff_role go together: give both, or none if nobody met"
            )
        if f"touchpoint {self.touchpoint_id}" in order.told:
            return
        yield (
            stream,
            TouchpointRecorded(
                touchpoint_id=self.touchpoint_id,
                kind=self.kind,
                physical_presence=self.physical_presence,
                staff_id=self.staff_id,
                staff_role=self.staff_role,
                partner_id=self.partner_id,
                site_id=self.site_id,
                price_discussed=self.price_discussed,
                lead_id=self.lead_id,
                contradicts=flags(
                    order,
                    remote=self.physical_presence and self.kind in REMOTE,
                    nobody_present=self.physical_presence and self.staff_id is None,
                    role_not_held=self.not_held(order, states, context),
                ),
            ),
        )

    def not_held(self, order: Order, states: States, context: Context) -> bool:
        """Whether the partner is known, and does not know this person in this role."""
        if self.partner_id is None or self.staff_id is None or self.staff_role not in POSTED:
            return False
        partner = states[partner_stream(self.partner_id)]
        day = context.markets.today(order.market, context.occurred_at)
        return partner.exists and not partner.works_as(self.staff_id, self.staff_role, day)
