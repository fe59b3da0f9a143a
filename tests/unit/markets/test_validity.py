"""When something holds: surely, surely not, or maybe."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.markets.validity import Moment, Reading, Validity, parse_moment

PUBLISHED = date(2022, 11, 3)


@pytest.mark.parametrize(
    ("text", "first", "last", "by"),
    [
        ("2024-10-01", date(2024, 10, 1), date(2024, 10, 1), False),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), False),
        ("2024-Q4", date(2024, 10, 1), date(2024, 12, 31), False),
        ("from 2024", date(2024, 1, 1), date(2024, 12, 31), False),
        ("by 2026", date(2026, 1, 1), date(2026, 12, 31), True),
    ],
)
def test_a_moment_is_as_precise_as_it_is_written(text: str, first: date, last: date, by: bool) -> None:
    assert parse_moment(text) == Moment(first, last, by)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2024-13", "2024-02-30", "2024-Q5", "2024-Q0", "24-10-01", "until 2024", "from", "0000"],
)
def test_what_is_no_date_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        parse_moment(text)


@given(
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.sampled_from(["%Y-%m-%d", "%Y-%m", "%Y"]),
    st.sampled_from(["", "by "]),
)
def test_a_moment_is_written_as_it_was_read(day: date, form: str, reading: str) -> None:
    text = reading + day.strftime(form)
    assert str(parse_moment(text)) == text


def test_a_quarter_is_written_as_it_was_read() -> None:
    for text in ("2024-Q1", "2024-Q2", "2024-Q3", "by 2024-Q4"):
        assert str(parse_moment(text)) == text


@pytest.mark.parametrize(
    ("begins", "ends", "day", "reading"),
    [
        ("2024-10-01", "", date(2024, 9, 30), "not"),
        ("2024-10-01", "", date(2024, 10, 1), "holds"),
        ("from 2024", "", date(2023, 12, 31), "not"),
        ("from 2024", "", date(2024, 1, 1), "maybe"),
        ("from 2024", "", date(2024, 12, 31), "maybe"),
        ("from 2024", "", date(2025, 1, 1), "holds"),
        ("by 2026", "", date(2022, 11, 2), "not"),
        ("by 2026", "", date(2022, 11, 3), "maybe"),
        ("by 2026", "", date(2026, 12, 31), "maybe"),
        ("by 2026", "", date(2027, 1, 1), "holds"),
        ("by 2012", "", date(2011, 5, 5), "maybe"),
        ("by 2012", "", date(2013, 1, 1), "holds"),
        ("2020-01-01", "2024-10-01", date(2024, 9, 30), "holds"),
        ("2020-01-01", "2024-10-01", date(2024, 10, 1), "not"),
        ("2020-01-01", "2024-Q4", date(2024, 10, 1), "maybe"),
        ("2020-01-01", "2024-Q4", date(2025, 1, 1), "not"),
    ],
)
def test_a_validity_holds_as_its_readings_say(begins: str, ends: str, day: date, reading: Reading) -> None:
    validity = Validity(parse_moment(begins), parse_moment(ends) if ends else None)
    assert validity.on(day, PUBLISHED) == reading


@pytest.mark.parametrize(
    ("begins", "ends", "empty"),
    [
        ("2024-10-01", "2024-10-01", True),
        ("2024-10-01", "2024-09-30", True),
        ("2024-10-01", "2024-10-02", False),
        ("from 2024", "2023", True),
        ("from 2024", "2024", False),
        ("2024", "by 2023", True),
    ],
)
def test_a_validity_that_ends_before_it_begins_is_empty(begins: str, ends: str, empty: bool) -> None:
    assert Validity(parse_moment(begins), parse_moment(ends)).empty is empty
