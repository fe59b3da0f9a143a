"""The folded states of streams, from the log or from memory.

What is remembered is only ever a baseline: `append` checks the versions it stands for, and a refusal that was
decided on it is decided again on what the log holds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Set
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

    def read(self, streams: Iterable[Stream[State]]) -> tuple[dict[UUID, Versioned], Set[UUID]]:
        """The states of these streams, remembered or read in one query, and the ids of those that were read.
        What has events of another family is left out."""
        found: dict[UUID, Versioned] = {}
        wanted: dict[UUID, Stream[State]] = {}
        with self._guard:
            for stream in streams:
                if remembered := self._remembered.get(stream.id):
                    self._remembered.move_to_end(stream.id)
                    found[stream.id] = remembered
                else:
                    wanted[stream.id] = stream
        if wanted:
            histories = self._log.histories(wanted)
            for stream_id, stream in wanted.items():
                history = histories.get(stream_id, ())
                if not history or history[0].event.family == stream.state.family:
                    state = fold(stream.state(), (recorded.event for recorded in history))
                    found[stream_id] = Versioned(state, history[-1].version if history else 0)
        return found, wanted.keys()

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


def pick(streams: Iterable[Stream[State]], found: Mapping[UUID, Versioned]) -> dict[UUID, Versioned]:
    """The states of these streams.

    Raises:
        InputError: an id is that of another kind of stream.
    """
    states: dict[UUID, Versioned] = {}
    for stream in streams:
        state = found.get(stream.id)
        if state is None or type(state.state) is not stream.state:
            raise another_kind(stream)
        states[stream.id] = state
    return states


def another_kind(stream: Stream[State]) -> InputError:
    return InputError(
        f"{stream.id} is not the id of {_a(stream.state.__name__.lower())}: another kind of stream has it.",
        hint="Every order, vehicle, visit and account has an id of its own.",
    )


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
