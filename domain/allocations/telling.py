"""What every report about a car has in common: the car that it is about."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from uuid import UUID

from domain.allocations.state import Vehicle, VehicleEvent, known
from domain.context import Context
from domain.kernel import Decision, Report, State, States, Stream


class VehicleReport(Report, kind=True):
    """Tells what happened to one car, which must be known."""

    vehicle_id: UUID

    def reads(self) -> tuple[Stream[State], ...]:
        return (Stream(Vehicle, self.vehicle_id),)

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Vehicle, self.vehicle_id)
        for event in self.happens(known(states[stream], self.vehicle_id), context):
            yield stream, event

    @abstractmethod
    def happens(self, vehicle: Vehicle, context: Context) -> Iterator[VehicleEvent]:
        """What happens to the car.

        Raises:
            Refused: the report is not well formed.
        """
