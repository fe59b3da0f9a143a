"""One sale with a marker in every personal field, and amounts that are easy to recognise: what is asked, and what the
bank and the plant tell, some of it wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from uuid import uuid4

import msgspec

import domain.everything  # noqa: F401 -- defines every command
from consumers import factory as plant
from consumers import payments as bank
from consumers.kernel import Amount
from domain.allocations.building import AssignVin
from domain.allocations.ordering import OrderProduction
from domain.kernel import Command
from domain.money import Money
from domain.orders.paying import RecordPayment
from domain.sealed import Clear
from domain.service.booking import BookService
from domain.settlements.closing import ClosePeriod
from domain.settlements.planning import PublishPlan
from infra import inbound
from infra.codec import canonical
from infra.topics import FACTORY, PAYMENTS
from tests import examples as e
from tests.acceptance.installation import Installation

PLANTED: Final = {
    ("ReserveOrder", "buyer"): "Marker-Buyer-7f3a9c1e, 1 Marker Street",
    ("RecordPayment", "payer"): "Marker-Payer-51c0de77",
    ("RecordRegistration", "plate"): "MRK PL 90817263",
    ("AssignVin", "vin"): "WMWMARKERVN7F3A9C",
    ("BookService", "address"): "Marker-Address-0badcafe",
}
TOLD: Final = {
    "a payer that the bank names": "Marker-Payer-by-the-bank-a11ce5",
    "a VIN that the plant assigns": "WMWMARKERVN7F3A9D",
    "a payer of an unknown order": "Marker-Payer-of-nobody-c0ffee",
    "a value where another belongs": "Marker-Value-5ca1ab1e",
    "bytes that are no message": "Marker-Bytes-deadbea7",
    "the key of a message": "WMWMARKERVN7F3A9E",
    "a plate of an unknown order": "MRK PL 55555777",
    "a text that is no VIN": "Marker-VIN-that-is-none",
    "a line that is no JSON": "Marker-Line-facade",
    "a field of a wrong type": "Marker-Type-0ddba11",
}
PERSONAL: Final = {**{" ".join(where): text for where, text in PLANTED.items()}, **TOLD}
MODEL: Final = "Marker-Model-which-everybody-may-read"

NET, GROSS, FEE = 48_273_196_509, 57_445_103_846, 7_391_846_205
RATE_BP = 937
COMMISSION: Final = Money(NET, "EUR").share(RATE_BP).minor
OTHER_CAR, NO_ORDER = uuid4(), uuid4()


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def planted(name: str, field: str) -> Clear:
    return Clear(PLANTED[name, field])


def sale() -> Iterator[Command]:
    """From the terms of pay to a visit to the workshop; what the bank and the plant tell comes in between."""
    yield PublishPlan(
        plan_id=e.PLAN_ID,
        version=1,
        currency="EUR",
        base_rate_bp=RATE_BP,
        handover_fee=eur(FEE),
        basis=("net_price",),
        earn_on="delivery",
        clawback_faults=("customer",),
    )
    yield replace(e.reserve, model=MODEL, buyer=planted("ReserveOrder", "buyer"))
    yield replace(e.quote, list_price=eur(GROSS), net=eur(NET), tax=eur(GROSS - NET), gross=eur(GROSS))
    yield e.inform
    yield e.sign
    for car, order_id in ((e.CAR_ID, e.ORDER_ID), (OTHER_CAR, None)):
        yield OrderProduction(
            vehicle_id=car,
            production_no=f"P{car.hex[:8]}",
            brand="MINI",
            model=MODEL,
            powertrain="BEV",
            options=(),
            plant="oxford",
            market="DE",
            order_id=order_id,
        )
    yield AssignVin(vehicle_id=e.CAR_ID, vin=planted("AssignVin", "vin"))
    yield e.inspect
    yield replace(e.register, plate=planted("RecordRegistration", "plate"))
    yield RecordPayment(
        order_id=e.ORDER_ID,
        payment_id="by-hand",
        kind="balance",
        amount=eur(GROSS - 50_000),
        payer_id=e.CUSTOMER_ID,
        payer=planted("RecordPayment", "payer"),
    )
    yield e.hand_over
    yield BookService(
        visit_id=uuid4(),
        vehicle_id=e.CAR_ID,
        customer_id=e.CUSTOMER_ID,
        site_id=e.SITE_ID,
        starts_at=e.NOON + 7 * e.DAY,
        collect=True,
        address=planted("BookService", "address"),
    )
    yield ClosePeriod(partner_id=e.AGENT_ID, period="2026-02")


def line(command: Command) -> bytes:
    return msgspec.json.encode({"command": type(command).__name__, "body": msgspec.Raw(canonical(command))})


def wrong_lines() -> Iterator[bytes]:
    yield line(replace(e.register, order_id=NO_ORDER, plate=Clear(TOLD["a plate of an unknown order"])))
    yield line(AssignVin(vehicle_id=e.CAR_ID, vin=Clear(TOLD["a text that is no VIN"])))
    yield line(AssignVin(vehicle_id=OTHER_CAR, vin=planted("AssignVin", "vin")))
    yield b'{"command": "ReserveOrder", "body": {"buyer": "%s' % TOLD["a line that is no JSON"].encode()
    yield b'{"command": "ReserveOrder", "body": {"buyer": ["%s"]}}' % TOLD["a field of a wrong type"].encode()


def told_by_others(here: Installation) -> None:
    """Two messages that are taken, and five that are parked."""
    paid = bank.PaymentReceived(
        payment_id="by-the-bank",
        order_id=e.ORDER_ID,
        kind="deposit",
        amount=Amount(minor=50_000, currency="EUR"),
        received_at=e.NOON,
        payer_id=e.CUSTOMER_ID,
        payer=TOLD["a payer that the bank names"],
    )
    named = plant.VinAssigned(
        vehicle_id=OTHER_CAR, vin=TOLD["a VIN that the plant assigns"], assigned_at=e.NOON
    )
    here.send(PAYMENTS, e.ORDER_ID, paid)
    here.send(FACTORY, OTHER_CAR, named)
    of_nobody = msgspec.structs.replace(paid, order_id=NO_ORDER, payer=TOLD["a payer of an unknown order"])
    here.send(PAYMENTS, NO_ORDER, of_nobody)
    fields = msgspec.structs.asdict(of_nobody) | {
        "kind": TOLD["a value where another belongs"],
        "amount": {"minor": 1, "currency": "EUR"},
    }
    here.send(PAYMENTS, uuid4(), inbound.encode(paid.record, fields))
    here.send(PAYMENTS, uuid4(), TOLD["bytes that are no message"].encode())
    of_no_car = msgspec.structs.replace(named, vehicle_id=uuid4(), vin=TOLD["the key of a message"])
    here.send(FACTORY, TOLD["the key of a message"].encode(), of_no_car)
    here.send(FACTORY, None, msgspec.structs.replace(of_no_car, vin=TOLD["a text that is no VIN"]))


PARKED: Final = 5
