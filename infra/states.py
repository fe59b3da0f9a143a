"""The folded states of streams, from the log or from memory.

What is remembered is only ever a baseline: `append` checks the versions it stands for, and a refusal that was
decided on it is decided again on what the log holds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from uuid import UUID

from msgspec import Struct

from domain.kernel import State, Stream, fold
from infra.errors import InputError
from infra.log import Log

REMEMBERED_MAX = 10_000


class Versioned(Struct, frozen=True):
    """A state, and how many events it folds."""

    state: State
    version: int


class States:
    """Reads states, and remembers the most recently used."""

    def __init__(self, log: Log, *, remembered_max: int = REMEMBERED_MAX) -> None:
        self._log = log
        self._remembered: OrderedDict[UUID, Versioned] = OrderedDict()
        self._remembered_max = remembered_max
        self._guard = Lock()

    def load(self, streams: Iterable[Stream[State]]) -> dict[UUID, Versioned]:
        """Read the streams that are not remembered, all in one query; those of another kind are left out."""
        wanted = {stream.id: stream for stream in streams if self._recall(stream.id) is None}
        if not wanted:
            return {}
        histories = self._log.histories(wanted)
        loaded: dict[UUID, Versioned] = {}
        for stream_id, stream in wanted.items():
            history = histories.get(stream_id, [])
            if history and history[0].event.family != stream.state.family:
                continue
            state = fold(stream.state(), (recorded.event for recorded in history))
            loaded[stream_id] = Versioned(state, history[-1].version if history else 0)
        return loaded

    def pick(
        self, streams: Iterable[Stream[State]], loaded: Mapping[UUID, Versioned]
    ) -> dict[UUID, Versioned]:
        """The states of these streams, from what was just loaded or from memory.

        Raises:
            InputError: an id is that of another kind of stream.
        """
        states: dict[UUID, Versioned] = {}
        for stream in streams:
            found = loaded.get(stream.id) or self._recall(stream.id)
            if found is None or type(found.state) is not stream.state:
                raise another_kind(stream)
            states[stream.id] = found
        return states

    def remember(self, states: Mapping[UUID, Versioned]) -> None:
        """Keep these states, unless a later one is kept already."""
        with self._guard:
            for stream_id, state in states.items():
                kept = self._remembered.get(stream_id)
                if kept is None or kept.version < state.version:
                    self._remembered[stream_id] = state
                    self._remembered.move_to_end(stream_id)
            while len(self._remembered) > self._remembered_max:
                self._remembered.popitem(last=False)

    def forget(self, stream_ids: Iterable[UUID]) -> None:
        """The next `read` of these streams asks the log."""
        with self._guard:
            for stream_id in stream_ids:
                self._remembered.pop(stream_id, None)

    def _recall(self, stream_id: UUID) -> Versioned | None:
        with self._guard:
            if found := self._remembered.get(stream_id):
                self._remembered.move_to_end(stream_id)
            return found


def another_kind(stream: Stream[State]) -> InputError:
    return InputError(
        f"{stream.id} is not the id of {_a(stream.state.__name__.lower())}: another kind of stream has it.",
        hint="Every order, vehicle, visit and account has an id of its own.",
    )


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
