"""How orders go in a season: each flow is a story from its first week on, put together from chapters."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from uuid import UUID

from app.demo import chapters as c
from app.demo.tale import Tale, new_id, sha256_hex
from consumers import payments
from domain.allocations.allocating import AllocateVehicle, RetagVehicle
from domain.handovers.returning import ReturnVehicle
from domain.orders.assigning import AssignReservation, Candidate
from domain.orders.cancelling import CancelOrder
from domain.orders.withdrawing import AcceptWithdrawal, DeclareWithdrawal, DenyWithdrawal
from domain.sealed import Clear
from domain.service.booking import BookService
from domain.service.working import CollectVehicle, CompleteWork, HandBackVehicle, StartWork


def agency(tale: Tale, d: c.Deal, rng: Random, *, maker: UUID, plan_id: UUID) -> None:
    """Built to order, sold by the maker, handed over by his agent."""
    contract(tale, d, rng, maker=maker, plan_id=plan_id)
    c.order_production(tale, d)
    build(tale, d, rng)
    deliver(tale, d, rng, price=d.price)


def contract(tale: Tale, d: c.Deal, rng: Random, *, maker: UUID, plan_id: UUID) -> None:
    c.reserve(tale, d)
    c.pay(tale, d, rng, d.deposit)
    tale.later()
    c.offer_price(tale, d, rng, "maker")
    tale.later()
    c.sign(tale, d, rng, seller="maker", seller_id=maker, channel="distance", plan_id=plan_id)


def build(tale: Tale, d: c.Deal, rng: Random) -> None:
    """From the plan to the site of the handover."""
    tale.later()
    if d.changes:
        c.change(tale, d)
    c.tell_plan(tale, d)
    if rng.random() < 0.5:
        tale.later()
        c.tell_estimate(tale, d)
    for chapter in (c.tell_freeze, c.tell_build, c.tell_departure, c.tell_arrival):
        tale.later()
        chapter(tale, d)
    tale.later()


def deliver(tale: Tale, d: c.Deal, rng: Random, *, price: int, paid: bool = True) -> None:
    c.prepare(tale, d, rng)
    if paid:
        c.pay(tale, d, rng, price - d.deposit, kind="balance")
    tale.later()
    c.hand_over(tale, d, rng)


def withdrawn(
    tale: Tale, d: c.Deal, rng: Random, *, maker: UUID, plan_id: UUID, honoured: bool = True
) -> None:
    """Handed over; the customer changes his mind within the window; the car and the money go back."""
    agency(tale, d, rng, maker=maker, plan_id=plan_id)
    tale.later()
    tale.ask(DeclareWithdrawal(order_id=d.order_id, medium="function"), c.WEB)
    if not honoured:
        tale.ask(
            DenyWithdrawal(
                order_id=d.order_id, exception="made_to_specification", evidence_sha256=sha256_hex(rng)
            ),
            str(d.partner_id),
        )
        return
    tale.ask(AcceptWithdrawal(order_id=d.order_id), "desk")
    tale.later()
    tale.ask(
        ReturnVehicle(
            order_id=d.order_id,
            vehicle_id=d.vehicle_id,
            odometer_km=180,
            condition_sha256=sha256_hex(rng),
            value_loss=d.offer.money(0),
        ),
        str(d.partner_id),
    )
    c.refund(tale, d, rng, d.price)


def cancelled_by_customer(tale: Tale, d: c.Deal, rng: Random, *, maker: UUID, plan_id: UUID) -> None:
    contract(tale, d, rng, maker=maker, plan_id=plan_id)
    c.order_production(tale, d)
    tale.later()
    tale.ask(
        CancelOrder(order_id=d.order_id, initiator="customer", reason="change_of_mind", fault="customer"),
        c.WEB,
    )
    c.refund(tale, d, rng, d.deposit)


def cancelled_by_maker(tale: Tale, d: c.Deal, rng: Random, *, maker: UUID, plan_id: UUID) -> None:
    """The maker cannot build the car: his fault, so the agent keeps what he earned."""
    contract(tale, d, rng, maker=maker, plan_id=plan_id)
    c.order_production(tale, d)
    tale.later()
    c.tell_plan(tale, d)
    tale.later()
    tale.ask(
        CancelOrder(order_id=d.order_id, initiator="maker", reason="maker_cannot_build", fault="principal"),
        "desk",
    )
    c.refund(tale, d, rng, d.deposit)


def retagged(tale: Tale, first: c.Deal, d: c.Deal, rng: Random, *, maker: UUID, plan_id: UUID) -> None:
    """A car is planned before it has a customer; it goes to one who cancels in time, and on to another."""
    c.order_production(tale, d, with_customer=False)
    c.tell_plan(tale, d)
    contract(tale, first, rng, maker=maker, plan_id=plan_id)
    tale.ask(AllocateVehicle(order_id=first.order_id, vehicle_id=d.vehicle_id, source="factory"), "planning")
    contract(tale, d, rng, maker=maker, plan_id=plan_id)
    tale.ask(
        RetagVehicle(
            vehicle_id=d.vehicle_id,
            from_order_id=first.order_id,
            to_order_id=d.order_id,
            reason="earlier_promise",
        ),
        "planning",
    )
    for chapter in (c.tell_freeze, c.tell_build, c.tell_departure, c.tell_arrival):
        tale.later()
        chapter(tale, d)
    tale.later()
    deliver(tale, d, rng, price=d.offer.gross)


def lapsed(tale: Tale, d: c.Deal) -> None:
    """The deposit never comes."""
    c.reserve(tale, d)


def franchise(tale: Tale, d: c.Deal, rng: Random, *, paid: bool) -> None:
    """A dealer sells a car of his stock, at his price, in his showroom."""
    c.reserve(tale, d)
    c.pay(tale, d, rng, d.deposit)
    c.enter_stock(tale, d, rng)
    c.tell_vin(tale, d)
    tale.later()
    c.offer_price(tale, d, rng, "dealer")
    c.sign(tale, d, rng, seller="dealer", seller_id=d.partner_id, channel="on_premises")
    tale.ask(AllocateVehicle(order_id=d.order_id, vehicle_id=d.vehicle_id, source="stock"), str(d.partner_id))
    tale.later()
    deliver(tale, d, rng, price=d.offer.gross, paid=paid)


def united_states(
    tale: Tale, d: c.Deal, rng: Random, *, maker: UUID, tried: bool, chosen: bool, paid: bool
) -> None:
    """The maker's site takes a reservation and may not sell; a dealer does, and tells of it."""
    c.reserve(tale, d)
    c.pay(tale, d, rng, d.deposit)
    tale.later()
    if tried:
        c.offer_price(tale, d, rng, "maker")
        c.sign(tale, d, rng, seller="maker", seller_id=maker, channel="distance", refusable=True)
    near = tuple(Candidate(dealer_id=one, distance_km=rng.randint(1, 90)) for one in d.offer.partners)
    tale.ask(
        AssignReservation(
            order_id=d.order_id, candidates=near, chosen_dealer_id=d.partner_id if chosen else None
        ),
        c.WEB,
        refusable=True,  # only where a row of the state sends reservations to dealers
    )
    c.enter_stock(tale, d, rng)
    c.tell_vin(tale, d)
    tale.later()
    c.report_sale(tale, d, rng, seller="dealer", seller_id=d.partner_id)
    tale.ask(AllocateVehicle(order_id=d.order_id, vehicle_id=d.vehicle_id, source="stock"), str(d.partner_id))
    tale.later()
    deliver(tale, d, rng, price=d.offer.gross, paid=paid)


