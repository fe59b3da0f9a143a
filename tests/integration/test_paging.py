"""The log page by page: within a bound of bytes, and only what a reader needs."""

from __future__ import annotations

from uuid import UUID, uuid4

from infra.log import Log
from infra.paging import FETCH_ROWS, Page, Share
from projections.slots import ALL, slot_of
from tests.integration.projections.tally import ALSO, END, MORE, grow

HUGE = 1 << 30


def taken(page: Page) -> tuple[list[int], int, bool]:
    return [recorded.position for recorded in page.events], page.last, page.more


def test_a_page_is_a_range_of_positions(order_book: Log) -> None:
    grow(order_book, [uuid4()], [MORE, ALSO, MORE, END])
    assert taken(order_book.page(0, limit=3, size_max=HUGE)) == ([1, 2, 3], 3, True)
    assert taken(order_book.page(3, limit=3, size_max=HUGE)) == ([4], 4, False)
    assert taken(order_book.page(4, limit=3, size_max=HUGE)) == ([], 4, False)
    assert taken(order_book.page(1, limit=9, size_max=HUGE, until=3)) == ([2, 3], 3, False)
    assert taken(order_book.page(3, limit=9, size_max=HUGE, until=2)) == ([], 3, False)


def test_a_share_holds_its_streams_and_the_names_that_come_from_anywhere(order_book: Log) -> None:
    mine, other = UUID(int=64 * 7 + 5), UUID(int=64 * 9 + 6)
    grow(order_book, [mine], [MORE, END])
    grow(order_book, [other], [MORE, END])
    grow(order_book, [other], [MORE], after=2)
    share = Share(slots=(5,), names=("OrderSettled",))
    assert taken(order_book.page(0, limit=9, size_max=HUGE, share=share)) == ([1, 2, 4], 5, False)
    assert taken(order_book.page(4, limit=9, size_max=HUGE, share=share)) == ([], 5, False)


def test_events_of_unneeded_names_are_left_out(order_book: Log) -> None:
    mine, other = UUID(int=5), UUID(int=6)
    grow(order_book, [mine, other], [MORE, END])
    settled = Share(slots=None, unneeded=("OrderSettled",))
    assert taken(order_book.page(0, limit=9, size_max=HUGE, share=settled)) == ([1, 3], 4, False)
    both = Share(slots=(5,), unneeded=("OrderSettled",))
    assert taken(order_book.page(0, limit=9, size_max=HUGE, share=both)) == ([1], 4, False)


def test_a_page_of_large_events_ends_early(order_book: Log) -> None:
    grow(order_book, [uuid4() for _ in range(FETCH_ROWS)], [MORE, MORE, MORE])
    whole = order_book.page(0, limit=3 * FETCH_ROWS, size_max=HUGE)
    assert (len(whole.events), whole.more) == (3 * FETCH_ROWS, False)
    assert whole.size == sum(len(recorded.body) for recorded in whole.events)
    first = order_book.page(0, limit=3 * FETCH_ROWS, size_max=1)
    assert (len(first.events), first.last, first.more) == (FETCH_ROWS, FETCH_ROWS, True)
    rest = order_book.page(first.last, limit=3 * FETCH_ROWS, size_max=HUGE)
    assert [*first.events, *rest.events] == list(whole.events)


def test_a_slot_is_the_same_in_sql(order_book: Log) -> None:
    """Each slot reads what belongs to it, and all slots together read everything once."""
    grow(order_book, [uuid4() for _ in range(300)], [MORE])
    seen: list[int] = []
    for slot in ALL:
        page = order_book.page(0, limit=300, size_max=HUGE, share=Share(slots=(slot,), names=()))
        assert {slot_of(recorded.stream_id) for recorded in page.events} <= {slot}
        seen += [recorded.position for recorded in page.events]
    assert sorted(seen) == list(range(1, 301))
