"""Decides commands, a whole group of them at a time, just before they are written.

Python runs one thread at a time. If every caller decided for itself, the threads would take turns at random,
each with cold caches and queries of its own, and often on states that are about to change. Here the log's
writer decides what it is about to write: it reads the streams of the group in one query and decides on the
freshest states there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from domain.kernel import State, Stream
from infra.deciding import Decided, Told, check_version, decide
from infra.item import Appended
from infra.states import States, Versioned
from infra.waiting import Waiting


class Case(Waiting):
    """A command on its way. Its outcome tells what the log answered, or raises why it was not decided.

    `from_memory` tells whether it was decided on states that the log was not asked for.
    """

    __slots__ = ("_states", "decided", "from_memory", "streams", "told")

    decided: Decided

    def __init__(self, told: Told, streams: tuple[Stream[State], ...], states: States) -> None:
        ids = {stream.id for stream in streams}
        super().__init__(None, reads=ids, writes=ids, names=told.names)
        self.told = told
        self.streams = streams
        self.from_memory = False
        self._states = states

    def prepare(self, group: Sequence[Waiting]) -> None:
        """Decide this one and the others that share its memory, with one query for what is not remembered."""
        cases = [one for one in group if isinstance(one, Case) and one._states is self._states]
        try:
            loaded = self._states.load([stream for case in cases for stream in case.streams])
        except Exception as error:
            if len(cases) == 1:
                self.end = error
            else:  # one stream that cannot be read is no reason for the others to fail
                for case in cases:
                    case.prepare([case])
        else:
            for case in cases:
                case.decide(loaded)

    def decide(self, loaded: Mapping[UUID, Versioned]) -> None:
        """Make the item; or end here, with a refusal, a fault or nothing to write."""
        try:
            read = self._states.pick(self.streams, loaded)
            self.from_memory = not loaded.keys() >= read.keys()
            check_version(self.told.ask, self.streams[0], read)
            self.decided = decide(self.told, self.streams, read)
        except Exception as error:
            self.end = error
        else:
            if self.decided.writes:
                self.item = self.decided.item
            else:
                self.end = Appended(0)

    def tell(self) -> None:
        if isinstance(self.end, Appended):
            self._states.remember(self.decided.states)
        super().tell()