def forbidden_sale(tale: Tale, d: c.Deal, rng: Random, *, seller_id: UUID) -> None:
    """Planted: a maker sold himself where he must not, or where nobody decided who may, and tells of it."""
    c.reserve(tale, d)
    c.pay(tale, d, rng, d.deposit)
    tale.later()
    c.report_sale(tale, d, rng, seller="maker", seller_id=seller_id)


def foreign_payment(tale: Tale, d: c.Deal, rng: Random) -> None:
    """Planted: money in another currency than the order's, a message that must be parked."""
    c.reserve(tale, d)
    c.pay(tale, d, rng, d.deposit, currency="CHF")


def garbled(tale: Tale, rng: Random) -> None:
    """Planted: bytes that are no message."""
    tale.send(payments.payments.topic, new_id(rng), b"\x00\x00\x00\x00\x01 this is no Avro")


def service_visit(tale: Tale, d: c.Deal, rng: Random) -> None:
    """Booked, collected at the customer's address, worked on, brought back."""
    tale.later(3)
    visit, technician = new_id(rng), new_id(rng)
    site = str(d.partner_id)
    tale.ask(
        BookService(
            visit_id=visit,
            vehicle_id=d.vehicle_id,
            customer_id=d.customer_id,
            site_id=d.partner_id,
            starts_at=tale.now + timedelta(days=7),
            collect=True,
            address=Clear(f"{d.number} Example Street, Example Town"),
        ),
        c.WEB,
    )
    tale.later()
    operations = ("inspection", "tyre-change")
    tale.ask(
        CollectVehicle(
            visit_id=visit,
            driver_id=new_id(rng),
            odometer_km=1_240,
            charge_pct=61,
            condition_sha256=sha256_hex(rng),
        ),
        site,
    )
    tale.ask(StartWork(visit_id=visit, technician_id=technician, operations=operations), site)
    tale.ask(CompleteWork(visit_id=visit, operations=operations), site)
    tale.ask(HandBackVehicle(visit_id=visit, odometer_km=1_262, condition_sha256=sha256_hex(rng)), site)
