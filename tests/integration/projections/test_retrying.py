"""What waits is tried again once its cause is mended, or dropped, or built anew."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from infra.errors import InputError
from infra.log import Log
from infra.postgres import Connection
from projections import rebuilding
from projections.parked_events import PARKED_EVENTS
from projections.switching import Site
from tests.integration.projections.failing import WAITS, drop, events_of, ill, parked_id, retry, waiting
from tests.integration.projections.scene import CLOCK, catch_up, digests, rebuilt, rows_of, runner, until
from tests.integration.projections.tally import ALSO, END, ENDED, MORE, TALLY, Nth, grow
from tests.integration.projections.verbs import rollback


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
        with capture_logs() as logged:
            running.catch_up()
        assert [(one["event"], one["position"], one["error"]) for one in logged] == [
            ("project.event_failed", 3, "KeyError")
        ]
        assert [event.retries for event in PARKED_EVENTS.waiting(owner)] == [2, 0]


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
    event = PARKED_EVENTS.find(owner, dropped)
    assert (event.state, event.changed_by, event.why) == ("dropped", "ada", "a test order; the shop knows")
    with pytest.raises(InputError, match="no longer waits: it is dropped"):
        PARKED_EVENTS.retry(owner, dropped, actor="ada", now=CLOCK.now())


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


def test_events_of_a_kept_build_are_out_of_sight_until_it_is_rolled_back_to(
    site: Site, database: str, log: Log, owner: Connection
) -> None:
    grow(log, [uuid4()], [ALSO, MORE])
    sick, _ = ill("WithdrawalAccepted")
    catch_up(database, log, sick)
    first = parked_id(owner, 1)
    assert rebuilding.rebuild(site, [TALLY])
    assert waiting(owner) == []
    assert PARKED_EVENTS.count(owner) == 0
    with pytest.raises(InputError, match="build 1 of tally is kept, and nobody fills it"):
        PARKED_EVENTS.retry(owner, first, actor="ada", now=CLOCK.now())

    rollback(site, TALLY)
    assert [at for at, *_ in waiting(owner)] == [1, 2]
    assert PARKED_EVENTS.count(owner) == 2
    retry(owner, 1)
    catch_up(database, log, TALLY)
    assert waiting(owner) == []


def test_an_event_of_a_scratch_build_is_not_retried_in_vain(site: Site, log: Log, owner: Connection) -> None:
    last = grow(log, [uuid4()], [ALSO])
    sick, _ = ill("WithdrawalAccepted")
    rebuilding.as_of(site, [sick], last)
    with pytest.raises(InputError, match="build 1 of tally is scratch") as refused:
        retry(owner, 1)
    assert "carnet project as-of" in (refused.value.hint or "")
    assert len(waiting(owner)) == 1


def parked_rows_read(owner: Connection) -> int:
    """How many rows of the table of parked events were read, once every writer has gone and told."""
    gone = "select count(*) from pg_stat_activity where application_name like 'carnet project%'"
    until(lambda: owner.execute(gone).fetchone() == (0,))
    row = owner.execute(
        """select sum(idx_tup_read) + (select seq_tup_read from pg_stat_user_tables
            where relid = 'read.parked_events'::regclass)
        from pg_stat_user_indexes where relid = 'read.parked_events'::regclass"""
    ).fetchone()
    assert row
    return int(row[0])


def test_a_long_queue_costs_little_until_it_is_asked_for_and_then_each_event_is_looked_for_by_itself(
    database: str, log: Log, owner: Connection
) -> None:
    many, rounds = 200, 20
    grow(log, [uuid4()], [ALSO, *[MORE] * (many - 1)])
    sick, cause = ill("WithdrawalAccepted")
    catch_up(database, log, sick)
    owner.execute("analyze read.parked_events")
    before = parked_rows_read(owner)
    with runner(database, log, sick) as running:
        for _ in range(rounds):
            running.catch_up()
    looked = parked_rows_read(owner)
    assert looked - before <= many + 4 * rounds, "all are read once, by a process that begins"

    cause.names.clear()
    retry(owner, 1)
    before = parked_rows_read(owner)
    catch_up(database, log, sick)
    assert waiting(owner) == []
    assert parked_rows_read(owner) - before <= 6 * many
