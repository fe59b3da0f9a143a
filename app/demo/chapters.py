"""The chapters that the flows of a season are put together from, each a few commands and messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import UUID

from app.demo.tale import Tale, new_id, sha256_hex
from consumers import factory, payments
from consumers.kernel import Amount
from domain.allocations.ordering import OrderProduction
from domain.allocations.stocking import EnterStock
from domain.handovers.delivering import RecordHandover
from domain.handovers.preparing import CompletePdi, RecordRegistration, ScheduleHandover
from domain.money import Money
from domain.orders.changing import RequestChange
from domain.orders.contracting import ReportSale, SignContract
from domain.orders.offering import GivePrecontractInfo, IssueQuote
from domain.orders.paying import PaymentKind
from domain.orders.reserving import ReserveOrder
from domain.sealed import Clear
from domain.words import ContractChannel, Party, Powertrain

WEB = "web"
DEPOSIT_MINOR = 50_000
CHANGE_MINOR = 80_000
CHANGED = 0.5  # the share of customers who change what they ordered


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A car as a market sells it. Amounts are minor units; `tax_percent` is the market's on new cars."""

    brand: str
    model: str
    powertrain: Powertrain
    market: str
    region: str
    currency: str
    gross: int
    tax_percent: int
    partners: tuple[UUID, ...]

    @property
    def net(self) -> int:
        return round(self.gross * 100 / (100 + self.tax_percent))

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)


@dataclass(frozen=True, kw_only=True)
class Deal:
    """One customer, one order, one car."""

    offer: Offer
    number: int
    order_id: UUID
    customer_id: UUID
    vehicle_id: UUID
    partner_id: UUID
    deposit: int
    vin: str
    changes: bool

    @property
    def price(self) -> int:
        """What the customer pays in the end: who changes adds an option."""
        return self.offer.gross + CHANGE_MINOR * self.changes

    @property
    def production_no(self) -> str:
        return f"P{self.number:07}"


def deal(offer: Offer, number: int, vin: str, rng: Random) -> Deal:
    """A new deal of this offer."""
    return Deal(
        offer=offer,
        number=number,
        order_id=new_id(rng),
        customer_id=new_id(rng),
        vehicle_id=new_id(rng),
        partner_id=rng.choice(offer.partners),
        deposit=DEPOSIT_MINOR,
        vin=vin,
        changes=rng.random() < CHANGED,
    )


def reserve(tale: Tale, d: Deal) -> None:
    tale.ask(
        ReserveOrder(
            order_id=d.order_id,
            customer_id=d.customer_id,
            buyer=Clear(f"Customer {d.number}, 1 Example Street, customer{d.number}@example.org"),
            brand=d.offer.brand,
            model=d.offer.model,
            powertrain=d.offer.powertrain,
            market=d.offer.market,
            region=d.offer.region,
            channel="maker_online",
            deposit=d.offer.money(d.deposit),
        ),
        WEB,
    )


def pay(
    tale: Tale, d: Deal, rng: Random, minor: int, *, kind: PaymentKind = "deposit", currency: str = ""
) -> None:
    """The bank tells that money came, from an account in the customer's name."""
    message = payments.PaymentReceived(
        payment_id=str(new_id(rng)),
        order_id=d.order_id,
        kind=kind,
        amount=Amount(minor=minor, currency=currency or d.offer.currency),
        received_at=tale.now - timedelta(hours=2),
        payer_id=d.customer_id,
        payer=f"Customer {d.number}",
    )
    tale.send(payments.payments.topic, d.order_id, message)


def refund(tale: Tale, d: Deal, rng: Random, minor: int) -> None:
    message = payments.RefundPaid(
        refund_id=str(new_id(rng)),
        order_id=d.order_id,
        amount=Amount(minor=minor, currency=d.offer.currency),
        paid_at=tale.now - timedelta(hours=2),
    )
    tale.send(payments.payments.topic, d.order_id, message)


def offer_price(tale: Tale, d: Deal, rng: Random, authority: Party) -> None:
    o = d.offer
    tale.ask(
        IssueQuote(
            order_id=d.order_id,
            list_price=o.money(o.gross),
            net=o.money(o.net),
            tax=o.money(o.gross - o.net),
            gross=o.money(o.gross),
            options=("paint-metallic", "heat-pump"),
            price_authority=authority,
            valid_until=tale.now + timedelta(weeks=4),
        ),
        WEB,
    )
    tale.ask(
        GivePrecontractInfo(
            order_id=d.order_id,
            doc_sha256=sha256_hex(rng),
            medium="web",
            language="en",
            includes_withdrawal_form=True,
        ),
        WEB,
    )


def sign(
    tale: Tale,
    d: Deal,
    rng: Random,
    *,
    seller: Party,
    seller_id: UUID,
    channel: ContractChannel,
    plan_id: UUID | None = None,
    refusable: bool = False,
) -> None:
    tale.ask(
        SignContract(
            order_id=d.order_id,
            seller=seller,
            seller_id=seller_id,
            agent_id=d.partner_id if plan_id else None,
            contract_channel=channel,
            promised_from=(tale.now + timedelta(weeks=7)).date(),
            promised_to=(tale.now + timedelta(weeks=10)).date(),
            terms_sha256=sha256_hex(rng),
            plan_id=plan_id,
            plan_version=1 if plan_id else None,
        ),
        WEB,
        refusable=refusable,
    )


