"""What differs is told as expected and found."""

from __future__ import annotations

from app.scenarios.matching import differing, events_differing, rows_differing, same
from app.scenarios.steps import Fields


def test_the_same_words_do_not_differ() -> None:
    assert same("timers", ["A", "B"], ["A", "B"]).differs == ()
    assert same("timers", [], []).says == "no timers"
    assert same("timers", ["A"], []).differs == ("expected: A", "found: no timers")


def test_only_expected_keys_count() -> None:
    found = {"allowed": False, "ground": "", "dealer_id": "Anna"}
    assert differing({"allowed": False, "dealer": "Anna"}, found).differs == ()
    assert differing({"allowed": True, "ground": "law"}, found).differs == (
        "expected: allowed true",
        "found: allowed false",
        "expected: ground law",
        "found: ground none",
    )
    assert differing({"colour": "red"}, found).differs == (
        "expected: colour red",
        "found: no colour; there are allowed, ground, dealer_id",
    )


def test_an_event_has_its_name_and_the_fields_that_are_expected() -> None:
    found: list[tuple[str, Fields]] = [("A", {"by": "x", "at": "y"}), ("B", {})]
    assert events_differing(["A", "B"], found).says == "A, B"
    assert events_differing([{"event": "A", "by": "x"}, "B"], found).says == "A (by x), B"
    assert events_differing([{"event": "A", "by": "z"}, "B"], found).differs == (
        "expected: by z",
        "found: by x",
    )
    assert events_differing(["A"], found).differs == ("expected: A", "found: A, B")


def test_rows_come_in_any_order_and_none_too_many() -> None:
    found = [{"a": 1, "b": 1}, {"a": 2, "b": 2}]
    assert rows_differing([{"a": 2}, {"a": 1}], found).differs == ()
    assert rows_differing([{"a": 2}], found).differs == ("expected: 1 row", "found: 2 rows")
    assert rows_differing([{"a": 2}, {"a": 3}], found).differs == ("expected: a 3", "found: a 1")
    assert rows_differing([], []).says == "no rows"
    assert rows_differing([{"a": 1, "b": 2}], found[:1]).differs == ("expected: b 2", "found: b 1")
