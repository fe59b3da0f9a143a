"""A car is damaged on its way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal
from uuid import UUID

from domain.allocations.state import Vehicle, VehicleEvent
from domain.allocations.telling import VehicleReport
from domain.checks import hashes
from domain.context import Context
from domain.kernel import Refused, replace

Severity = Literal["minor", "major", "total_loss"]

DAMAGE: Final = re.compile(r"[0-9]{5}")


class DamageReported(VehicleEvent):
    """`code` is the five-digit damage code of the carrier's report (area, type, severity)."""

    code: str
    severity: Severity
    photos_sha256: tuple[str, ...]
    order_id: UUID | None = None

    def evolve(self, vehicle: Vehicle, /) -> Vehicle:
        return replace(vehicle, damages=vehicle.damages + 1)


class ReportDamage(VehicleReport):
    """`code` has five digits; `photos_sha256` are the SHA-256 of the photos, in hex."""

    code: str
    severity: Severity
    photos_sha256: tuple[str, ...] = ()

    def happens(self, vehicle: Vehicle, context: Context) -> Iterator[VehicleEvent]:
        if not DAMAGE.fullmatch(self.code):
            raise Refused("damage_code", "code is the five digits of a damage code such as 02114: give those")
        hashes(**{f"photos_sha256[{n}]": photo for n, photo in enumerate(self.photos_sha256)})
        yield DamageReported(
            code=self.code,
            severity=self.severity,
            photos_sha256=self.photos_sha256,
            order_id=vehicle.order_id,
        )
