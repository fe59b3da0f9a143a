"""A projection fails on an event: the key of that event waits, in order, and everything else goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID, uuid4

import pytest

from domain.kernel import Recorded
from domain.orders.withdrawing import WithdrawalAccepted
from infra.errors import CarnetError, InputError, IntegrityFault
from infra.log import Log
from infra.postgres import Connection
from projections import parked_events, rebuilding
from projections.kernel import Change, Projection, Rows, derived, same_stream
from projections.parked_events import EVENTS, ParkedEvent
from projections.switching import Site
from tests.integration.projections.scene import (
    CLOCK,
    catch_up,
    digests,
    position,
    rebuilt,
    rows_of,
    runner,
)
from tests.integration.projections.tally import ALSO, END, ENDED, MORE, TALLY, Nth, count, grow

WAITS = "It waits behind an earlier event of the same key."


class Ill:
    """What makes the tally fail: events of these names, while somebody has not mended it."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def count(self, recorded: Recorded, rows: Rows) -> Iterator[Change]:
        for change in count(recorded, rows):
            yield change
            if recorded.name in self.names:
                raise KeyError(f"no word for {recorded.name}")


def ill(*names: str) -> tuple[Projection, Ill]:
    cause = Ill(*names)
    return replace(TALLY, project=cause.count), cause


@dataclass(frozen=True)
class Fragile:
    table: ClassVar[str] = "fragile"
    key: ClassVar[tuple[str, ...]] = ("stream_id",)
    indexes: ClassVar[tuple[str, ...]] = ()

    stream_id: UUID
    events: int
    last: str

    @derived
    def word(self) -> str:
        if self.last == "WithdrawalAccepted":
            raise ValueError(f"no word for {self.last}")
        return self.last.lower()


def tell_last(recorded: Recorded, rows: Rows) -> Iterator[Change]:
    yield Fragile(recorded.stream_id, recorded.version, recorded.name)


FRAGILE = Projection(name="fragile", version=1, rows=(Fragile,), project=tell_last, hint=same_stream(Fragile))


def told(events: list[ParkedEvent]) -> list[tuple[int, str, str, str]]:
    return [(event.position, event.name, event.state, event.reason) for event in events]


def waiting(owner: Connection) -> list[tuple[int, str, str, str]]:
    return told(EVENTS.waiting(owner))


def parked_id(owner: Connection, at: int) -> UUID:
    return next(event.id for event in EVENTS.waiting(owner) if event.position == at)


def retry(owner: Connection, at: int) -> None:
    EVENTS.retry(owner, parked_id(owner, at), actor="ada", now=CLOCK.now())


def drop(owner: Connection, at: int, why: str) -> None:
    EVENTS.drop(owner, parked_id(owner, at), actor="ada", now=CLOCK.now(), why=why)


def events_of(owner: Connection) -> dict[UUID, int]:
    return dict(owner.execute("select stream_id, events from read.tally").fetchall())


def test_an_event_that_fails_waits_with_what_follows_it_and_the_rest_goes_on(
    database: str, log: Log, owner: Connection
) -> None:
    bad, good = uuid4(), uuid4()
    grow(log, [bad], [MORE, ALSO, MORE])
    last = grow(log, [good], [MORE, MORE])
    sick, _ = ill("WithdrawalAccepted")

    catch_up(database, log, sick, ENDED)

    assert position(owner, sick) == position(owner, ENDED) == last
    assert events_of(owner) == {bad: 1, good: 2}
    assert waiting(owner) == [
        (2, "WithdrawalAccepted", "waiting", "KeyError: 'no word for WithdrawalAccepted'."),
        (3, "ReservationLapsed", "waiting", WAITS),
    ]


def test_an_event_on_which_a_derived_column_fails_waits_too(
    database: str, log: Log, owner: Connection
) -> None:
    bad, good = uuid4(), uuid4()
    grow(log, [bad], [MORE, ALSO])
    grow(log, [good], [MORE, MORE])
    catch_up(database, log, FRAGILE, ENDED)
    last = grow(log, [bad], [MORE], after=2)
    catch_up(database, log, FRAGILE, ENDED)

    assert position(owner, FRAGILE) == position(owner, ENDED) == last
    assert sorted(events for (events,) in owner.execute("select events from read.fragile")) == [1, 2]
    assert waiting(owner) == [
        (2, "WithdrawalAccepted", "waiting", "ValueError: no word for WithdrawalAccepted."),
        (5, "ReservationLapsed", "waiting", WAITS),
    ]