def report_sale(tale: Tale, d: Deal, rng: Random, *, seller: Party, seller_id: UUID) -> None:
    """A sale that somebody made, and tells afterwards."""
    o = d.offer
    tale.ask(
        ReportSale(
            order_id=d.order_id,
            seller=seller,
            seller_id=seller_id,
            price_setter=seller,
            stock_owner=seller,
            invoicer=seller,
            contract_channel="on_premises",
            gross=o.money(o.gross),
            net=o.money(o.net),
            terms_sha256=sha256_hex(rng),
        ),
        str(seller_id),
    )


def order_production(tale: Tale, d: Deal, *, with_customer: bool = True) -> None:
    o = d.offer
    tale.ask(
        OrderProduction(
            vehicle_id=d.vehicle_id,
            production_no=d.production_no,
            brand=o.brand,
            model=o.model,
            powertrain=o.powertrain,
            options=("paint-metallic", "heat-pump"),
            plant="oxford",
            market=o.market,
            order_id=d.order_id if with_customer else None,
        ),
        "planning",
    )


def enter_stock(tale: Tale, d: Deal, rng: Random) -> None:
    o = d.offer
    tale.ask(
        EnterStock(
            vehicle_id=d.vehicle_id,
            production_no=d.production_no,
            brand=o.brand,
            model=o.model,
            powertrain=o.powertrain,
            options=("paint-metallic",),
            market=o.region or o.market,
            site_id=new_id(rng),
            owner_id=d.partner_id,
        ),
        str(d.partner_id),
    )


def change(tale: Tale, d: Deal) -> None:
    """The customer adds an option."""
    net = round(d.price * 100 / (100 + d.offer.tax_percent))
    tale.ask(
        RequestChange(
            order_id=d.order_id,
            options=("paint-metallic", "heat-pump", "towing-hook"),
            gross=d.offer.money(d.price),
            net=d.offer.money(net),
            eta_delta_days=3,
        ),
        WEB,
    )


def tell_plan(tale: Tale, d: Deal) -> None:
    year, week, _ = (tale.now + timedelta(weeks=2)).isocalendar()
    message = factory.ProductionScheduled(
        vehicle_id=d.vehicle_id,
        plant="oxford",
        week=f"{year}-W{week:02}",
        scheduled_at=tale.now - timedelta(hours=3),
    )
    tale.send(factory.factory.topic, d.vehicle_id, message)


def tell_estimate(tale: Tale, d: Deal) -> None:
    message = factory.ArrivalEstimated(
        vehicle_id=d.vehicle_id,
        estimate=tale.now + timedelta(weeks=6),
        cause="production",
        estimated_at=tale.now - timedelta(hours=3),
    )
    tale.send(factory.factory.topic, d.vehicle_id, message)


def tell_freeze(tale: Tale, d: Deal) -> None:
    frozen = factory.ProductionFrozen(vehicle_id=d.vehicle_id, frozen_at=tale.now - timedelta(hours=3))
    tale.send(factory.factory.topic, d.vehicle_id, frozen)


def tell_vin(tale: Tale, d: Deal) -> None:
    named = factory.VinAssigned(vehicle_id=d.vehicle_id, vin=d.vin, assigned_at=tale.now - timedelta(hours=3))
    tale.send(factory.factory.topic, d.vehicle_id, named)


def tell_build(tale: Tale, d: Deal) -> None:
    at = tale.now
    for message in (
        factory.BuildStarted(vehicle_id=d.vehicle_id, started_at=at - timedelta(hours=60)),
        factory.VinAssigned(vehicle_id=d.vehicle_id, vin=d.vin, assigned_at=at - timedelta(hours=36)),
        factory.BuildCompleted(vehicle_id=d.vehicle_id, completed_at=at - timedelta(hours=12)),
    ):
        tale.send(factory.factory.topic, d.vehicle_id, message)


def tell_departure(tale: Tale, d: Deal) -> None:
    message = factory.LegDeparted(
        vehicle_id=d.vehicle_id,
        leg_no=1,
        mode="sea",
        place_from="GBSOU",
        place_to="DEBRV",
        eta=tale.now + timedelta(days=6),
        departed_at=tale.now - timedelta(hours=5),
    )
    tale.send(factory.factory.topic, d.vehicle_id, message)


def tell_arrival(tale: Tale, d: Deal) -> None:
    message = factory.LegArrived(
        vehicle_id=d.vehicle_id, leg_no=1, place="DEBRV", final=True, arrived_at=tale.now - timedelta(hours=4)
    )
    tale.send(factory.factory.topic, d.vehicle_id, message)


def prepare(tale: Tale, d: Deal, rng: Random) -> None:
    """Inspected, registered, and a time agreed."""
    partner = str(d.partner_id)
    tale.ask(
        CompletePdi(
            order_id=d.order_id, vehicle_id=d.vehicle_id, checklist_sha256=sha256_hex(rng), passed=True
        ),
        partner,
    )
    tale.ask(
        RecordRegistration(
            order_id=d.order_id,
            vehicle_id=d.vehicle_id,
            customer_id=d.customer_id,
            authority="authority-1",
            plate=Clear(f"CN {d.number:06}"),
        ),
        partner,
    )
    tale.ask(
        ScheduleHandover(order_id=d.order_id, at=tale.now + timedelta(weeks=1), site_id=d.partner_id), partner
    )


def hand_over(tale: Tale, d: Deal, rng: Random) -> None:
    tale.ask(
        RecordHandover(
            order_id=d.order_id,
            vehicle_id=d.vehicle_id,
            handed_by=d.partner_id,
            site_id=d.partner_id,
            protocol_sha256=sha256_hex(rng),
            odometer_km=rng.randint(4, 40),
        ),
        str(d.partner_id),
    )
