"""What the plant and its carriers tell, and what it asks of us."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from consumers import factory as plant
from consumers.factory import factory
from consumers.kernel import Amount, Message, Wanted, encode
from consumers.payments import RefundPaid
from domain.allocations.building import (
    AssignVin,
    CompleteBuild,
    FreezeProduction,
    ScheduleProduction,
    StartBuild,
)
from domain.allocations.damaging import ReportDamage
from domain.allocations.moving import ArriveLeg, DepartLeg, EstimateArrival
from domain.kernel import Command
from domain.sealed import Clear
from infra import inbound
from infra.errors import InputError

CAR = UUID(int=7)
AT = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
LATER = AT + timedelta(days=9)

STORIES: list[tuple[Message, Command]] = [
    (
        plant.ProductionScheduled(vehicle_id=CAR, plant="LEJ", week="2026-W23", scheduled_at=AT),
        ScheduleProduction(vehicle_id=CAR, plant="LEJ", week="2026-W23"),
    ),
    (plant.ProductionFrozen(vehicle_id=CAR, frozen_at=AT), FreezeProduction(vehicle_id=CAR)),
    (plant.BuildStarted(vehicle_id=CAR, started_at=AT), StartBuild(vehicle_id=CAR)),
    (
        plant.VinAssigned(vehicle_id=CAR, vin="WBA00000000000001", assigned_at=AT),
        AssignVin(vehicle_id=CAR, vin=Clear("WBA00000000000001")),
    ),
    (plant.BuildCompleted(vehicle_id=CAR, completed_at=AT), CompleteBuild(vehicle_id=CAR)),
    (
        plant.LegDeparted(
            vehicle_id=CAR,
            leg_no=1,
            mode="rail",
            place_from="DELEJ",
            place_to="DEBRV",
            eta=LATER,
            departed_at=AT,
        ),
        DepartLeg(vehicle_id=CAR, leg_no=1, mode="rail", place_from="DELEJ", place_to="DEBRV", eta=LATER),
    ),
    (
        plant.LegArrived(vehicle_id=CAR, leg_no=2, place="DEBRV", final=True, arrived_at=AT),
        ArriveLeg(vehicle_id=CAR, leg_no=2, place="DEBRV", final=True),
    ),
    (
        plant.ArrivalEstimated(vehicle_id=CAR, estimate=LATER, cause="transport", estimated_at=AT),
        EstimateArrival(vehicle_id=CAR, estimate=LATER, cause="transport"),
    ),
    (
        plant.DamageReported(
            vehicle_id=CAR, code="10121", severity="minor", photos_sha256=("ab" * 32,), reported_at=AT
        ),
        ReportDamage(vehicle_id=CAR, code="10121", severity="minor", photos_sha256=("ab" * 32,)),
    ),
]


@pytest.mark.parametrize(
    ("message", "command"), STORIES, ids=[type(command).__name__ for _, command in STORIES]
)
def test_each_message_becomes_its_report(message: Message, command: Command) -> None:
    assert factory.read(encode(message)) == Wanted(command=command, occurred_at=AT, actor="plant")


def test_every_message_is_told_here() -> None:
    assert {type(message) for message, _ in STORIES} == set(factory.messages)


BUILT = encode(plant.BuildStarted(vehicle_id=CAR, started_at=AT))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"", "byte 0"),
        (b"{}", "byte 0"),
        (b"\1" + BUILT[1:], "byte 0"),
        (b"\0\0\0\3\xe7" + BUILT[5:], "schema id 999"),
        (BUILT[:-2], "plant.BuildStarted"),
        (BUILT + b"\0", "1 bytes are left over"),
        (BUILT[:6] + b"\xff" * 40, "plant.BuildStarted"),
        (
            encode(
                RefundPaid(refund_id="r", order_id=CAR, amount=Amount(minor=1, currency="EUR"), paid_at=AT)
            ),
            "bank.RefundPaid",
        ),
        (
            inbound.encode(
                "plant.LegDeparted",
                {
                    "vehicle_id": CAR,
                    "leg_no": 1,
                    "mode": "balloon",
                    "place_from": "DELEJ",
                    "place_to": "DEBRV",
                    "eta": AT,
                    "departed_at": AT,
                },
            ),
            "field mode",
        ),
    ],
)
def test_what_cannot_be_read_says_why(value: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        factory.read(value)
