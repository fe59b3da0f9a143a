"""What cannot be read or is refused is put aside with one sentence, and the others go on."""

from uuid import uuid4

import pytest

from consumers import factory as plant
from consumers.kernel import encode
from infra.embedded.processes import wait_until
from infra.errors import InputError, NotFound
from infra.parked_messages import PARKED_MESSAGES, WAITS
from infra.topics import FACTORY, PAYMENTS
from tests.integration.consumers.conftest import AT, SECONDS, Scene

BUILT = plant.BuildStarted(vehicle_id=uuid4(), started_at=AT)


def test_each_is_parked_with_its_reason_and_the_others_go_on(scene: Scene) -> None:
    order, unknown, car = scene.reserve(), uuid4(), scene.produce()
    value = encode(BUILT)
    scene.pay(unknown, "p-1")
    scene.pay(order, "p-2", minor=-5, key=uuid4())
    scene.pay(order, "p-3", currency="USD", key=uuid4())
    scene.send(PAYMENTS, uuid4(), value)
    scene.send(PAYMENTS, uuid4(), b"hello")
    scene.send(FACTORY, uuid4(), value[:-3])
    scene.send(FACTORY, uuid4(), b"\0\0\0\3\xe7" + value[5:])
    scene.send(FACTORY, car, plant.VinAssigned(vehicle_id=car, vin="NO VIN AT ALL", assigned_at=AT))
    scene.pay(order, "p-4")
    scene.taken("payments", "factory")
    reasons = sorted(row.reason for row in scene.parked())
    expected = (
        "AssignVin: field vin",
        "The bytes do not match the Avro schema of plant.BuildStarted",
        "field amount.minor",
        f"no order {unknown}",
        "plant.BuildStarted does not belong to this topic",
        "schema id 999",
        "does not start with the byte 0",
        "USD",
    )
    assert len(reasons) == len(expected), reasons
    for says in expected:
        assert any(says in reason for reason in reasons), (says, reasons)
    assert not any("NO VIN" in reason for reason in reasons)
    assert scene.payments(order) == ["p-4"]


def test_what_follows_a_parked_message_waits_in_its_queue(scene: Scene) -> None:
    order, other = uuid4(), scene.reserve()
    for n in range(3):
        scene.pay(order, f"p-{n}")
        scene.pay(other, f"p-{n}")
    scene.taken("payments")
    reasons = [row.reason for row in scene.parked()]
    assert reasons[1:] == [WAITS, WAITS]
    assert scene.payments(other) == ["p-0", "p-1", "p-2"]


def test_a_retry_drains_the_queue_in_order(scene: Scene) -> None:
    order = uuid4()
    for n in range(3):
        scene.pay(order, f"p-{n}")
    scene.taken("payments")
    scene.reserve(order)
    scene.retry(scene.parked()[0])
    with scene.running("payments"):
        scene.pay(order, "p-3")
        scene.sent_all()
        assert wait_until(lambda: len(scene.payments(order)) == 4, seconds=SECONDS)
    assert scene.payments(order) == ["p-0", "p-1", "p-2", "p-3"]
    assert scene.parked() == []


def test_a_retry_that_fails_stops_its_queue(scene: Scene) -> None:
    order = uuid4()
    for n in range(2):
        scene.pay(order, f"p-{n}")
    scene.taken("payments")
    first = scene.parked()[0]
    scene.retry(first)
    with scene.running("payments"):
        assert wait_until(lambda: scene.parked()[0].retries == 1, seconds=SECONDS)
    rows = scene.parked()
    assert [(row.state, row.retries) for row in rows] == [("waiting", 1), ("waiting", 0)]
    scene.reserve(order)
    scene.retry(rows[0])
    with scene.running("payments"):
        assert wait_until(lambda: not scene.parked(), seconds=SECONDS)
    assert scene.payments(order) == ["p-0", "p-1"]


def test_what_waited_behind_a_dropped_message_goes_on(scene: Scene) -> None:
    order = scene.reserve()
    scene.send(PAYMENTS, order, b"not Avro")
    scene.pay(order, "p-1")
    scene.taken("payments")
    assert scene.payments(order) == []
    row = scene.parked()[0]
    scene.drop(row, "the bank sent it by mistake")
    with scene.running("payments"):
        assert wait_until(lambda: not scene.parked(), seconds=SECONDS)
    assert scene.payments(order) == ["p-1"]
    with scene.shop.pool.connection() as connection:
        dropped = PARKED_MESSAGES.find(connection, row.id)
    assert (dropped.state, dropped.changed_by, dropped.why) == (
        "dropped",
        "clerk-1",
        "the bank sent it by mistake",
    )


def test_the_payload_is_sealed_and_who_opens_it_is_recorded(scene: Scene) -> None:
    message = plant.VinAssigned(vehicle_id=uuid4(), vin="WBAJB0C51JB084264", assigned_at=AT)
    scene.send(FACTORY, message.vehicle_id, message)
    scene.taken("factory")
    (row,) = scene.parked()
    assert b"WBAJB" not in scene.rows("select blob from vault.sealed where id = %s", row.payload)[0][0]
    opened = scene.shop.vault.open_bytes(row.payload, purpose="find out what it was", actor="clerk-1")
    assert opened == encode(message)
    assert scene.rows("select actor, purpose from vault.access") == [("clerk-1", "find out what it was")]
    scene.drop(row, "a test")
    with pytest.raises(NotFound):
        scene.shop.vault.open_bytes(row.payload, purpose="look again", actor="clerk-1")


def test_a_decision_that_makes_no_sense_is_an_input_error(scene: Scene) -> None:
    scene.send(PAYMENTS, uuid4(), b"not Avro")
    scene.taken("payments")
    (row,) = scene.parked()
    with pytest.raises(InputError, match="reason"):
        scene.drop(row, " ")
    scene.drop(row, "junk")
    with pytest.raises(InputError, match="dropped"):
        scene.retry(row)
    with scene.shop.pool.connection() as connection, pytest.raises(NotFound, match="no parked message"):
        PARKED_MESSAGES.find(connection, uuid4())


def test_a_message_of_an_erased_car_is_parked_without_its_payload(scene: Scene) -> None:
    car = scene.produce()
    scene.send(FACTORY, car, plant.VinAssigned(vehicle_id=car, vin="WBAJB0C51JB084264", assigned_at=AT))
    scene.taken("factory")
    scene.shop.vault.erase(car, actor="clerk-1")
    scene.send(FACTORY, car, plant.VinAssigned(vehicle_id=car, vin="WBAJB0C51JB084265", assigned_at=AT))
    scene.taken("factory")
    (row,) = scene.parked()
    assert "erased" in row.reason
    assert scene.shop.vault.open_bytes(row.payload, purpose="look", actor="clerk-1") == b""
