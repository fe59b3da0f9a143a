"""A projection fails on an event: the key of that event waits, in order, and everything else goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from domain.kernel import Recorded
from domain.orders.withdrawing import WithdrawalAccepted
from infra.errors import CarnetError, IntegrityFault, PostgresFault
from infra.log import Log
from infra.postgres import Connection
from projections import parked_events
from projections.following import live_builds
from projections.kernel import Change, Projection, Rows, derived, same_stream
from tests.integration.projections.failing import WAITS, events_of, ill, waiting
from tests.integration.projections.scene import CLOCK, catch_up, position, rows_of, runner
from tests.integration.projections.tally import ALSO, END, ENDED, MORE, grow


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


def test_the_first_event_of_a_queue_is_logged_once_without_what_the_error_says(
    database: str, log: Log, owner: Connection
) -> None:
    bad = UUID(int=64 + 7)
    grow(log, [bad], [MORE, ALSO, MORE])
    sick, _ = ill("WithdrawalAccepted")
    with capture_logs() as logged:
        catch_up(database, log, sick)
        grow(log, [bad], [MORE, ALSO], after=3)
        catch_up(database, log, sick)
    assert [at for at, *_ in waiting(owner)] == [2, 3, 4, 5]
    assert logged == [
        {
            "event": "project.event_failed",
            "log_level": "warning",
            "projection": "tally",
            "version": 1,
            "build": 1,
            "slot": 7,
            "position": 2,
            "name": "WithdrawalAccepted",
            "error": "KeyError",
        }
    ]


REFUSED_AT_COMMIT = """
create function full_disk() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$;
create constraint trigger full_disk after update on read.checkpoints deferrable initially deferred
    for each row execute function full_disk()"""


def test_what_was_rolled_back_is_not_logged(database: str, log: Log, owner: Connection) -> None:
    grow(log, [uuid4()], [ALSO])
    sick, _ = ill("WithdrawalAccepted")
    live_builds(database, [sick], CLOCK)
    owner.execute(REFUSED_AT_COMMIT)
    with capture_logs() as logged:
        with pytest.raises(PostgresFault, match="the disk is full"):
            catch_up(database, log, sick)
        assert (logged, waiting(owner)) == ([], [])
        owner.execute("drop function full_disk cascade")
        catch_up(database, log, sick)
    assert [one["position"] for one in logged] == [at for at, *_ in waiting(owner)] == [1]


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
