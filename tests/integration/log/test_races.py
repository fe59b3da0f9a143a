"""Sixteen processes race for one car: exactly one wins, twenty times."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import UUID, uuid4

import pytest

from domain.kernel import Event
from infra.codec import encode
from infra.item import Appended, Item, NewEvent
from infra.log import Log
from tests.examples import CONTRACTED
from tests.integration.log.items import assert_sound, item, rows, write
from tests.unit.allocations.car import in_stock

RACERS = 16
ROUNDS = 20


def history(stream_id: UUID, *events: Event) -> Item:
    """A stream that stands at the end of these events."""
    new = [
        NewEvent(
            stream_id=stream_id,
            version=version,
            event_id=uuid4(),
            name=type(event).__name__,
            schema_version=event.schema_version,
            market="DE",
            body=encode(event),
        )
        for version, event in enumerate(events, start=1)
    ]
    return item(stream_id, events=tuple(new))


@pytest.fixture
def racers(database: str) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.integration.log.racer", database]
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            for _ in range(RACERS)
        ]
        for racer in running:
            assert said(racer) == "ready"
        yield running
        for racer in running:
            assert racer.stdin
            racer.stdin.close()
            assert racer.wait(timeout=60) == 0


def test_a_car_has_one_live_allocation_whoever_races(
    order_book: Log, database: str, racers: list[subprocess.Popen[str]]
) -> None:
    for _ in range(ROUNDS):
        car, orders = uuid4(), [uuid4() for _ in racers]
        starts = [history(car, in_stock), *(history(order, *CONTRACTED) for order in orders)]
        assert {type(outcome) for outcome in write(order_book, *starts)} == {Appended}
        for racer, order in zip(racers, orders, strict=True):
            assert racer.stdin
            racer.stdin.write(f"{order} {car}\n")
            racer.stdin.flush()
        outcomes = sorted(map(said, racers))
        assert outcomes == sorted(["won"] + (RACERS - 1) * ["allocated"])
        cars = "select count(*) from carnet.events where name = 'VehicleAllocated' and stream_id = %s"
        assert rows(database, cars, car) == [(1,)]
    assert rows(database, "select count(*) from carnet.events where name = 'CarAllocated'") == [(ROUNDS,)]
    assert_sound(database)


def said(racer: subprocess.Popen[str]) -> str:
    assert racer.stdout
    return racer.stdout.readline().strip()
