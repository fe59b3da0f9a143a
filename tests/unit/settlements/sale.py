"""One sale through an agent, and the plan that pays him."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

from domain.handovers.delivering import Delivered
from domain.handovers.returning import VehicleReturned
from domain.kernel import Event
from domain.money import Money
from domain.orders.cancelling import OrderCancelled
from domain.orders.changing import ChangeAccepted
from domain.orders.contracting import ContractSigned
from domain.orders.paying import PaymentReceived
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalWindowClosed
from domain.settlements.accruing import lines
from domain.settlements.facts import CommissionFacts, evolve_facts
from domain.settlements.lines import Line
from domain.settlements.state import PlanTerms
from tests.recording import history

NAMES = UUID("00000000-0000-4000-8000-000000000000")
ORDER, AGENT, OTHER_AGENT, PLAN, MAKER, CAR, SITE = (
    uuid5(NAMES, name) for name in ("order", "agent", "other agent", "plan", "maker", "car", "site")
)


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def on(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


PLAN_1 = PlanTerms(
    plan_id=PLAN,
    version=1,
    currency="EUR",
    base_rate_bp=550,
    handover_fee=euro(15_000),
    basis=("net_price",),
    earn_on="delivery",
    clawback_faults=("customer", "agent", "none"),
    zone="Europe/Berlin",
)
ON_PAYMENT = replace(PLAN_1, earn_on="payment")
ON_WINDOW_END = replace(PLAN_1, earn_on="window_end")

CONTRACT = ContractSigned(
    seller="maker",
    seller_id=MAKER,
    agent_id=AGENT,
    distribution_model="agency_genuine",
    price_setter="maker",
    stock_owner="maker",
    invoicer="maker",
    rule="EU-01",
    rule_version=1,
    confidence="M",
    contract_channel="distance",
    gross=euro(3_808_000),
    net=euro(3_200_000),
    deposit_due=euro(100_000),
    options=(),
    promised_from=None,
    promised_to=None,
    withdrawal_days=14,
    withdrawal_rule=None,
    plan_id=PLAN,
    plan_version=1,
    terms_sha256="0" * 64,
    signed_at=on(1, 10),
)
CHANGE = ChangeAccepted(
    options=("towbar",),
    price_delta=euro(119_000),
    gross=euro(3_927_000),
    net=euro(3_300_000),
    eta_delta_days=0,
)
PAID = PaymentReceived(payment_id="p1", kind="balance", amount=euro(3_808_000), payer=None)
DELIVERED = Delivered(
    vehicle_id=CAR,
    possession_at=on(3, 28),
    handed_by=AGENT,
    site_id=SITE,
    protocol_sha256="0" * 64,
    odometer_km=12,
    withdraw_until=on(4, 11),
    withdrawal_rule=None,
)
NO_WINDOW = replace(DELIVERED, withdraw_until=None)
WINDOW_CLOSED = WithdrawalWindowClosed(closed_at=on(4, 11))
WITHDRAWN = WithdrawalAccepted()
RETURNED = VehicleReturned(vehicle_id=CAR, odometer_km=900, condition_sha256="0" * 64, value_loss=euro(0))
CANCELLED = OrderCancelled(
    initiator="customer", reason="change_of_mind", fault="customer", fee=euro(0), stage="contracted"
)
MAKER_CANCELLED = replace(CANCELLED, initiator="maker", reason="maker_cannot_build", fault="principal")

Told = tuple[datetime, Event]


def facts_of(*told: Told) -> CommissionFacts:
    facts = CommissionFacts()
    for one in history(ORDER, told):
        facts = evolve_facts(facts, one)
    return facts


def statement(*told: Told | Mapping[UUID, str], plan: PlanTerms = PLAN_1) -> tuple[Line, ...]:
    """The lines after these facts, one after the other. A mapping in between opens a month for a partner."""
    facts, standing, open_periods = CommissionFacts(), tuple[Line, ...](), dict[UUID, str]()
    for position, step in enumerate(told, start=1):
        if isinstance(step, tuple):
            (one,) = history(ORDER, [step])
            facts = evolve_facts(facts, one._replace(event_id=uuid5(NAMES, f"event {position}")))
        else:
            open_periods |= step
        standing = lines(facts, plan, open_periods, standing)
    return standing


def brief(posted: tuple[Line, ...]) -> list[tuple[str, int, str, str, str]]:
    """Type, amount, state, period and original period of each line."""
    return [
        (line.line_type, line.amount.minor, line.state, line.period, line.original_period) for line in posted
    ]
