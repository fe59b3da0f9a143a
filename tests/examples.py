"""Examples that the tests share: ids, the clock, markets, and one sale from its first event to its last."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from domain.context import Context
from domain.handovers.delivering import Delivered, RecordHandover
from domain.handovers.preparing import (
    CompletePdi,
    HandoverScheduled,
    PdiCompleted,
    RecordRegistration,
    ScheduleHandover,
    VehicleRegistered,
)
from domain.handovers.returning import ReturnVehicle
from domain.kernel import Rule
from domain.markets.resolver import Markets
from domain.money import Money
from domain.orders.assigning import AssignReservation, Candidate
from domain.orders.cancelling import CancelOrder
from domain.orders.changing import RequestChange, ReviseEstimate
from domain.orders.contracting import ContractSigned, ReportSale, SignContract
from domain.orders.following import CarAllocated, CarArrived, CarBuilt, FollowCar, OrderFrozen, OrderPlanned
from domain.orders.offering import GivePrecontractInfo, IssueQuote, PrecontractInfoGiven, QuoteIssued
from domain.orders.paying import PaymentReceived, RecordPayment
from domain.orders.reserving import ReservationPlaced, ReserveOrder
from domain.sealed import Sealed
from infra.markets import load_markets

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
MARKETS: Final[Markets] = load_markets()


def ident(number: int) -> UUID:
    """A UUID that reads as a number."""
    return UUID(int=number)


def sha(character: str) -> str:
    """A hash that is easy to tell from others: one hexadecimal digit, 64 times."""
    return character * 64


def eur(euros: int) -> Money:
    return Money(euros * 100, "EUR")


def usd(dollars: int) -> Money:
    return Money(dollars * 100, "USD")


def context(now: datetime = NOON, *, occurred_at: datetime | None = None, actor: str = "clerk") -> Context:
    return Context(now=now, occurred_at=occurred_at or now, actor=actor, markets=MARKETS)


ORDER_ID: Final = ident(1)
OTHER_ORDER_ID: Final = ident(2)
CAR_ID: Final = ident(11)
OTHER_CAR_ID: Final = ident(12)
CUSTOMER_ID: Final = ident(21)
MAKER_ID: Final = ident(31)
AGENT_ID: Final = ident(32)
DEALER_ID: Final = ident(33)
FAR_DEALER_ID: Final = ident(34)
SITE_ID: Final = ident(41)
PLAN_ID: Final = ident(51)

BUYER: Final = Sealed(ident(61), CUSTOMER_ID, "contract", sha("a"))
PLATE: Final = Sealed(ident(62), CUSTOMER_ID, "handover", sha("b"))
VIN: Final = Sealed(ident(63), CAR_ID, "vehicle", sha("c"), "ok")

EU_01: Final = Rule("EU-01", 1)
US_01: Final = Rule("US-01", 1)
US_05: Final = Rule("US-05", 1)
CR_03: Final = Rule("CR-03", 1)
MK_01: Final = Rule("MK-01", 1)

# A MINI, ordered from the maker in Germany through an agent: reservation to handover
reserve: Final = ReserveOrder(
    order_id=ORDER_ID,
    customer_id=CUSTOMER_ID,
    buyer=BUYER,
    brand="MINI",
    model="Cooper SE",
    powertrain="BEV",
    market="DE",
    channel="maker_online",
    deposit=eur(500),
)
placed: Final = ReservationPlaced(
    customer_id=CUSTOMER_ID,
    buyer=BUYER,
    brand="MINI",
    model="Cooper SE",
    powertrain="BEV",
    market="DE",
    region="",
    channel="maker_online",
    deposit=eur(500),
    deposit_due_at=datetime(2026, 3, 9, 23, tzinfo=UTC),
)
pay_deposit: Final = RecordPayment(order_id=ORDER_ID, payment_id="bank-1", kind="deposit", amount=eur(500))
deposit_paid: Final = PaymentReceived(payment_id="bank-1", kind="deposit", amount=eur(500), payer=None)
quote: Final = IssueQuote(
    order_id=ORDER_ID,
    list_price=eur(39_000),
    net=eur(32_000),
    tax=eur(6_080),
    gross=eur(38_080),
    options=("blaze red", "heat pump"),
    price_authority="maker",
    valid_until=NOON + 14 * DAY,
)
quoted: Final = QuoteIssued(
    list_price=eur(39_000),
    net=eur(32_000),
    tax=eur(6_080),
    gross=eur(38_080),
    options=("blaze red", "heat pump"),
    price_authority="maker",
    valid_until=NOON + 14 * DAY,
)
inform: Final = GivePrecontractInfo(
    order_id=ORDER_ID, doc_sha256=sha("d"), medium="email", language="de", includes_withdrawal_form=True
)
informed: Final = PrecontractInfoGiven(
    doc_sha256=sha("d"), medium="email", language="de", includes_withdrawal_form=True
)
sign: Final = SignContract(
    order_id=ORDER_ID,
    seller="maker",
    seller_id=MAKER_ID,
    agent_id=AGENT_ID,
    contract_channel="distance",
    promised_from=date(2026, 6, 1),
    promised_to=date(2026, 6, 14),
    terms_sha256=sha("e"),
    plan_id=PLAN_ID,
    plan_version=1,
)
signed: Final = ContractSigned(
    seller="maker",
    seller_id=MAKER_ID,
    agent_id=AGENT_ID,
    distribution_model="agency_non_genuine",
    price_setter="maker",
    stock_owner="maker",
    invoicer="maker",
    rule="EU-01",
    rule_version=1,
    confidence="M",
    contract_channel="distance",
    gross=eur(38_080),
    net=eur(32_000),
    deposit_due=eur(500),
    options=("blaze red", "heat pump"),
    promised_from=date(2026, 6, 1),
    promised_to=date(2026, 6, 14),
    withdrawal_days=14,
    withdrawal_rule=CR_03,
    withdrawal_extension_months=12,
    registration_required=True,
    plan_id=PLAN_ID,
    plan_version=1,
    terms_sha256=sha("e"),
    signed_at=NOON,
    decided_by=("DE-MINI-agency",),
)
change: Final = RequestChange(
    order_id=ORDER_ID,
    options=("blaze red", "heat pump", "tow bar"),
    gross=eur(39_270),
    net=eur(33_000),
    eta_delta_days=3,
)
revise: Final = ReviseEstimate(
    order_id=ORDER_ID, estimate_from=date(2026, 6, 8), estimate_to=date(2026, 6, 21), cause="production"
)
allocated: Final = CarAllocated(vehicle_id=CAR_ID, production_no="7000001", source="factory")
planned: Final = OrderPlanned(vehicle_id=CAR_ID, production_no="7000001", plant="Leipzig", week="2026-W20")
frozen: Final = OrderFrozen(vehicle_id=CAR_ID, frozen_at=datetime(2026, 5, 4, 6, tzinfo=UTC))
built: Final = CarBuilt(vehicle_id=CAR_ID, completed_at=datetime(2026, 5, 15, 14, tzinfo=UTC))
arrived: Final = CarArrived(vehicle_id=CAR_ID, leg_no=2, place="DEMUC", final=True)
follow_built: Final = FollowCar(
    order_id=ORDER_ID, vehicle_id=CAR_ID, milestone="built", at=built.completed_at
)
schedule: Final = ScheduleHandover(
    order_id=ORDER_ID, at=datetime(2026, 6, 10, 9, tzinfo=UTC), site_id=SITE_ID
)
scheduled: Final = HandoverScheduled(at=datetime(2026, 6, 10, 9, tzinfo=UTC), site_id=SITE_ID)
inspect: Final = CompletePdi(order_id=ORDER_ID, vehicle_id=CAR_ID, checklist_sha256=sha("f"), passed=True)
inspected: Final = PdiCompleted(vehicle_id=CAR_ID, checklist_sha256=sha("f"), passed=True)
register: Final = RecordRegistration(
    order_id=ORDER_ID, vehicle_id=CAR_ID, customer_id=CUSTOMER_ID, authority="DE-M", plate=PLATE
)
registered: Final = VehicleRegistered(
    vehicle_id=CAR_ID, authority="DE-M", registered_at=datetime(2026, 6, 9, 8, tzinfo=UTC), plate=PLATE
)
pay_balance: Final = RecordPayment(order_id=ORDER_ID, payment_id="bank-2", kind="balance", amount=eur(37_580))
balance_paid: Final = PaymentReceived(payment_id="bank-2", kind="balance", amount=eur(37_580), payer=None)
HANDOVER: Final = datetime(2026, 6, 10, 9, tzinfo=UTC)
hand_over: Final = RecordHandover(
    order_id=ORDER_ID,
    vehicle_id=CAR_ID,
    handed_by=AGENT_ID,
    site_id=SITE_ID,
    protocol_sha256=sha("1"),
    odometer_km=12,
)
WITHDRAW_UNTIL: Final = datetime(2026, 6, 24, 22, tzinfo=UTC)
delivered: Final = Delivered(
    vehicle_id=CAR_ID,
    possession_at=HANDOVER,
    handed_by=AGENT_ID,
    site_id=SITE_ID,
    protocol_sha256=sha("1"),
    odometer_km=12,
    withdraw_until=WITHDRAW_UNTIL,
    withdrawal_rule=CR_03,
)
give_back: Final = ReturnVehicle(
    order_id=ORDER_ID, vehicle_id=CAR_ID, odometer_km=240, condition_sha256=sha("2"), value_loss=eur(300)
)
cancel: Final = CancelOrder(
    order_id=ORDER_ID, initiator="customer", reason="change_of_mind", fault="customer"
)

# Histories: how far the sale has come
OFFERED: Final = (placed, deposit_paid, quoted, informed)
CONTRACTED: Final = (*OFFERED, signed)
ON_SITE: Final = (*CONTRACTED, allocated, planned, frozen, built, arrived)
READY: Final = (*ON_SITE, scheduled, inspected, registered, balance_paid)
DELIVERED: Final = (*READY, delivered)

# A BMW in North Carolina: reserved with the maker, sold by a dealer
reserve_nc: Final = ReserveOrder(
    order_id=ORDER_ID,
    customer_id=CUSTOMER_ID,
    buyer=BUYER,
    brand="BMW",
    model="X5",
    powertrain="ICE",
    market="US",
    region="US-NC",
    channel="maker_online",
    deposit=usd(500),
)
placed_nc: Final = ReservationPlaced(
    customer_id=CUSTOMER_ID,
    buyer=BUYER,
    brand="BMW",
    model="X5",
    powertrain="ICE",
    market="US-NC",
    region="US-NC",
    channel="maker_online",
    deposit=usd(500),
    deposit_due_at=datetime(2026, 3, 6, 5, tzinfo=UTC),
)
assign: Final = AssignReservation(
    order_id=ORDER_ID,
    candidates=(
        Candidate(dealer_id=FAR_DEALER_ID, distance_km=80),
        Candidate(dealer_id=DEALER_ID, distance_km=12),
    ),
)
report_sale: Final = ReportSale(
    order_id=ORDER_ID,
    seller="dealer",
    seller_id=DEALER_ID,
    price_setter="dealer",
    stock_owner="dealer",
    invoicer="dealer",
    contract_channel="on_premises",
    gross=usd(65_000),
    net=usd(63_000),
    terms_sha256=sha("3"),
)