def test_nothing_of_an_event_that_failed_is_written(database: str, log: Log, owner: Connection) -> None:
    """The projection had yielded a row of it already, and a later event of another stream goes on."""
    streams = [uuid4() for _ in range(20)]
    grow(log, streams, [MORE])
    before = dict.fromkeys(streams, 1)
    grow(log, streams, [ALSO], after=1)
    sick, _ = ill("WithdrawalAccepted")
    catch_up(database, log, sick)
    assert events_of(owner) == before
    assert len(rows_of(owner, "tally_nth")) == 20


def test_later_events_of_the_key_wait_in_another_process_too(
    database: str, log: Log, owner: Connection
) -> None:
    bad = uuid4()
    grow(log, [bad], [ALSO])
    sick, cause = ill("WithdrawalAccepted")
    catch_up(database, log, sick)
    cause.names.clear()
    grow(log, [bad], [MORE, END], after=1)
    grow(log, [uuid4()], [MORE])
    catch_up(database, log, sick)
    assert [at for at, *_ in waiting(owner)] == [1, 2, 3]
    assert bad not in events_of(owner)


def test_a_retry_with_mended_code_goes_through_the_queue_in_order(
    database: str, log: Log, owner: Connection
) -> None:
    bad = uuid4()
    grow(log, [bad, uuid4()], [MORE, ALSO, MORE, END])
    sick, cause = ill("WithdrawalAccepted")
    with runner(database, log, sick, ENDED) as running:
        running.catch_up()
        assert len(waiting(owner)) == 6
        cause.names.clear()
        for at in (2, 6):
            retry(owner, at)
        running.catch_up()
    assert waiting(owner) == []
    assert digests(owner, TALLY) == rebuilt(database, log, TALLY)
    grow(log, [bad], [MORE], after=4)
    catch_up(database, log, TALLY)
    assert waiting(owner) == []
    assert digests(owner, TALLY) == rebuilt(database, log, TALLY)


def test_a_retry_goes_as_far_as_the_next_event_that_fails(database: str, log: Log, owner: Connection) -> None:
    bad = uuid4()
    grow(log, [bad], [ALSO, MORE, END, MORE])
    sick, cause = ill("WithdrawalAccepted", "OrderSettled")
    with runner(database, log, sick) as running:
        running.catch_up()
        cause.names.remove("WithdrawalAccepted")
        retry(owner, 1)
        running.catch_up()
        assert events_of(owner) == {bad: 2}
        assert waiting(owner) == [
            (3, "OrderSettled", "waiting", "KeyError: 'no word for OrderSettled'."),
            (4, "ReservationLapsed", "waiting", WAITS),
        ]
        retry(owner, 3)
        running.catch_up()
        assert [event.retries for event in EVENTS.waiting(owner)] == [2, 0]


def test_what_was_dropped_never_comes_and_what_waited_behind_it_goes_on(
    database: str, log: Log, owner: Connection
) -> None:
    bad = uuid4()
    grow(log, [bad], [MORE, ALSO, MORE])
    sick, _ = ill("WithdrawalAccepted")
    catch_up(database, log, sick)
    dropped = parked_id(owner, 2)
    drop(owner, 2, "a test order; the shop knows")
    catch_up(database, log, sick)
    assert waiting(owner) == []
    assert events_of(owner) == {bad: 2}
    event = EVENTS.find(owner, dropped)
    assert (event.state, event.changed_by, event.why) == ("dropped", "ada", "a test order; the shop knows")
    with pytest.raises(InputError, match="no longer waits: it is dropped"):
        EVENTS.retry(owner, dropped, actor="ada", now=CLOCK.now())


