"""What is asked: whole sales, cars that many want, orders that everybody pays for. Pure: all chance is `rng`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID, uuid5

from app.demo.tale import new_id
from domain.allocations.allocating import AllocateVehicle, ReleaseVehicle, RetagVehicle
from domain.allocations.stocking import EnterStock
from domain.kernel import Command
from domain.money import Money
from domain.orders.cancelling import CancelOrder
from domain.orders.paying import RecordPayment
from domain.sealed import Clear
from domain.settlements.planning import PublishPlan
from tests import examples as e

CARS: Final = 400
WANTED: Final = 12
SHARED: Final = 12
ASKED_FOR_A_CAR: Final = 3

plan: Final = PublishPlan(
    plan_id=e.PLAN_ID,
    version=1,
    currency="EUR",
    base_rate_bp=550,
    handover_fee=e.eur(150),
    basis=("net_price",),
    earn_on="delivery",
    clawback_faults=("customer",),
)


@dataclass(frozen=True)
class World:
    """What all processes know: the same seed, the same cars and shared orders."""

    seed: int

    def car(self, number: int) -> UUID:
        return uuid5(e.ident(self.seed), f"car {number}")

    def shared(self, number: int) -> UUID:
        return uuid5(e.ident(self.seed), f"order {number}")

    def customer(self, order_id: UUID) -> UUID:
        return uuid5(order_id, "customer")


def some_car(world: World, rng: Random) -> UUID:
    """One of a few cars that everybody wants, or any."""
    return world.car(rng.randrange(WANTED if rng.random() < 0.5 else CARS))


def enter_stock(world: World, rng: Random) -> Command:
    number = rng.randrange(CARS)
    return EnterStock(
        vehicle_id=world.car(number),
        production_no=f"P{number:07}",
        brand=e.reserve.brand,
        model=e.reserve.model,
        powertrain=e.reserve.powertrain,
        market=e.reserve.market,
        site_id=e.SITE_ID,
    )


def reserve(world: World, order_id: UUID) -> Command:
    return replace(
        e.reserve,
        order_id=order_id,
        customer_id=world.customer(order_id),
        buyer=Clear(f"Customer of {order_id}, 1 Example Street"),
    )


def contract(world: World, order_id: UUID, now: datetime) -> Iterator[Command]:
    """From the reservation to the signature."""
    yield reserve(world, order_id)
    yield replace(e.pay_deposit, order_id=order_id, payment_id=f"deposit {order_id}")
    yield replace(e.quote, order_id=order_id, valid_until=now + timedelta(days=60))
    yield replace(e.inform, order_id=order_id)
    first = now.date() + timedelta(days=90)
    yield replace(e.sign, order_id=order_id, promised_from=first, promised_to=first + timedelta(days=13))


def sale(world: World, now: datetime, rng: Random) -> Iterator[Command]:
    """A customer reserves, signs, gets a car that others want too; in the end she drives it or does without."""
    order_id = new_id(rng)
    yield from contract(world, order_id, now)
    cars = [some_car(world, rng) for _ in range(ASKED_FOR_A_CAR)]
    for car in cars:
        yield AllocateVehicle(order_id=order_id, vehicle_id=car, source="stock")
    match rng.randrange(5):
        case 0:
            yield CancelOrder(
                order_id=order_id, initiator="customer", reason="change_of_mind", fault="customer"
            )
        case 1:
            for car in cars:
                yield ReleaseVehicle(order_id=order_id, vehicle_id=car, reason="mistake")
        case 2:
            other = new_id(rng)
            yield from contract(world, other, now)
            for car in cars:
                yield RetagVehicle(vehicle_id=car, from_order_id=order_id, to_order_id=other, reason="swap")
        case _:
            yield from delivery(world, order_id, cars, now)


def delivery(world: World, order_id: UUID, cars: list[UUID], now: datetime) -> Iterator[Command]:
    """Whichever of the cars the order got is inspected, registered, paid and handed over."""
    for car in cars:
        yield replace(e.inspect, order_id=order_id, vehicle_id=car)
        yield replace(
            e.register,
            order_id=order_id,
            vehicle_id=car,
            customer_id=world.customer(order_id),
            plate=Clear(f"SO AK {order_id.int % 10_000}"),
        )
    yield replace(e.schedule, order_id=order_id, at=now + timedelta(days=100))
    yield replace(e.pay_balance, order_id=order_id, payment_id=f"balance {order_id}")
    for car in cars:
        yield replace(e.hand_over, order_id=order_id, vehicle_id=car)


def on_a_shared_order(world: World, now: datetime, rng: Random) -> Command:
    """Everybody writes to the same few orders, in any turn."""
    order_id = world.shared(rng.randrange(SHARED))
    match rng.randrange(8):
        case 0:
            return reserve(world, order_id)
        case 1:
            return replace(e.quote, order_id=order_id, valid_until=now + timedelta(days=60))
        case 2:
            return AllocateVehicle(order_id=order_id, vehicle_id=some_car(world, rng), source="stock")
        case _:
            return payment(order_id, rng)


def payment(order_id: UUID, rng: Random) -> RecordPayment:
    """Some money; now and then the same payment again."""
    number = rng.getrandbits(64) if rng.random() < 0.9 else rng.randrange(10)
    return RecordPayment(
        order_id=order_id, payment_id=f"bank-{number}", kind="balance", amount=Money(rng.randint(1, 9), "EUR")
    )
