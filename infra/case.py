"""Decides commands, a whole group of them at a time, just before they are written.

Python runs one thread at a time. If every caller decided for itself, the threads would take turns at random,
each with cold caches and queries of its own, and often on states that are about to change. Here the log's
writer decides what it is about to write: it reads the streams of the group in one query and decides on the
freshest states there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from domain.catalogue.book import Catalogue
from domain.context import Context
from domain.markets.resolver import Markets
from infra.ask import Answered
from infra.deciding import Decided, Told, decide
from infra.errors import PostgresFault
from infra.item import Appended
from infra.markets.loaded import LoadedMarkets
from infra.states import StateCache, Versioned
from infra.waiting import Waiting, names_of


class Basis(Struct, frozen=True):
    """What commands are decided on."""

    states: StateCache
    markets: LoadedMarkets
    catalogue: Catalogue

    def context(self, told: Told, markets: Markets) -> Context:
        """What the command may not fetch for itself."""
        return Context(
            told.now, told.occurred_at, told.ask.actor, markets, self.catalogue, markets.partner_rules
        )


class Case(Waiting):
    """A command on its way. `settle` is told when it ended, by the writer, which it must not keep waiting; it
    sees to it that `answer` ends.

    `from_memory` tells whether it was decided on states that the log was not asked for, `attempt` counts from 1:
    only the first is decided from memory.
    """

    __slots__ = ("answer", "attempt", "basis", "decided", "from_memory", "settle", "told")

    decided: Decided

    def __init__(
        self,
        told: Told,
        basis: Basis,
        settle: Callable[[Case], None],
        answer: Answered,
        attempt: int = 1,
    ) -> None:
        reads = {stream.id for stream in told.reads}
        # They are the same, unless it only looks at some.
        writes = reads if told.writes is told.reads else {stream.id for stream in told.writes}
        names = names_of(told.ask.command_id, told.sealed, told.ask.tracking)
        super().__init__(None, reads=reads, writes=writes, names=names)
        self.told = told
        self.basis = basis
        self.settle = settle
        self.answer = answer
        self.attempt = attempt
        self.from_memory = False

    def prepare(self, group: Sequence[Waiting]) -> None:
        """Decide this one and the others of the same basis, with one query for what is not remembered."""
        cases = [one for one in group if isinstance(one, Case) and one.basis is self.basis]
        try:
            found, asked = self.basis.states.read(
                [stream for case in cases for stream in case.told.reads],
                begun={case.told.reads[0].id for case in cases if case.begins},
                doubted={stream_id for case in cases if case.attempt > 1 for stream_id in case.reads},
            )
            markets = self.basis.markets.now()
        except Exception as error:
            if len(cases) == 1 or isinstance(error, PostgresFault):
                for case in cases:
                    case.end = error
            else:  # one stream that cannot be read is no reason for the others to fail
                for case in cases:
                    case.prepare([case])
        else:
            for case in cases:
                case.from_memory = not (asked and case.reads <= asked)
                case.decide(found, markets)

    @property
    def begins(self) -> bool:
        """Whether its first stream may be taken to be empty: only until the log has had its say."""
        return self.attempt == 1 and self.told.command.begins

    def decide(self, found: Mapping[UUID, Versioned], markets: Markets) -> None:
        """Make the item; or end here, with a refusal, a fault or nothing to write."""
        told = self.told
        try:
            self.decided = decide(told, found, self.basis.context(told, markets))
        except Exception as error:
            self.end = error
        else:
            self.item = self.decided.item
            if self.item is None:
                self.end = Appended(0)

    def tell(self) -> None:
        self.settle(self)
