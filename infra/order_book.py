"""The order book as an application of the eventsourcing library.

Whatever the library has for an application works on it: its notification log, subscriptions and projections.
Commands come in through `infra.handle`; both write through the one `append`.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, ProcessRecorder, StoredEvent
from psycopg.conninfo import conninfo_to_dict

from domain.kernel import Event
from infra.codec import decode, encode


@dataclass(frozen=True)
class Happened:
    """An event of ours as the library names things: its stream and its number in it."""

    originator_id: UUID
    originator_version: int
    event: Event


class BookMapper(Mapper[UUID]):
    """Stores an event under its class name, with its JSON as it stands in the log."""

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        assert isinstance(domain_event, Happened)
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=type(domain_event.event).__name__,
            state=encode(domain_event.event),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Happened:
        assert isinstance(stored_event.originator_id, UUID)
        event = decode(stored_event.topic, stored_event.state)
        return Happened(stored_event.originator_id, stored_event.originator_version, event)


class OrderBook(Application[UUID]):
    """The application. `save(Happened(…), …, command_id=…)` appends; `events.get(id)` reads a stream."""

    def __init__(self, conninfo: str) -> None:
        server = conninfo_to_dict(conninfo)
        super().__init__(
            {
                "PERSISTENCE_MODULE": "infra.recorder:Factory",
                "POSTGRES_DBNAME": str(server["dbname"]),
                "POSTGRES_HOST": str(server.get("host", "")),
                "POSTGRES_PORT": str(server.get("port", "")),
                "POSTGRES_USER": str(server.get("user", "")),
                "POSTGRES_PASSWORD": str(server.get("password", "")),
            }
        )

    def construct_mapper(self) -> BookMapper:
        return BookMapper(self.construct_transcoder())

    def construct_recorder(self) -> ProcessRecorder:
        return self.factory.process_recorder()
