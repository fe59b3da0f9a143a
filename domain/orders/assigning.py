"""A reservation goes to a dealer, where a row of the market says so: whom the customer chose, or as that row tells.

North Carolina: the chosen dealer, else the nearest of the same line-make, who has ten days. Arizona: the chosen
dealer, or one found by objective criteria, and the dealers are told of the system thirty days before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from domain.checks import hashes
from domain.context import Context
from domain.kernel import Decision, Refused, Request, State, States, Stream, replace
from domain.markets.claims import Assignment, AssignmentBasis
from domain.markets.questions import line_of
from domain.orders.settling import resolve
from domain.orders.state import Order, OrderEvent, existing, running
from domain.partners.state import Partner, partner_stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A dealer who could take the reservation, and how far from the customer he is. `rank` is his place by the
    objective criteria, the smallest first, where such are asked for."""

    dealer_id: UUID
    distance_km: int
    rank: int = 0


class ReservationAssignedToDealer(OrderEvent):
    """The reservation is this dealer's to answer, until `respond_by`; by the row `decided_by`. `criteria_sha256`
    (hex) is that of the criteria, where they chose."""

    dealer_id: UUID
    basis: AssignmentBasis
    candidates: tuple[Candidate, ...]
    rule: str
    rule_version: int
    respond_by: datetime
    criteria_sha256: str = ""
    decided_by: tuple[str, ...] = ()

    def evolve(self, order: Order, /) -> Order:
        return replace(order, dealers=(*order.dealers, self.dealer_id), respond_by=self.respond_by)


