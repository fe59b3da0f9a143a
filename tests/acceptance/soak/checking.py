"""What must hold when all is quiet again. Each check yields what is wrong, with positions and ids."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import projections
from app.wiring import Book
from domain.allocations.allocating import VehicleAllocated, VehicleReallocated, VehicleReleased
from domain.allocations.state import Vehicle
from domain.kernel import Recorded, fold
from domain.orders.state import Order
from infra.embedded.processes import wait_until
from infra.postgres import connect
from infra.subscriber import Published, read_all
from projections.digest import digest, digest_of
from projections.lag import lag
from projections.rebuilding import as_of, rebuild
from projections.switching import Site
from tests.acceptance.soak.answers import Effect, stories, wrong_answers, wrong_tracking
from tests.acceptance.soak.crew import still_there
from tests.acceptance.soak.journal import received, seen
from tests.acceptance.soak.reader import fingerprint
from tests.acceptance.soak.watching import Snapshot
from tests.integration.log.items import rows

GONE_WITHIN_S = 15.0
SHOWN = 20
SESSIONS: LiteralString = """
select pid, application_name from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and application_name like 'carnet %%'"""
LOCKS: LiteralString = """
select l.pid, mode, application_name from pg_locks l left join pg_stat_activity using (pid)
where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())"""


def wrong_log(book: Book, log: Sequence[Recorded]) -> Iterator[str]:
    """Positions and versions count from 1, the tables agree, and time never runs backwards."""
    positions = [one.position for one in log]
    if positions != list(range(1, len(log) + 1)):
        missing = sorted(set(range(1, positions[-1] + 1)) - set(positions))
        yield f"positions are missing: {missing[:SHOWN]}, or doubled: {_doubled(positions)}"
    versions: defaultdict[UUID, list[int]] = defaultdict(list)
    for one in log:
        versions[one.stream_id].append(one.version)
    tables = dict(rows(book.conninfo, "select stream_id, version from carnet.streams"))
    for stream_id, found in versions.items():
        if found != list(range(1, len(found) + 1)):
            yield f"stream {stream_id} has the versions {found}"
        if tables.pop(stream_id, None) != len(found):
            yield f"carnet.streams has another version of {stream_id} than {len(found)}"
    yield from (f"carnet.streams has {stream_id}, which has no event" for stream_id in tables)
    if book.log.head().position != len(log):
        yield f"carnet.head is at {book.log.head().position}, the log ends at {len(log)}"
    if doubled := _doubled([one.event_id for one in log]):
        yield f"event ids are doubled: {doubled}"
    for before, after in itertools.pairwise(log):
        if after.recorded_at < before.recorded_at:
            yield f"position {after.position} was recorded before the one before it"


def wrong_cars(log: Sequence[Recorded]) -> Iterator[str]:
    """A car has at most one live allocation, and its order knows of it."""
    holder: dict[UUID, UUID | None] = {}
    streams: defaultdict[UUID, list[Recorded]] = defaultdict(list)
    for one in log:
        streams[one.stream_id].append(one)
        match one.event:
            case VehicleAllocated(order_id=taker):
                if holder.get(one.stream_id):
                    yield f"position {one.position} allocates car {one.stream_id}, which {holder[one.stream_id]} has"
                holder[one.stream_id] = taker
            case VehicleReallocated(from_order_id=giver, to_order_id=taker):
                if holder.get(one.stream_id) != giver:
                    yield f"position {one.position} takes car {one.stream_id} from {giver}, which has it not"
                holder[one.stream_id] = taker
            case VehicleReleased() as released if "delivered" not in released.contradicts:
                holder[one.stream_id] = None
    for car, order in holder.items():
        if order and fold(Vehicle(), [one.event for one in streams[car]]).order_id != order:
            yield f"car {car} does not say that it is for order {order}"
        if order and not fold(Order(), [one.event for one in streams[order]]).has_car(car):
            yield f"order {order} does not say that it has car {car}"


def wrong_reading(log: Sequence[Recorded], journals: Path) -> Iterator[str]:
    """No reader skipped anything, and what each read then is what stands there now."""
    for path in sorted(journals.glob("*.seen")):
        at = 0
        for batch in seen(path):
            if batch.after != at:
                yield f"{path.stem} went on at {batch.after}, and had seen {at}"
            if fingerprint(log[batch.after : batch.last]) != batch.sha256:
                yield f"{path.stem} read {batch.after + 1} to {batch.last}, and they are not what they were"
            at = batch.last
        if at != len(log):
            yield f"{path.stem} has seen {at} of {len(log)} events"


def wrong_topics(book: Book, log: Sequence[Recorded], journals: Path) -> Iterator[str]:
    """The topics hold each event once, those of a stream in order; and the subscriber got just these."""
    settings = book.settings
    published = list(read_all(settings.kafka, settings.topic_prefix))
    if doubled := _doubled([one.envelope.position for one in published]):
        yield f"published more than once: {doubled}"
    by_position = {one.envelope.position: one for one in published}
    for one in log:
        found = by_position.get(one.position)
        if found is None:
            yield f"position {one.position} was never published"
        elif (found.stream_id, found.envelope.version, found.envelope.id, found.event) != (
            one.stream_id,
            one.version,
            one.event_id,
            one.event,
        ):
            yield f"position {one.position} was published as {found}"
    if beyond := sorted(by_position.keys() - {one.position for one in log})[:SHOWN]:
        yield f"published, and not in the log: {beyond}"
    yield from _wrong_order(published)
    yield from _wrong_receipt(published, journals)


def _wrong_order(published: Sequence[Published]) -> Iterator[str]:
    versions: defaultdict[UUID, int] = defaultdict(int)
    for one in published:
        before, version = versions[one.stream_id], one.envelope.version
        if version != before + 1:
            yield f"{one.topic} has version {version} of stream {one.stream_id} after {before}"
        versions[one.stream_id] = version


def _wrong_receipt(published: Sequence[Published], journals: Path) -> Iterator[str]:
    here = {(one.topic, one.partition, one.offset): one.envelope.position for one in published}
    got = [
        ((one.topic, one.partition, one.offset), one.position)
        for one in received(journals / "subscriber.received")
    ]
    if doubled := _doubled([place for place, _ in got]):
        yield f"the subscriber got records twice: {doubled}"
    for place, position in got:
        if here.get(place) != position:
            yield f"the subscriber got position {position} at {place}, where {here.get(place)} is"
    if missing := sorted(here.keys() - {place for place, _ in got})[:SHOWN]:
        yield f"the subscriber did not get {missing}"


def wrong_projections(book: Book, log: Sequence[Recorded], snapshots: Sequence[Snapshot]) -> Iterator[str]:
    """Each projection is what its events add up to: in the end, and whenever somebody looked, at the position
    that its checkpoints said then."""
    site = Site(conninfo=book.conninfo, log=book.log, clock=book.clock)
    with connect(book.conninfo, "carnet_reader") as connection:
        for one in lag(connection, projections.ALL, book.clock.now()):
            if one.position != len(log):
                yield f"{one.name} stands at {one.position} of {len(log)}"
        for projection in projections.ALL:
            live = digest(connection, projection)
            rebuild(site, [projection])
            if digest(connection, projection) != live:
                yield f"{projection.name} is not what its rebuild is"
            for snapshot in snapshots:
                if projection.name in snapshot.found:
                    position, found = snapshot.found[projection.name]
                    built = as_of(site, [projection], position)
                    assert built
                    if digest_of(connection, built[0]) != found:
                        yield f"{projection.name} at position {position} was not what a build of that position is"


def left_behind(book: Book) -> Iterator[str]:
    """Nobody holds a lock or a session, and no process is left."""
    wait_until(lambda: not rows(book.conninfo, SESSIONS), seconds=GONE_WITHIN_S)
    yield from (f"a session is left: {one}" for one in rows(book.conninfo, SESSIONS))
    yield from (f"an advisory lock is left: {one}" for one in rows(book.conninfo, LOCKS))
    yield from (f"a process is left: {one}" for one in still_there())


def violations(
    book: Book, log: Sequence[Recorded], journals: Path, snapshots: Sequence[Snapshot]
) -> Iterator[str]:
    """All that is wrong."""
    effects = {
        command_id: Effect(position, events, refused)
        for command_id, position, events, refused in rows(
            book.conninfo, "select command_id, position, events, answer is not null from carnet.commands"
        )
    }
    tracking = dict(rows(book.conninfo, "select source, next from carnet.tracking"))
    told = stories(journals)
    yield from left_behind(book)
    yield from wrong_log(book, log)
    yield from wrong_answers(told, effects, log)
    yield from wrong_tracking(told, effects, tracking)
    yield from wrong_cars(log)
    yield from wrong_reading(log, journals)
    yield from wrong_topics(book, log, journals)
    yield from wrong_projections(book, log, snapshots)


def _doubled(values: Sequence[object]) -> list[object]:
    met: set[object] = set()
    return [one for one in values if one in met or met.add(one)][:SHOWN]  # type: ignore[func-returns-value]
