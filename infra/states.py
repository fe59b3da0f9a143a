"""The folded states of streams, from the log or from memory.

What is remembered is only ever a baseline: `append` checks the versions it stands for; and what was decided on it
and writes nothing is decided again on what the log holds. A state that is in doubt is not thrown away: the log is
asked for what came after it, so a long stream is not folded twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Set
from threading import Lock
from uuid import UUID

from msgspec import Struct

from domain.kernel import State, Stream, fold
from infra.log import Log

REMEMBERED_MAX = 10_000


class Versioned(Struct, frozen=True):
    """A state, and how many events it folds."""

    state: State
    version: int


class StateCache:
    """Reads states, and remembers those that were last written or read from the log."""

    def __init__(self, log: Log, *, remembered_max: int = REMEMBERED_MAX) -> None:
        self._log = log
        self._remembered: OrderedDict[UUID, Versioned] = OrderedDict()
        self._remembered_max = remembered_max
        self._guard = Lock()

    def read(
        self,
        streams: Iterable[Stream[State]],
        *,
        begun: Set[UUID] = frozenset(),
        doubted: Set[UUID] = frozenset(),
    ) -> tuple[dict[UUID, Versioned], Set[UUID]]:
        """The states of these streams, remembered or read in one query, and the ids of those that were read.

        `begun` are about to begin: if nothing is remembered of them they are taken to be empty. Of those that are
        `doubted` the log is asked in any case. What has events of another kind is left out.
        """
        found: dict[UUID, Versioned] = {}
        baselines: dict[UUID, Versioned] = {}
        with self._guard:
            for state, stream_id in streams:
                remembered = self._remembered.get(stream_id)
                if remembered is not None and stream_id not in doubted:
                    found[stream_id] = remembered
                elif remembered is None and stream_id in begun and stream_id not in doubted:
                    found[stream_id] = Versioned(state(), 0)
                else:
                    # An empty one may be remembered as another kind: it was asked for under a wrong id.
                    if remembered is None or not remembered.version:
                        remembered = Versioned(state(), 0)
                    baselines[stream_id] = remembered
        if baselines:
            read = self._read(baselines)
            self.remember(read)
            found |= read
        return found, baselines.keys()

    def _read(self, baselines: Mapping[UUID, Versioned]) -> dict[UUID, Versioned]:
        """These states with what the log holds beyond them."""
        histories = self._log.histories(
            baselines, after={stream_id: one.version for stream_id, one in baselines.items()}
        )
        read = {}
        for stream_id, baseline in baselines.items():
            history = histories.get(stream_id, ())
            if not history:
                read[stream_id] = baseline
            elif baseline.version or history[0].event.of is type(baseline.state):
                state = fold(baseline.state, (recorded.event for recorded in history))
                read[stream_id] = Versioned(state, history[-1].version)
        return read

    def remember(self, states: Mapping[UUID, Versioned]) -> None:
        """Keep these states, which the log has just confirmed, unless a later one is kept already."""
        with self._guard:
            for stream_id, state in states.items():
                kept = self._remembered.get(stream_id)
                if kept is None or kept.version < state.version:
                    self._remembered[stream_id] = state
                    self._remembered.move_to_end(stream_id)
            while len(self._remembered) > self._remembered_max:
                self._remembered.popitem(last=False)
