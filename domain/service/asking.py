"""What every command about a visit that was booked has in common: the visit that it is about."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from uuid import UUID

from domain.context import Context
from domain.kernel import Command, Decision, State, States, Stream
from domain.service.state import ServiceEvent, Visit, known


class VisitCommand(Command, kind=True):
    """A command that reads and writes one visit, which must be booked."""

    visit_id: UUID

    def reads(self) -> tuple[Stream[State], ...]:
        return (Stream(Visit, self.visit_id),)

    def decide(self, states: States, context: Context) -> Decision:
        stream = Stream(Visit, self.visit_id)
        for event in self.happens(known(states[stream], self.visit_id), context):
            yield stream, event

    @abstractmethod
    def happens(self, visit: Visit, context: Context) -> Iterator[ServiceEvent]:
        """What happens on the visit.

        Raises:
            Refused: it may not happen, or the command is not well formed.
        """
