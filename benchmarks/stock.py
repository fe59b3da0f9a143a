"""The same commands through the eventsourcing library: its Application on its own PostgreSQL recorder.

Twice: as it comes, loading the aggregate for each command; and tuned, with the settings that its documentation
offers for speed and that keep its promises. Tuned, aggregates are cached and fast-forwarded, as cached ones are
by default (without that, a command would be refused on what another process has changed; ours asks the log
before it refuses), and they are not copied, for our states cannot be changed. POSTGRES_ENABLE_DB_FUNCTIONS
stays off: it loses order and tracking. It stores the same JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from psycopg.conninfo import conninfo_to_dict

from benchmarks.flow import NOON
from domain.context import Context
from domain.kernel import Command, Event, State, States, Stream
from domain.markets.resolver import Markets
from infra.order_book import BookMapper, Happened

TUNED = {
    "POSTGRES_POOL_SIZE": "16",
    "AGGREGATE_CACHE_MAXSIZE": "10000",
    "AGGREGATE_CACHE_FASTFORWARD": "y",
    "DEEPCOPY_FROM_AGGREGATE_CACHE": "n",
}


def environment(conninfo: str) -> dict[str, str]:
    """The library's settings that name a database."""
    server = conninfo_to_dict(conninfo)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(server["dbname"]),
        "POSTGRES_HOST": str(server["host"]),
        "POSTGRES_PORT": str(server["port"]),
        "POSTGRES_USER": str(server["user"]),
        "POSTGRES_PASSWORD": "",
    }


@dataclass
class Loaded:
    """What the library's repository holds of one stream."""

    id: UUID
    state: State
    version: int = 0
    pending: list[Happened] = field(default_factory=list)

    def trigger(self, event: Event) -> None:
        self.version += 1
        self.state = event.evolve(self.state)
        self.pending.append(Happened(self.id, self.version, event))

    def collect_events(self) -> Sequence[Happened]:
        collected, self.pending = self.pending, []
        return collected


class StockBook(Application[UUID]):
    """The stock application."""

    def __init__(self, conninfo: str, markets: Markets, *, tuned: bool) -> None:
        super().__init__({**(TUNED if tuned else {}), **environment(conninfo)})
        self.markets = markets

    def construct_mapper(self) -> BookMapper:
        return BookMapper(self.construct_transcoder())

    def carry_out(self, command: Command) -> None:
        """Load, decide, append."""
        loaded, *others = (self.load(stream) for stream in command.reads())
        states = States({one.id: one.state for one in (loaded, *others)})
        context = Context(now=NOON, occurred_at=NOON, actor="clerk", markets=self.markets)
        for _, event in command.decide(states, context):
            loaded.trigger(event)
        self.save(loaded)

    def load(self, stream: Stream[State]) -> Loaded:
        def project(cached: Loaded | None, history: Iterable[Happened]) -> Loaded | None:
            loaded = cached or Loaded(stream.id, stream.state())
            for happened in history:
                loaded.trigger(happened.event)
            loaded.collect_events()
            return loaded if loaded.version else None

        try:
            found: Loaded = self.repository.get(stream.id, projector_func=project)
        except AggregateNotFoundError:
            return Loaded(stream.id, stream.state())
        return Loaded(found.id, found.state, found.version)  # what is decided must not change what is cached
