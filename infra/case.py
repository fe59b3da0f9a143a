"""Decides commands, a whole group of them at a time, just before they are written.

Python runs one thread at a time. If every caller decided for itself, the threads would take turns at random,
each with cold caches and queries of its own, and often on states that are about to change. Here the log's
writer decides what it is about to write: it reads the streams of the group in one query and decides on the
freshest states there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from uuid import UUID

from domain.kernel import State, Stream
from infra.deciding import Decided, Told, check_version, decide
from infra.item import Appended, Outcome
from infra.states import States, Versioned, pick
from infra.waiting import Waiting


class Case(Waiting):
    """A command on its way.

    `from_memory` tells whether it was decided on states that the log was not asked for.
    """

    __slots__ = ("_ended", "_states", "decided", "from_memory", "streams", "told")

    decided: Decided

    def __init__(self, told: Told, streams: tuple[Stream[State], ...], states: States) -> None:
        reads = {stream.id for stream in streams}
        writes = {stream.id for stream in told.command.writes()}
        super().__init__(None, reads=reads, writes=writes, names=told.names)
        self.told = told
        self.streams = streams
        self.from_memory = False
        self._states = states
        # A lock that is released once costs a caller and the writer a good deal less than a Future.
        self._ended = Lock()
        self._ended.acquire()

    def wait(self, seconds: float) -> Outcome:
        """What the log answered (`Appended(0)` if there was nothing to write).

        Raises:
            TimeoutError: it did not end in time.
            Exception: why it was not decided, or not written.
        """
        if not self._ended.acquire(timeout=seconds):
            raise TimeoutError
        assert self.end is not None
        if isinstance(self.end, Exception):
            raise self.end
        return self.end

    def prepare(self, group: Sequence[Waiting]) -> None:
        """Decide this one and the others that share its memory, with one query for what is not remembered."""
        cases = [one for one in group if isinstance(one, Case) and one._states is self._states]
        try:
            found, asked = self._states.read(stream for case in cases for stream in case.streams)
        except Exception as error:
            if len(cases) == 1:
                self.end = error
            else:  # one stream that cannot be read is no reason for the others to fail
                for case in cases:
                    case.prepare([case])
        else:
            for case in cases:
                case.from_memory = any(stream.id not in asked for stream in case.streams)
                case.decide(found)

    def decide(self, found: Mapping[UUID, Versioned]) -> None:
        """Make the item; or end here, with a refusal, a fault or nothing to write."""
        try:
            read = pick(self.streams, found)
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
        self._ended.release()
