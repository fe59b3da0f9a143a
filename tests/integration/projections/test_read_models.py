"""The real read models over a season of orders that were shuffled together."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid5

import pytest

import projections
from domain.allocations.allocating import VehicleAllocated
from domain.handovers.returning import VehicleReturned
from domain.kernel import Event
from domain.orders.cancelling import OrderCancelled
from domain.orders.following import CarAllocated
from domain.orders.reserving import ReservationLapsed
from domain.orders.settling import OrderSettled
from domain.orders.withdrawing import WithdrawalAccepted, WithdrawalDeclared, WithdrawalWindowClosed
from domain.settlements.closing import PeriodClosed
from domain.settlements.planning import PlanPublished
from infra.log import Log
from infra.postgres import Connection
from projections import queries, run
from projections.queries import Count
from projections.slots import shares
from tests.examples import (
    AGENT_ID,
    CAR_ID,
    CONTRACTED,
    DELIVERED,
    HANDOVER,
    OFFERED,
    ON_SITE,
    PLAN_ID,
    WITHDRAW_UNTIL,
    eur,
    ident,
    placed,
    sha,
)
from tests.integration.projections.scene import catch_up, digests, rebuilt, runner
from tests.integration.projections.tally import grow

plan = PlanPublished(
    plan_id=PLAN_ID,
    version=1,
    currency="EUR",
    base_rate_bp=550,
    handover_fee=eur(150),
    basis=("net_price",),
    earn_on="delivery",
    clawback_faults=("customer", "none"),
)
cancelled = OrderCancelled(
    initiator="maker", reason="delay", fault="principal", fee=eur(0), stage="contracted"
)
withdrawn = (
    WithdrawalDeclared(medium="email", declared_at=HANDOVER, window_ends_at=WITHDRAW_UNTIL, in_time=True),
    WithdrawalAccepted(),
    VehicleReturned(vehicle_id=CAR_ID, odometer_km=200, condition_sha256=sha("4"), value_loss=eur(0)),
)
STORIES: dict[str, tuple[Event, ...]] = {
    "reserved": (placed,),
    "lapsed": (placed, ReservationLapsed(reason="deposit_missing")),
    "offered": OFFERED,
    "contracted": CONTRACTED,
    "cancelled": (*CONTRACTED, cancelled),
    "on_site": ON_SITE,
    "in_withdrawal_window": DELIVERED,
    "settled": (*DELIVERED, WithdrawalWindowClosed(closed_at=WITHDRAW_UNTIL), OrderSettled()),
    "returned": (*DELIVERED, *withdrawn),
}


def season(seed: int, orders: int) -> Iterator[tuple[UUID, Event, int]]:
    """Stream, event and how many came before it: every story several times, all shuffled together. The plan
    is published, and the agent's month closed, somewhere in between."""
    dice = random.Random(seed)
    told: dict[UUID, list[Event]] = {PLAN_ID: [plan], AGENT_ID: [_closed("2026-03")]}
    for number in range(orders):
        order, car = ident(10_000 + number), ident(20_000 + number)
        story = list(STORIES.values())[number % len(STORIES)]
        told[order] = [_with(event, car) for event in story]
        if any(isinstance(event, CarAllocated) for event in story):
            told[car] = [VehicleAllocated(order_id=order, source="factory")]
    done: Counter[UUID] = Counter()
    while waiting := sorted(stream for stream, events in told.items() if done[stream] < len(events)):
        stream = dice.choice(waiting)
        yield stream, told[stream][done[stream]], done[stream]
        done[stream] += 1


def _closed(period: str) -> PeriodClosed:
    return PeriodClosed(partner_id=AGENT_ID, period=period, next_period="2099-01")


def _with(event: Event, car: UUID) -> Event:
    return replace(event, vehicle_id=car) if hasattr(event, "vehicle_id") else event


def live(reading: Connection) -> list[str]:
    return digests(reading, *projections.ALL)


def test_live_rows_equal_a_rebuild_byte_for_byte(
    database: str, log: Log, reading: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with runner(database, log, *projections.ALL) as running:
        for number, (stream, event, before) in enumerate(season(seed=1, orders=45)):
            grow(log, [stream], [event], after=before)
            if number % 7 == 0 and number % 50 < 25:
                running.catch_up()
    for _ in range(3):  # each process begins with what the one before has written
        catch_up(database, log, *projections.ALL)
    assert rebuilt(database, log, *projections.ALL) == live(reading)
    monkeypatch.setattr(run, "READ_EVENTS", 13)
    monkeypatch.setattr(run, "WRITE_ROWS", 1)
    monkeypatch.setattr("projections.view.KEPT_ROWS", 3)
    assert [rebuilt(database, log, projection) for projection in projections.ALL] == [
        [one] for one in live(reading)
    ]


@pytest.mark.parametrize("workers", [2, 3, 64])
def test_rows_are_the_same_however_many_fill_them(
    database: str, log: Log, reading: Connection, workers: int
) -> None:
    for number, (stream, event, before) in enumerate(season(seed=4, orders=2 * len(STORIES))):
        grow(log, [stream], [event], after=before)
        if number == 40:  # one of them is ahead of the others
            catch_up(database, log, *projections.ALL, slots=shares(workers)[-1])
    for slots in shares(workers):
        catch_up(database, log, *projections.ALL, slots=slots)
    assert live(reading) == rebuilt(database, log, *projections.ALL)


def test_a_new_process_for_every_event_gives_the_same_rows(
    database: str, log: Log, reading: Connection
) -> None:
    for stream, event, before in season(seed=2, orders=len(STORIES)):
        grow(log, [stream], [event], after=before)
        assert catch_up(database, log, *projections.ALL) == 1
    assert live(reading) == rebuilt(database, log, *projections.ALL)


def test_what_people_ask(database: str, log: Log, reading: Connection) -> None:
    for stream, event, before in season(seed=3, orders=2 * len(STORIES)):
        grow(log, [stream], [event], after=before)
    catch_up(database, log, *projections.ALL)

    assert queries.orders_by_status(reading) == [Count(name=name, count=2) for name in sorted(STORIES)]
    found = queries.order(reading, ident(10_000))
    assert found
    assert (found.order_status, [can.action for can in found.possibilities]) == (
        "reserved",
        ["pay_deposit", "cancel"],
    )
    assert queries.order(reading, uuid5(PLAN_ID, "nobody")) is None

    # Base and fee of four that stayed, the base of two that the maker cancelled, the fee of two that came back.
    (owed,) = queries.owed(reading)
    base, fee = 176_000, 15_000
    assert (owed.partner_id, owed.minor, owed.currency) == (
        AGENT_ID,
        4 * (base + fee) + 2 * base + 2 * fee,
        "EUR",
    )
    assert (queries.clawbacks(reading), queries.kept(reading)) == (2, 2)

    verdicts = {(v.rule, v.verdict): v.findings for v in queries.findings(reading)}
    assert verdicts["EU-01", "PASS"] == 12
    assert verdicts["CO-03", "PASS"] == 2
    assert verdicts["CR-03", "PASS"] == 2
    assert verdicts["AL-01", "PASS"] == 8

    due = reading.execute("select kind, count(*) from read.due group by 1 order by 1").fetchall()
    assert due == [("CloseWithdrawalWindow", 2), ("LapseReservation", 2)]
