"""What a process holds in memory is bounded, however long the log and however large its events are."""

from __future__ import annotations

import gc
from dataclasses import replace
from itertools import pairwise
from uuid import uuid4

import pytest

from infra import paging
from infra.log import Log
from infra.postgres import connect
from projections import run, writing
from projections.customer_status import CUSTOMER_STATUS, CustomerStatus
from tests.examples import placed
from tests.integration.projections.scene import digests, position, rebuilt, runner
from tests.integration.projections.tally import END, ENDED, MORE, grow

KB = 1 << 10
ORDERS = 60
BODY = 60 * KB


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds of a process, a hundred times smaller."""
    monkeypatch.setattr(paging, "FETCH_ROWS", 2)
    monkeypatch.setattr(run, "READ_BYTES", 100 * KB)
    monkeypatch.setattr(run, "WRITE_BYTES", 300 * KB)
    monkeypatch.setattr(writing, "KEPT_BYTES", 300 * KB)


def rows_in_memory() -> int:
    return sum(isinstance(one, CustomerStatus) for one in gc.get_objects())


@pytest.mark.usefixtures("small")
def test_a_backlog_of_large_events_is_taken_in_small_batches(database: str, log: Log) -> None:
    grow(log, [uuid4() for _ in range(ORDERS)], [replace(placed, model="x" * BODY)])
    written, held = [0], []

    def note(at: int) -> None:
        written.append(at)
        held.append(rows_in_memory())

    with runner(database, log, CUSTOMER_STATUS) as running:
        running.catch_up(tell=note)

    # Beyond what makes a batch full there is at most one page, and beyond what makes a page full one fetch.
    assert max(after - before for before, after in pairwise(written)) * BODY <= (300 + 100 + 2 * 60) * KB
    # Rows stay for two generations, and then go.
    assert max(held) * BODY <= 2 * (300 + 300 + 100 + 2 * 60) * KB
    assert len(written) > 10
    with connect(database) as reading:
        assert digests(reading, CUSTOMER_STATUS) == rebuilt(database, log, CUSTOMER_STATUS)


def test_checkpoints_move_on_while_nothing_is_wanted(
    database: str, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is killed in a long stretch of events that change no row need not read all of it again."""
    monkeypatch.setattr(run, "READ_EVENTS", 2)
    monkeypatch.setattr(run, "WRITE_EVENTS", 10)
    grow(log, [uuid4() for _ in range(30)], [MORE])
    last = grow(log, [uuid4()], [END])
    written: list[int] = []
    with runner(database, log, ENDED) as running:
        running.catch_up(tell=written.append)
    assert written == [10, 20, 30, last]
    with connect(database) as reading:
        assert position(reading, ENDED) == last
