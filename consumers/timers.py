"""Timers: what falls due is asked for, once, however often this process is stopped and started.

The rows of `read.due` are a projection's. A timer has fired when its command id is in the log. After the projection
was switched to another build, nothing fires until that build knows all that the one before has caused.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from consumers.inbox import Inbox, Source
from consumers.kernel import Wanted
from consumers.workshop import Place, Workshop
from domain.kernel import Refused
from domain.orders.reserving import LapseReservation
from domain.orders.withdrawing import CloseWithdrawalWindow
from infra.errors import InputError
from infra.learnt import learnt
from infra.postgres import Connection
from infra.timers import PROJECTION, Due

ACTOR = "timer"
TOPIC = "timers"
SOURCE = "timer:"
BATCH = 512
THREADS = 8
LOOK_EVERY_S = 0.1

KINDS: Mapping[str, type[LapseReservation | CloseWithdrawalWindow]] = {
    kind.__name__: kind for kind in (LapseReservation, CloseWithdrawalWindow)
}

UNFIRED = """
from read.due d
where due_at <= %s and not exists (select from carnet.commands c where c.command_id = d.command_id)
    and not exists (select from carnet.parked p where p.source = 'timer:' || d.timer_id)"""
DUE = f"""select timer_id, due_at, stream_id, kind, command_id {UNFIRED} and (due_at, timer_id) > (%s, %s)
    and (select read.may_act(%s))
order by due_at, timer_id limit %s"""
COUNT = f"select count(*) {UNFIRED}"
START, LAST = (datetime.min.replace(tzinfo=UTC), UUID(int=0)), UUID(int=2**128 - 1)
# While this is the same, no row has come, and a build that may not act may not act yet: its rows change with its
# checkpoints, or with a try of a parked event.
WRITTEN = """
select build, (select sum(position) from read.checkpoints c where (c.projection, c.build) = (b.projection, b.build)),
    (select sum(retries) from read.parked_events p where (p.projection, p.build) = (b.projection, b.build))
from read.builds b where projection = %s and state = 'live'"""


class TimerRunner:
    """Fires what is due by the clock, the earliest first. For one stream the order is strict."""

    def __init__(self, workshop: Workshop) -> None:
        self._shop = workshop
        source = Source(name=TOPIC, topic=TOPIC, partition=0, read=read)
        self._parked = Inbox(source, workshop, 0)
        self._written: object = None
        self._fired = START

    def run(self, stop: Event) -> None:
        """Fire timers until `stop`; then finish those at hand. Raises Contended, PostgresFault."""
        with ThreadPoolExecutor(THREADS, "timers") as threads:
            while not stop.is_set():
                if not self.fire_due(threads):
                    self._parked.look_again()
                    self._parked.drain()
                    stop.wait(LOOK_EVERY_S)

    def fire_due(self, threads: ThreadPoolExecutor) -> int:
        """Fire one batch of what is due now; how many there were."""
        # A switch to another build waits for those that read this one until the batch has fired.
        with self._shop.pool.connection() as connection, connection.transaction():
            now = self._shop.clock.now()
            timers = self._due(connection, now)
            shares: list[list[Due]] = [[] for _ in range(THREADS)]
            for timer in timers:
                shares[timer.stream_id.int % THREADS].append(timer)
            for _ in threads.map(self._fire_in_order, shares):
                pass
        self._fired = (timers[-1].due_at, timers[-1].timer_id) if len(timers) == BATCH else (now, LAST)
        return len(timers)

    def _due(self, connection: Connection, now: datetime) -> list[Due]:
        """What is due next. While the projection stands still, rows of timers that have fired stay, and may be many:
        they are passed over, for none can have come among them."""
        timers = due(connection, now, after=self._fired, limit=BATCH)
        # Asked after the look: if nothing was written until here, the look has missed nothing.
        written = connection.execute(WRITTEN, [PROJECTION]).fetchone()
        if written != self._written:
            self._written, self._fired = written, START
            timers = due(connection, now, limit=BATCH)
        return timers

    def _fire_in_order(self, timers: list[Due]) -> None:
        for timer in timers:
            self._fire(timer)

    def _fire(self, timer: Due) -> None:
        payload = msgspec.json.encode(Fired(timer.kind, timer.stream_id))
        try:
            self._shop.carry_out(read(payload), timer.command_id, None)
        except (Refused, InputError) as reason:
            self._shop.park(
                Place(f"{SOURCE}{timer.timer_id}", TOPIC, 0, 0),
                key=None,
                payload=payload,
                command_id=timer.command_id,
                reason=str(reason),
                tracking=None,
            )


class Fired(msgspec.Struct, frozen=True):
    """What a timer asks for, as it is parked."""

    kind: str
    stream_id: UUID


def read(payload: bytes) -> Wanted:
    """The command of a timer. Raises InputError."""
    try:
        fired = msgspec.json.decode(payload, type=learnt(Fired))
    except msgspec.MsgspecError as error:
        raise InputError(f"A parked timer cannot be read: {error}.") from error
    kind = KINDS.get(fired.kind)
    if kind is None:
        raise InputError(f"A timer asks for {fired.kind}; it can ask for {' or '.join(KINDS)}.")
    return Wanted(command=kind(order_id=fired.stream_id), occurred_at=None, actor=ACTOR)


def due(
    connection: Connection, now: datetime, *, after: tuple[datetime, UUID] = START, limit: int
) -> list[Due]:
    """The timers `after` a time and an id that are due and have not fired, the earliest first. None before the
    projection ran, nor while its build is behind what an earlier one has caused."""
    if not _projected(connection):
        return []
    with connection.cursor(row_factory=class_row(Due)) as cursor:
        return cursor.execute(DUE, [now, *after, PROJECTION, limit]).fetchall()


def count_due(connection: Connection, now: datetime) -> int:
    """How many timers are due and have not fired."""
    row = connection.execute(COUNT, [now]).fetchone() if _projected(connection) else None
    return int(row[0]) if row else 0


def _projected(connection: Connection) -> bool:
    return connection.execute("select to_regclass('read.due') is not null").fetchone() == (True,)