def test_an_event_is_not_dropped_without_a_reason(database: str, log: Log, owner: Connection) -> None:
    grow(log, [uuid4()], [ALSO])
    sick, _ = ill("WithdrawalAccepted")
    catch_up(database, log, sick)
    with pytest.raises(InputError, match="Say why with --why"):
        drop(owner, 1, "  ")
    assert len(waiting(owner)) == 1


def test_only_the_worker_of_the_slot_tries_again(database: str, log: Log, owner: Connection) -> None:
    one, other = UUID(int=64 + 1), UUID(int=64 + 2)
    grow(log, [one], [ALSO])
    grow(log, [other], [ALSO])
    sick, cause = ill("WithdrawalAccepted")
    catch_up(database, log, sick)
    cause.names.clear()
    retry(owner, 1)
    retry(owner, 2)
    catch_up(database, log, sick, slots=[2])
    assert [at for at, *_ in waiting(owner)] == [1]
    catch_up(database, log, sick, slots=[1])
    assert waiting(owner) == []


def test_an_event_that_every_slot_reads_cannot_wait(database: str, log: Log, owner: Connection) -> None:
    grow(log, [uuid4()], [MORE])
    sick, _ = ill("WithdrawalAccepted")
    sick = replace(sick, everywhere=frozenset({WithdrawalAccepted}))
    catch_up(database, log, sick, ENDED)
    grow(log, [uuid4()], [MORE, ALSO])
    with runner(database, log, sick, ENDED) as running:
        with pytest.raises(
            IntegrityFault,
            match=r"tally failed on WithdrawalAccepted at position 3 .*no word for .*cannot wait",
        ):
            running.catch_up()
        with pytest.raises(CarnetError):
            running.catch_up()
    assert len(rows_of(owner, "tally")) == 1
    assert position(owner, sick) == position(owner, ENDED) == 1
    assert waiting(owner) == []


def test_a_projection_that_fails_on_everything_stops(
    database: str, log: Log, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked_events, "KEYS_MAX", 10)
    grow(log, [uuid4() for _ in range(11)], [ALSO])
    sick, cause = ill("WithdrawalAccepted")
    with pytest.raises(IntegrityFault, match="more than 10 keys: the fault is in the projection"):
        catch_up(database, log, sick)
    assert (position(owner, sick), waiting(owner)) == (0, [])
    cause.names.clear()
    assert catch_up(database, log, sick) == 11


def test_a_mended_projection_that_is_built_anew_has_nothing_waiting(
    database: str, log: Log, owner: Connection
) -> None:
    """A retry is as if the event had come late: of one key's events the rows are the same."""
    grow(log, [uuid4() for _ in range(5)], [MORE, ALSO, MORE])
    sick, _ = ill("WithdrawalAccepted")
    catch_up(database, log, sick)
    parked = len(waiting(owner))
    healthy = rebuilt(database, log, TALLY)
    assert len(waiting(owner)) == parked == 10
    for at in [at for at, name, *_ in waiting(owner) if name == "WithdrawalAccepted"]:
        retry(owner, at)
    catch_up(database, log, TALLY)
    assert digests(owner, TALLY) == healthy
    assert len(rows_of(owner, Nth.table)) == 15


def test_a_rebuild_tells_what_it_could_not_take_and_begins_anew_once_that_is_mended(
    site: Site, database: str, log: Log, owner: Connection
) -> None:
    said: list[str] = []
    last = grow(log, [uuid4(), uuid4()], [MORE, ALSO, MORE])
    sick, cause = ill("WithdrawalAccepted")
    rebuilding.prepare(site, [sick], say=said.append)
    rebuilding.as_of(site, [sick], last, say=said.append)
    assert said == [
        f"Build {number} of tally lacks 4 events, which wait: see `carnet parked list`." for number in (1, 2)
    ]
    cause.names.clear()
    said.clear()
    rebuilding.as_of(site, [sick], last, say=said.append)
    rebuilding.rebuild(site, [sick], say=said.append)
    assert said == [
        f"Build {number} of tally lacks 4 events on which it failed: it is begun anew." for number in (2, 1)
    ]
    assert waiting(owner) == []
    assert digests(owner, TALLY) == rebuilt(database, log, TALLY)
