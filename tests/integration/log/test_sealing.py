"""Personal text of a command: it is checked and sealed, and a VIN belongs to one vehicle."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from domain.allocations.building import AssignVin, VinAssigned
from domain.kernel import Refused
from domain.orders.reserving import ReservationPlaced
from domain.sealed import Clear
from infra.errors import InputError
from infra.handle import Desk
from infra.log import Log
from infra.vault import Vault
from tests import examples
from tests.examples import CAR_ID, CUSTOMER_ID
from tests.integration.log.items import ask, rows
from tests.unit.allocations.car import enter_stock


def test_personal_text_is_sealed_in_the_same_moment(
    desk: Desk, log: Log, vault: Vault, database: str
) -> None:
    desk.handle(ask(replace(examples.reserve, buyer=Clear("Erika Mustermann"))))
    (recorded,) = log.read(0, 10)
    placed = recorded.event
    assert isinstance(placed, ReservationPlaced)
    assert vault.open(placed.buyer, purpose="test", actor="clerk") == "Erika Mustermann"
    assert b"Erika" not in recorded.body
    assert rows(database, "select subject, grp from vault.sealed") == [(CUSTOMER_ID, "contract")]


def test_a_text_that_its_field_does_not_take_is_told_by_field(desk: Desk, log: Log) -> None:
    desk.handle(ask(enter_stock))
    with pytest.raises(InputError, match="AssignVin: field vin: "):
        desk.handle(ask(AssignVin(vehicle_id=CAR_ID, vin=Clear("not a VIN"))))
    assert log.head().position == 1


def test_a_vin_told_again_tells_nothing_and_another_is_the_second(
    desk: Desk, other_desk: Desk, log: Log, database: str
) -> None:
    desk.handle(ask(enter_stock))
    assign = AssignVin(vehicle_id=CAR_ID, vin=Clear("WMWXM5C50ET999999"))
    assert [type(event) for event in desk.handle(ask(assign)).events] == [VinAssigned]
    assert desk.handle(ask(assign)).events == ()
    assert other_desk.handle(ask(replace(assign, vin=Clear(" wmwxm5c50et999999")))).events == ()
    assert log.head().position == 2
    assert rows(database, "select count(*) from vault.sealed") == [(1,)]
    (second,) = desk.handle(ask(replace(assign, vin=Clear("WMWXM5C50ET999998")))).events
    assert isinstance(second, VinAssigned)
    assert second.contradicts == ("second_vin",)


def test_one_vin_has_one_vehicle(desk: Desk, other_desk: Desk, log: Log, database: str) -> None:
    vin, cars = "WMWXM5C50ET999999", [uuid4() for _ in range(8)]
    for car in cars:
        desk.handle(ask(replace(enter_stock, vehicle_id=car, production_no=str(car))))

    def assign(number: int) -> str:
        try:
            (desk, other_desk)[number % 2].handle(ask(AssignVin(vehicle_id=cars[number], vin=Clear(vin))))
        except Refused as refused:
            return refused.code
        return "assigned"

    with ThreadPoolExecutor(8) as callers:
        outcomes = sorted(callers.map(assign, range(8)))
    assert outcomes == ["assigned"] + 7 * ["text_taken"]
    assert rows(database, "select count(*) from carnet.events where name = 'VinAssigned'") == [(1,)]
    assert rows(database, "select count(*) from vault.lookup") == [(1,)]
