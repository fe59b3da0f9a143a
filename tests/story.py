"""Given what happened, when somebody asks or tells, then this happens: the one way to test a decision.

    given(placed, quoted).when(sign, at=NOON).then(signed)
    given(placed).on(Stream(Vehicle, CAR_ID), ordered).when(allocate).refused("frozen")

`given` takes the events of the stream that the command is about; `on` those of another stream it reads;
`knowing` the rows that its context brings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from domain.kernel import Command, Event, Refused, Rule, State, States, Stream, fold
from tests.examples import NOON, context

S = TypeVar("S", bound=State)
E = TypeVar("E", bound=Event)
Expected = Event | type[Event] | tuple[Stream[State], Event | type[Event]]


@dataclass(frozen=True)
class Story:
    """What happened so far, by stream."""

    own: tuple[Event, ...] = ()
    others: Mapping[UUID, tuple[Event, ...]] = field(default_factory=dict)
    rows: Mapping[str, Any] = field(default_factory=dict)

    def on(self, stream: Stream[State], *events: Event) -> Story:
        return replace(self, others={**self.others, stream.id: events})

    def knowing(self, **rows: object) -> Story:
        """The same with these fields of the context."""
        return replace(self, rows={**self.rows, **rows})

    def when(
        self, command: Command, *, at: datetime = NOON, now: datetime | None = None, actor: str = "clerk"
    ) -> Outcome:
        """Decide. `at` is when it happened, `now` (the same, unless told) what the clock says."""
        streams = command.reads()
        histories = {stream.id: self.others.get(stream.id, ()) for stream in streams}
        histories[streams[0].id] = self.own
        states = {stream.id: fold(stream.state(), histories[stream.id]) for stream in streams}
        told = context(now or at, occurred_at=at, actor=actor)._replace(**self.rows)
        try:
            events = tuple(command.decide(States(states), told))
        except Refused as refusal:
            return Outcome(states, (), refusal, streams)
        for stream, event in events:
            assert stream in command.writes(streams), (
                f"{event} is not on a stream that {command} says it writes"
            )
            states[stream.id] = fold(states[stream.id], (event,))
        return Outcome(states, events, None, streams)


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    states: Mapping[UUID, State]
    events: tuple[tuple[Stream[State], Event], ...]
    refusal: Refused | None
    streams: tuple[Stream[State], ...]

    def then(self, *expected: Expected) -> Outcome:
        """Exactly this happened, in this order. A class stands for any event of it; a pair names the stream."""
        assert self.refusal is None, f"refused: {self.refusal}"
        assert len(self.events) == len(expected), self.events
        for (stream, event), wanted in zip(self.events, expected, strict=True):
            if isinstance(wanted, tuple):
                assert stream == wanted[0]
                wanted = wanted[1]  # noqa: PLW2901 -- the event of the pair
            if isinstance(wanted, type):
                assert type(event) is wanted, event
            else:
                assert event == wanted
        return self

    def nothing(self) -> Outcome:
        """It was not refused, and nothing happened."""
        return self.then()

    def refused(self, code: str, *, rule: Rule | None = None) -> Outcome:
        """It was refused with this code, under this rule or under none."""
        assert self.refusal is not None, f"not refused: {self.events}"
        assert (self.refusal.code, self.refusal.rule) == (code, rule), self.refusal
        return self

    def flagged(self, *codes: str) -> Outcome:
        """It was recorded, and the first event names just these contradictions."""
        assert self.refusal is None, f"refused: {self.refusal}"
        assert getattr(self.events[0][1], "contradicts", None) == codes
        return self

    def event(self, kind: type[E]) -> E:
        """The one event of this class that happened."""
        (found,) = (event for _, event in self.events if isinstance(event, kind))
        return found

    def after(self, kind: type[S]) -> S:
        """The state of this kind afterwards, of the first such stream that the command reads."""
        stream = next(stream for stream in self.streams if stream.state is kind)
        state = self.states[stream.id]
        assert isinstance(state, kind)
        return state


def given(*events: Event) -> Story:
    """The events of the stream that the command is about."""
    return Story(events)
