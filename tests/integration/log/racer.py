"""One of many processes that race for a car: `python -m tests.integration.log.racer CONNINFO`.

Each line it reads is `order_id vehicle_id`; it asks for the car and prints `won`, or the code of the refusal.
"""

import sys
from uuid import UUID

import domain.everything  # noqa: F401 -- the events that it will read
from domain.allocations.allocating import AllocateVehicle
from domain.kernel import Refused
from domain.sealed import Clear, Personal, Sealed
from infra.clock import SystemClock
from infra.handle import Ask, Desk
from infra.log import Log
from infra.vault.sealing import SealedRow
from tests.examples import MARKETS


class NothingToSeal:
    """An allocation holds no text."""

    def known(self, clear: Clear, how: Personal, subject: UUID) -> Sealed | None:
        raise AssertionError("an allocation holds no text")

    def seal(self, clear: Clear, how: Personal, subject: UUID) -> tuple[Sealed, SealedRow]:
        raise AssertionError("an allocation holds no text")


def race(conninfo: str) -> None:
    with Log(conninfo, SystemClock()) as log:
        desk = Desk(log, NothingToSeal(), MARKETS, SystemClock(), digest_key=bytes(32))
        print("ready", flush=True)
        for line in sys.stdin:
            order_id, vehicle_id = map(UUID, line.split())
            command = AllocateVehicle(order_id=order_id, vehicle_id=vehicle_id, source="stock")
            try:
                desk.handle(Ask(command=command, actor="racer"))
                print("won", flush=True)
            except Refused as refused:
                print(refused.code, flush=True)


if __name__ == "__main__":
    race(sys.argv[1])
