"""What a batch has changed is told apart by what the tables hold: only rows that may stand there need a merge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

import pytest

from domain.kernel import Recorded
from projections.kernel import Change, Gone, Key, Row, Rows
from projections.memory import Memory
from tests.examples import ident
from tests.integration.projections.tally import MORE, Nth, Tally
from tests.unit.projections.playing import recorded

ONE, TWO, THREE = ident(1), ident(2), ident(3)


def memory(*stored: UUID, empty: bool = False) -> Memory:
    """Over a table that holds the tallies of these streams."""

    def load(row: type[Row], places: Sequence[tuple[Key, int]]) -> Iterable[tuple[Row, int]]:
        return [(Tally(key), slot) for key, slot in places if isinstance(key, UUID) and key in stored]

    return Memory((Tally, Nth), load, kept=10, empty=empty)


def take(rows: Memory, change: Change) -> None:
    """An event changes this."""
    rows.fold(lambda _recorded, _rows: iter((change,)), recorded(MORE, 1), 0)


def test_rows_of_empty_tables_are_new() -> None:
    rows = memory(empty=True)
    take(rows, Tally(ONE, events=1))
    take(rows, Tally(ONE, events=2))
    assert rows.changed(Tally) == ([(Tally(ONE, events=2), 0)], [], [])


def test_rows_that_were_looked_for_in_vain_are_new_and_others_are_put() -> None:
    rows = memory(TWO)
    assert rows.get(Tally, ONE) is None
    assert rows.get(Tally, TWO) == Tally(TWO)
    for stream in (ONE, TWO, THREE):
        take(rows, Tally(stream, events=5))
    new, put, gone = rows.changed(Tally)
    assert [row.stream_id for row, _ in new] == [ONE]
    assert [row.stream_id for row, _ in put] == [TWO, THREE], "nobody knows whether the third stands there"
    assert gone == []


def test_what_was_written_is_put_the_next_time_and_what_is_gone_is_new_again() -> None:
    rows = memory(empty=True)
    take(rows, Tally(ONE))
    take(rows, Tally(TWO))
    take(rows, Gone(Tally, TWO))
    assert rows.changed(Tally) == ([(Tally(ONE), 0)], [], [])
    rows.handed_over()
    take(rows, Tally(ONE, events=1))
    take(rows, Tally(TWO, events=1))
    assert rows.changed(Tally) == ([(Tally(TWO, events=1), 0)], [(Tally(ONE, events=1), 0)], [])
    rows.handed_over()
    take(rows, Gone(Tally, ONE))
    assert rows.changed(Tally) == ([], [], [(ONE, 0)])
    rows.handed_over()
    take(rows, Tally(ONE, events=2))
    assert rows.changed(Tally) == ([(Tally(ONE, events=2), 0)], [], [])


def test_an_event_that_fails_is_undone_to_the_last_row_and_no_further() -> None:
    rows = memory(empty=True)
    take(rows, Tally(ONE, events=1))

    def at_the_second_row(_recorded: Recorded, _rows: Rows) -> Iterator[Change]:
        yield Tally(ONE, events=2)
        raise ValueError("no")

    def at_once(_recorded: Recorded, _rows: Rows) -> Iterator[Change]:
        raise ValueError("no")

    for project in (at_the_second_row, at_once):
        with pytest.raises(ValueError, match="no"):
            rows.fold(project, recorded(MORE, 2), 0)
        rows.undo()
    assert rows.get(Tally, ONE) == Tally(ONE, events=1)


def test_an_event_that_fails_removes_no_row_that_nobody_had_read() -> None:
    rows = memory(ONE, TWO)

    def unseen(_recorded: Recorded, _rows: Rows) -> Iterator[Change]:
        yield Tally(ONE, events=7)
        yield Gone(Tally, TWO)
        yield Tally(ONE, events=8)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        rows.fold(unseen, recorded(MORE, 1), 0)
    rows.undo()
    assert rows.changed(Tally) == ([], [], [])
    assert [rows.get(Tally, stream) for stream in (ONE, TWO)] == [Tally(ONE), Tally(TWO)]


def test_what_changes_after_it_was_handed_over_is_handed_over_again() -> None:
    rows = memory(empty=True)
    take(rows, Tally(ONE, events=1))
    first = rows.changed(Tally)
    rows.handed_over()
    take(rows, Tally(ONE, events=2))
    rows.written(crowded=True)
    assert first.new == [(Tally(ONE, events=1), 0)], "what is on its way stays as it was"
    assert rows.get(Tally, ONE) == Tally(ONE, events=2), "what was not handed over is never forgotten"
    assert rows.changed(Tally) == ([], [(Tally(ONE, events=2), 0)], [])
