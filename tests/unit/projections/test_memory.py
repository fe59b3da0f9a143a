"""What a batch has changed is told apart by what the tables hold: only rows that may stand there need a merge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from projections.kernel import Gone, Key, Row
from projections.memory import Memory
from tests.examples import ident
from tests.integration.projections.tally import Nth, Tally

ONE, TWO, THREE = ident(1), ident(2), ident(3)


def memory(*stored: UUID, empty: bool = False) -> Memory:
    """Over a table that holds the tallies of these streams."""

    def load(row: type[Row], places: Sequence[tuple[Key, int]]) -> Iterable[tuple[Row, int]]:
        return [(Tally(key), slot) for key, slot in places if isinstance(key, UUID) and key in stored]

    return Memory((Tally, Nth), load, kept=10, empty=empty)


def test_rows_of_empty_tables_are_new() -> None:
    rows = memory(empty=True)
    rows.take(Tally(ONE, events=1))
    rows.take(Tally(ONE, events=2))
    assert rows.changed(Tally) == ([(Tally(ONE, events=2), 0)], [], [])


def test_rows_that_were_looked_for_in_vain_are_new_and_others_are_put() -> None:
    rows = memory(TWO)
    assert rows.get(Tally, ONE) is None
    assert rows.get(Tally, TWO) == Tally(TWO)
    for stream in (ONE, TWO, THREE):
        rows.take(Tally(stream, events=5))
    new, put, gone = rows.changed(Tally)
    assert [row.stream_id for row, _ in new] == [ONE]
    assert [row.stream_id for row, _ in put] == [TWO, THREE], "nobody knows whether the third stands there"
    assert gone == []


def test_what_was_written_is_put_the_next_time_and_what_is_gone_is_new_again() -> None:
    rows = memory(empty=True)
    rows.take(Tally(ONE))
    rows.take(Tally(TWO))
    rows.take(Gone(Tally, TWO))
    assert rows.changed(Tally) == ([(Tally(ONE), 0)], [], [])
    rows.handed_over()
    rows.take(Tally(ONE, events=1))
    rows.take(Tally(TWO, events=1))
    assert rows.changed(Tally) == ([(Tally(TWO, events=1), 0)], [(Tally(ONE, events=1), 0)], [])
    rows.handed_over()
    rows.take(Gone(Tally, ONE))
    assert rows.changed(Tally) == ([], [], [(ONE, 0)])
    rows.handed_over()
    rows.take(Tally(ONE, events=2))
    assert rows.changed(Tally) == ([(Tally(ONE, events=2), 0)], [], [])
