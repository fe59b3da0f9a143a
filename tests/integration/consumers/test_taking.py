"""Messages on a real Kafka become commands in a real order book, exactly once."""

from random import Random
from uuid import uuid4

from consumers import factory as plant
from domain.allocations.building import BuildStarted, VinAssigned
from infra.topics import FACTORY
from tests.integration.consumers.conftest import AT, Scene


def test_a_message_becomes_a_command(scene: Scene) -> None:
    order = scene.reserve()
    scene.pay(order, "p-1")
    scene.taken("payments")
    assert scene.payments(order) == ["p-1"]
    recorded = scene.history(order)[-1]
    assert (recorded.actor, recorded.occurred_at) == ("bank", AT)
    assert scene.parked() == []


def test_after_a_restart_nothing_is_taken_twice(scene: Scene) -> None:
    orders = [scene.reserve() for _ in range(5)]
    for round_ in range(3):
        for order in orders:
            scene.pay(order, f"p-{round_}")
        scene.taken("payments")
    assert [scene.payments(order) for order in orders] == [["p-0", "p-1", "p-2"]] * 5


def test_the_messages_of_a_key_keep_their_order(scene: Scene) -> None:
    orders = [scene.reserve(deposit=5_000_000) for _ in range(10)]
    numbers = dict.fromkeys(orders, 0)
    dice = Random(7)
    for _ in range(200):
        order = dice.choice(orders)
        scene.pay(order, f"p-{numbers[order]}")
        numbers[order] += 1
    scene.taken("payments", "factory")
    for order in orders:
        assert scene.payments(order) == [f"p-{n}" for n in range(numbers[order])]


def test_both_topics_are_taken_by_one_process(scene: Scene) -> None:
    order, car = scene.reserve(), scene.produce()
    scene.pay(order, "p-1")
    scene.send(FACTORY, car, plant.BuildStarted(vehicle_id=car, started_at=AT))
    scene.taken("payments", "factory")
    assert scene.payments(order) == ["p-1"]
    assert isinstance(scene.history(car)[-1].event, BuildStarted)


def test_a_vin_stands_in_the_vault_alone(scene: Scene) -> None:
    car = scene.produce()
    scene.send(FACTORY, car, plant.VinAssigned(vehicle_id=car, vin="WBAJB0C51JB084264", assigned_at=AT))
    scene.taken("factory")
    recorded = scene.history(car)[-1]
    assert isinstance(recorded.event, VinAssigned)
    assert b"WBAJB0C51JB084264" not in recorded.body
    assert scene.shop.vault.open(recorded.event.vin, purpose="test", actor="clerk-1") == "WBAJB0C51JB084264"


def test_one_vin_has_one_car(scene: Scene) -> None:
    first, second = scene.produce(), scene.produce()
    for car in (first, second):
        scene.send(FACTORY, car, plant.VinAssigned(vehicle_id=car, vin="WBAJB0C51JB084264", assigned_at=AT))
        scene.taken("factory")
    (row,) = scene.parked()
    assert (row.key, "vin" in row.reason, "WBAJB" in row.reason) == (str(second), True, False)


def test_a_key_that_names_a_person_is_not_kept(scene: Scene) -> None:
    scene.send(FACTORY, b"WBAJB0C51JB084264", b"not Avro")
    scene.taken("factory")
    (row,) = scene.parked()
    assert row.key is not None
    assert "WBAJB" not in row.key


def test_a_message_of_nobody_blocks_nobody(scene: Scene) -> None:
    order = scene.reserve()
    scene.send("payments.v1", None, b"not Avro", 0)
    for n in range(6):
        scene.pay(order, f"p-{n}", key=uuid4())
    scene.taken("payments")
    assert sorted(scene.payments(order)) == [f"p-{n}" for n in range(6)]
    assert len(scene.parked()) == 1
