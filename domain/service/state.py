"""A visit to the workshop, from its booking to the keys handed back."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

from domain.kernel import Event, Family, Refused, State

VisitStage = Literal["unknown", "booked", "collected", "in_work", "work_done", "handed_back", "cancelled"]

STAGES: Final[tuple[VisitStage, ...]] = (
    "unknown",
    "booked",
    "collected",
    "in_work",
    "work_done",
    "handed_back",
    "cancelled",
)


@dataclass(frozen=True)
class Visit(State):
    """One service visit. `collect`: the car is fetched at the customer's address. The condition of the car
    at each handoff is known by the SHA-256 of its record; "" stands for a handoff without one."""

    family: ClassVar[Family] = "service"

    stage: VisitStage = "unknown"
    vehicle_id: UUID | None = None
    customer_id: UUID | None = None
    site_id: UUID | None = None
    starts_at: datetime | None = None
    collect: bool = False
    condition_in: str | None = None
    condition_out: str | None = None
    odometer_km: int = 0
    operations: tuple[str, ...] = ()
    done: tuple[str, ...] = ()

    @property
    def exists(self) -> bool:
        return self.stage != "unknown"

    def at_least(self, stage: VisitStage) -> VisitStage:
        """The further of this stage and the one already reached."""
        return max(self.stage, stage, key=STAGES.index)

    def reached(self, stage: VisitStage) -> bool:
        return STAGES.index(self.stage) >= STAGES.index(stage)


class ServiceEvent(Event, of=Visit):
    """Something that happened on one service visit."""

    @abstractmethod
    def evolve(self, visit: Visit, /) -> Visit: ...


def known(visit: Visit, visit_id: UUID) -> Visit:
    """The visit, if it was booked.

    Raises:
        Refused: `unknown_visit`.
    """
    if not visit.exists:
        raise Refused(
            "unknown_visit", "there is no service visit {visit_id}: book it first", visit_id=visit_id
        )
    return visit
