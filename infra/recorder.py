"""The log as a recorder of the eventsourcing library.

The library's own code reads, through two views that give our tables its names; writing goes through the group
commit. Its stock way to write takes an EXCLUSIVE table lock per insert, and its database functions lose the
tracking: POSTGRES_ENABLE_DB_FUNCTIONS is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from threading import Event as Flag
from typing import Any, cast
from uuid import UUID, uuid4

from eventsourcing.persistence import (
    IntegrityError,
    Notification,
    OperationalError,
    StoredEvent,
    Subscription,
    Tracking,
)
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresFactory,
    PostgresProcessRecorder,
    PostgresTrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra import item
from infra.clock import Clock, SystemClock
from infra.errors import InputError, PostgresFault
from infra.item import Appended, Behind, Conflict, Duplicate, Item, NewEvent, Outcome, Taken
from infra.log import Log
from infra.postgres import as_role

SCHEMA = "carnet"
POLL_S_MIN = 0.05
POLL_S_MAX = 1.0
PAGE = 500


class Datastore(PostgresDatastore):
    """The library's connections, with the writer's rights, and the log behind them."""

    def __init__(self, conninfo: str, clock: Clock) -> None:
        parameters: dict[str, Any] = conninfo_to_dict(as_role(conninfo, "carnet_writer"))
        super().__init__(
            dbname=parameters.pop("dbname", "postgres"),
            host=parameters.pop("host", ""),
            port=parameters.pop("port", 5432),
            user=parameters.pop("user", "postgres"),
            password=parameters.pop("password", ""),
            pool_size=1,
            max_overflow=15,
            schema=SCHEMA,
        )
        cast("dict[str, Any]", self.pool.kwargs).update(parameters)
        self.clock = clock
        self.log = Log(conninfo, clock)

    def register_type_adapters(self) -> None:
        """There are none: events travel as columns."""

    def close(self) -> None:
        super().close()
        if hasattr(self, "log"):
            self.log.close()


class Recorder(PostgresProcessRecorder):
    """Records in the order book, whatever table names the library would give it."""

    datastore: Datastore

    def __init__(self, datastore: Datastore, **_: str) -> None:
        super().__init__(
            datastore, events_table_name="stored_events", tracking_table_name="notification_tracking"
        )

    def create_table(self) -> None:
        """Nothing: `carnet db migrate` makes the tables, and the log has checked their version."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append events, and the tracking if there is one; returns their positions.

        Keywords: `tracking`; `command_id` (a repeat of it returns the first positions), `correlation_id`,
        `causation_id` and `actor`, which stand in the envelope of each event.

        Raises:
            IntegrityError: a stream is at another version, or the source has been taken so far already.
            OperationalError: PostgreSQL could not do it.
        """
        tracking: Tracking | None = kwargs.get("tracking")
        if not stored_events and tracking is None:
            return None
        outcome = self._append(self._item(stored_events, tracking, kwargs))
        match outcome:
            case Appended(position):
                return list(range(position - len(stored_events) + 1, position + 1))
            case Duplicate(position, events):
                return list(range(position - events + 1, position + 1))
            case Conflict() | Behind() | Taken():
                raise IntegrityError(str(outcome))

    def insert_tracking(self, tracking: Tracking) -> None:
        """Record how far a source was taken. Raises IntegrityError if it has been taken so far already."""
        self.insert_events([], tracking=tracking)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Polling:
        """Every event after a position, for ever."""
        return Polling(self, gt, topics)

    def _append(self, written: Item) -> Outcome:
        try:
            return self.datastore.log.append(written).result()
        except PostgresFault as fault:
            raise OperationalError(str(fault)) from fault

    def _item(
        self, stored: Sequence[StoredEvent], tracking: Tracking | None, envelope: Mapping[str, Any]
    ) -> Item:
        command_id: UUID = envelope.get("command_id") or uuid4()
        return Item(
            command_id=command_id,
            occurred_at=self.datastore.clock.now(),
            actor=envelope.get("actor", ""),
            correlation_id=envelope.get("correlation_id") or command_id,
            causation_id=envelope.get("causation_id"),
            expected=_expected(stored),
            events=tuple(_new_event(event) for event in stored),
            tracking=_next(tracking) if tracking else None,
        )


def _expected(stored: Sequence[StoredEvent]) -> dict[UUID, int]:
    """The version that each stream must be at: the one before its first event here."""
    expected: dict[UUID, int] = {}
    latest: dict[UUID, int] = {}
    for event in stored:
        stream_id = _uuid(event.originator_id)
        expected.setdefault(stream_id, event.originator_version - 1)
        if event.originator_version != latest.get(stream_id, event.originator_version - 1) + 1:
            raise IntegrityError(f"version {event.originator_version} of {stream_id} does not continue it")
        latest[stream_id] = event.originator_version
    return expected


def _new_event(stored: StoredEvent) -> NewEvent:
    return NewEvent(
        stream_id=_uuid(stored.originator_id),
        version=stored.originator_version,
        event_id=uuid4(),
        name=stored.topic,
        schema_version=1,
        market="",
        body=stored.state,
    )


def _next(tracking: Tracking) -> item.Tracking:
    return item.Tracking(tracking.application_name, tracking.notification_id + 1)


def _uuid(originator_id: UUID | str) -> UUID:
    return originator_id if isinstance(originator_id, UUID) else UUID(originator_id)


class Polling(Subscription[Recorder]):
    """Reads on from a position, and asks again after 50 ms to 1 s when there is nothing new."""

    def __init__(self, recorder: Recorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._stopped = Flag()
        self._pages = self._read()

    def stop(self) -> None:
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        if self._has_been_stopped:
            raise StopIteration
        return next(self._pages)

    def _read(self) -> Iterator[Notification]:
        after = self._last_notification_id or 0
        pause = POLL_S_MIN
        while not self._stopped.is_set():
            # Positions have no gaps: what a filter leaves out up to here need not be read again.
            head = self._recorder.max_notification_id() or 0
            page = self._recorder.select_notifications(
                after, PAGE, topics=self._topics, inclusive_of_start=False
            )
            yield from page
            after = page[-1].id if len(page) == PAGE else max(head, page[-1].id if page else 0)
            if page:
                pause = POLL_S_MIN
            else:
                self._stopped.wait(pause)
                pause = min(2 * pause, POLL_S_MAX)


class Factory(PostgresFactory):
    """Makes recorders from the library's environment: POSTGRES_DBNAME, POSTGRES_HOST and so on."""

    application_recorder_class: type[PostgresApplicationRecorder] = Recorder
    tracking_recorder_class: type[PostgresTrackingRecorder] = Recorder
    process_recorder_class: type[PostgresProcessRecorder] = Recorder

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        if self.datastore.enable_db_functions:
            raise InputError(
                "POSTGRES_ENABLE_DB_FUNCTIONS loses the tracking of what was consumed.", hint="Unset it."
            )
        given = dict(cast("dict[str, Any]", self.datastore.pool.kwargs))
        del given["row_factory"]
        self.datastore = Datastore(make_conninfo(**given), SystemClock())