class AssignReservation(Request):
    """Give the reservation to a dealer: the one the customer chose, else the nearest of the candidates, or the first
    by the criteria with this SHA-256, as the market's row says (of two that are equal, the one with the smaller
    id). A dealer who did not answer in time is passed over, as is one who is known here and is no dealer of the brand.
    """

    order_id: UUID
    candidates: tuple[Candidate, ...]
    chosen_dealer_id: UUID | None = None
    criteria_sha256: str = ""

    def reads(self) -> tuple[Stream[State], ...]:
        return (Stream(Order, self.order_id), *map(partner_stream, self.dealers))

    def writes(self, reads: tuple[Stream[State], ...]) -> tuple[Stream[State], ...]:
        return reads[:1]  # the order; at the partners it only looks

    @property
    def dealers(self) -> tuple[UUID, ...]:
        """Every dealer whom the command names, once."""
        chosen = () if self.chosen_dealer_id is None else (self.chosen_dealer_id,)
        return tuple(dict.fromkeys((*(one.dealer_id for one in self.candidates), *chosen)))

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Order, self.order_id)
        order = running(existing(states[stream], self.order_id))
        known = {dealer: states[partner_stream(dealer)] for dealer in self.dealers}
        for event in self.assigned(order, known, context):
            yield stream, event

    def assigned(
        self, order: Order, known: Mapping[UUID, Partner], context: Context
    ) -> Iterator[ReservationAssignedToDealer]:
        """What happens to the order. `known` is what is known of the dealers here.

        Raises:
            Refused: it may not happen; with the rule of the row, where there is one.
        """
        resolution = resolve(order, context)
        row = resolution.assignment
        if row is None:
            raise Refused(
                "not_assigned_here",
                "no row of {market} sends reservations to dealers",
                market=order.market,
            )
        if order.contract is not None:
            raise Refused("contracted", "the contract is signed: there is nothing to assign any more")
        day = context.markets.today(order.market, context.occurred_at)
        basis = self.basis(row)
        sells = {dealer for dealer, partner in known.items() if _sells(partner, order, day)}
        dealer_id = self.chosen(row, sells) or self.found(order, row, basis, sells, context)
        if dealer_id == order.dealer_id:
            return
        _told_in_time(known[dealer_id], dealer_id, order, row, day)
        yield ReservationAssignedToDealer(
            dealer_id=dealer_id,
            basis=basis,
            candidates=self.candidates,
            rule=row.rule.id,
            rule_version=row.rule.version,
            respond_by=resolution.deadline(context.occurred_at, days=row.respond_days),
            criteria_sha256=self.criteria_sha256 if basis == "objective_rule" else "",
            decided_by=(row.id,),
        )

    def basis(self, row: Assignment) -> AssignmentBasis:
        """On which of the bases of the row this dealer is found.

        Raises:
            Refused: `basis` or `no_criteria`, with the rule.
        """
        if self.chosen_dealer_id is not None:
            if "customer_choice" not in row.basis:
                raise Refused(
                    "basis",
                    "the row lets no customer choose the dealer",
                    rule=row.rule,
                    rows=(row.id,),
                    source=row.source,
                )
            return "customer_choice"
        if "nearest" in row.basis:
            return "nearest"
        if not self.criteria_sha256:
            raise Refused(
                "no_criteria",
                "without the customer's choice the dealer is found by objective criteria: tell criteria_sha256",
                rule=row.rule,
                rows=(row.id,),
                source=row.source,
            )
        hashes(criteria_sha256=self.criteria_sha256)
        return "objective_rule"

    def chosen(self, row: Assignment, sells: set[UUID]) -> UUID | None:
        """The dealer the customer chose, if he did.

        Raises:
            Refused: `not_same_make`, with the rule.
        """
        chosen = self.chosen_dealer_id
        if chosen is not None and chosen not in sells:
            raise Refused(
                "not_same_make",
                "{dealer} is no dealer of this make: let the customer choose another",
                rule=row.rule,
                rows=(row.id,),
                source=row.source,
                dealer=chosen,
            )
        return chosen

    def found(
        self, order: Order, row: Assignment, basis: AssignmentBasis, sells: set[UUID], context: Context
    ) -> UUID:
        """The first by the basis who sells the make and has not had his chance yet.

        Raises:
            Refused: `dealer_may_answer` or `no_dealer`, with the rule.
        """
        if order.respond_by is not None and context.occurred_at < order.respond_by:
            raise Refused(
                "dealer_may_answer",
                "{dealer} may answer until {until}; only the customer may choose another before",
                rule=row.rule,
                rows=(row.id,),
                source=row.source,
                dealer=order.dealer_id,
                until=order.respond_by,
            )
        fresh = [
            one for one in self.candidates if one.dealer_id in sells and one.dealer_id not in order.dealers
        ]
        if not fresh:
            raise Refused(
                "no_dealer",
                "no dealer of the make is left to choose from: give more `candidates`",
                rule=row.rule,
                rows=(row.id,),
                source=row.source,
            )
        by_rank = basis == "objective_rule"
        first = min(fresh, key=lambda one: (one.rank if by_rank else 0, one.distance_km, one.dealer_id))
        return first.dealer_id


def _sells(partner: Partner, order: Order, day: date) -> bool:
    """Whether he is a dealer of the make. Of a partner who is not registered here nothing is known."""
    if not partner.exists:
        return True
    return partner.facts.appointment(
        brand=order.brand,
        market=order.market,
        on=day,
        role="dealer",
        line=line_of(order.model),
        customer_type=order.customer_type,
    ).in_force


def _told_in_time(partner: Partner, dealer_id: UUID, order: Order, row: Assignment, day: date) -> None:
    """Check that the dealer was told of the reservation system as long before as the row wants.

    Raises:
        Refused: `notice_short`, with the rule.
    """
    if not row.notice_days:
        return
    told = partner.told_of_system(order.brand, order.market)
    if told is None or day < told + timedelta(days=row.notice_days):
        raise Refused(
            "notice_short",
            "{dealer} must be told of the reservation system {days} days before it is used, and was told {told}",
            rule=row.rule,
            rows=(row.id,),
            source=row.source,
            dealer=dealer_id,
            days=row.notice_days,
            told=f"on {told}" if told else "never",
        )
