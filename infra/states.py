"""The folded states of streams, from the log or from memory.

What is remembered is only ever a baseline: `append` checks the versions it stands for; and what was decided on it
and writes nothing is decided again on what the log holds. A state that is in doubt is not thrown away: the log is
asked for what came after it, so a long stream is not folded twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
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


# The streams to read; and whether the first is about to begin: then it is taken to be empty if nothing is remembered.
Asked = tuple[Sequence[Stream[State]], bool]
# Their states in the same order, None where another kind of stream has the id; and whether any was not read just now.
Found = tuple[tuple[Versioned | None, ...], bool]


class States:
    """Reads states, and remembers those that were last written or read from the log."""

    def __init__(self, log: Log, *, remembered_max: int = REMEMBERED_MAX) -> None:
        self._log = log
        self._remembered: OrderedDict[UUID, Versioned] = OrderedDict()
        self._doubted: set[UUID] = set()
        self._remembered_max = remembered_max
        self._guard = Lock()

    def read(self, *asked: Asked) -> list[Found]:
        """The states of these streams, remembered or read from the log, all in one query."""
        found: list[list[Versioned | None]] = []
        wanted: dict[UUID, Versioned] = {}
        families: dict[UUID, str] = {}
        with self._guard:
            for streams, begins in asked:
                states = [self._remembered.get(stream.id) for stream in streams]
                if begins and states[0] is None:
                    states[0] = Versioned(streams[0].state(), 0)
                for index, (stream, state) in enumerate(zip(streams, states, strict=True)):
                    if state is None or (self._doubted and stream.id in self._doubted):
                        wanted[stream.id] = state or Versioned(stream.state(), 0)
                        families[stream.id] = stream.state.family
                        states[index] = None
                found.append(states)
        read = self._read(wanted, families) if wanted else {}
        return [
            (
                tuple([state or read.get(stream.id) for stream, state in zip(one[0], states, strict=True)]),
                any(states),
            )
            for one, states in zip(asked, found, strict=True)
        ]

    def _read(
        self, baselines: Mapping[UUID, Versioned], families: Mapping[UUID, str]
    ) -> dict[UUID, Versioned]:
        """These states with what the log holds beyond them; what has events of another family is left out."""
        histories = self._log.histories(
            baselines, after={stream_id: one.version for stream_id, one in baselines.items()}
        )
        read = {}
        for stream_id, baseline in baselines.items():
            history = histories.get(stream_id, ())
            if not history:
                read[stream_id] = baseline
            elif baseline.version or history[0].event.family == families[stream_id]:
                state = fold(baseline.state, (recorded.event for recorded in history))
                read[stream_id] = Versioned(state, history[-1].version)
        self.remember((stream_id, one) for stream_id, one in read.items() if one.version)
        return read

    def remember(self, states: Iterable[tuple[UUID, Versioned]]) -> None:
        """Keep these states, which the log has just confirmed, unless a later one is kept already."""
        with self._guard:
            for stream_id, state in states:
                kept = self._remembered.pop(stream_id, None)
                later = kept is not None and kept.version > state.version
                self._remembered[stream_id] = kept if kept is not None and later else state
                if self._doubted:
                    self._doubted.discard(stream_id)
            while len(self._remembered) > self._remembered_max:
                forgotten, _ = self._remembered.popitem(last=False)
                self._doubted.discard(forgotten)

    def doubt(self, stream_ids: Iterable[UUID]) -> None:
        """The next `read` of these streams asks the log for what came after."""
        with self._guard:
            self._doubted.update(one for one in stream_ids if one in self._remembered)


def checked(streams: Sequence[Stream[State]], found: Sequence[Versioned | None]) -> list[Versioned]:
    """The states of these streams, in their order.

    Raises:
        InputError: an id is that of another kind of stream.
    """
    states = []
    for stream, state in zip(streams, found, strict=True):
        if state is None or type(state.state) is not stream.state:
            raise another_kind(stream)
        states.append(state)
    return states


def another_kind(stream: Stream[State]) -> InputError:
    return InputError(
        f"{stream.id} is not the id of {_a(stream.state.__name__.lower())}: another kind of stream has it.",
        hint="Every order, vehicle, visit and account has an id of its own.",
    )


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
