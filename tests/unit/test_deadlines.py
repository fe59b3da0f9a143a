"""Times of law: what day it is, when a day ends, and which day is the last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.deadlines import Calendar, day_end, deadline, last_day, local_day, months_later
from domain.kernel import Refused

BERLIN = "Europe/Berlin"
RALEIGH = "America/New_York"
LOS_ANGELES = "America/Los_Angeles"

CALENDAR = Calendar(
    name="test",
    covers_from=date(2026, 1, 1),
    covers_to=date(2027, 12, 31),
    weekend=frozenset({6, 7}),
    holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1)}),
    source="made for these tests",
)


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_late_on_31_march_in_utc_is_1_april_in_berlin() -> None:
    assert local_day(utc(2026, 3, 31, 23, 30), BERLIN) == date(2026, 4, 1)


def test_early_on_1_april_in_utc_is_31_march_in_los_angeles() -> None:
    assert local_day(utc(2026, 4, 1, 5), LOS_ANGELES) == date(2026, 3, 31)


def test_a_day_ends_at_local_midnight() -> None:
    assert day_end(date(2026, 1, 15), BERLIN) == utc(2026, 1, 15, 23)
    assert day_end(date(2026, 7, 15), BERLIN) == utc(2026, 7, 15, 22)
    assert day_end(date(2026, 7, 15), LOS_ANGELES) == utc(2026, 7, 16, 7)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_the_day_on_which_clocks_change_is_as_long_as_it_is(day: date, hours: int) -> None:
    assert day_end(day, BERLIN) - day_end(day - timedelta(days=1), BERLIN) == timedelta(hours=hours)


def test_a_day_ends_at_the_change_where_midnight_is_skipped() -> None:
    """In Santiago the clocks went from 24:00 on 5 September 2026 straight to 1:00."""
    assert day_end(date(2026, 9, 5), "America/Santiago") == utc(2026, 9, 6, 4)


def test_the_day_of_the_event_does_not_count() -> None:
    """Taken on a Wednesday at noon: fourteen days later, a Wednesday, counts to its end."""
    assert deadline(utc(2026, 6, 10, 10), days=14, zone=BERLIN, calendar=CALENDAR, rolls_over=True) == utc(
        2026, 6, 24, 22
    )


def test_the_hour_of_the_event_does_not_matter() -> None:
    ends = {
        deadline(
            utc(2026, 6, 9, 22) + timedelta(hours=h), days=14, zone=BERLIN, calendar=CALENDAR, rolls_over=True
        )
        for h in range(24)
    }
    assert ends == {utc(2026, 6, 24, 22)}


def test_a_window_over_a_clock_change_still_ends_at_midnight() -> None:
    end = deadline(utc(2026, 3, 18, 12), days=14, zone=BERLIN, calendar=CALENDAR, rolls_over=True)
    assert end.astimezone(ZoneInfo(BERLIN)).isoformat() == "2026-04-02T00:00:00+02:00"


def test_a_window_that_ends_on_a_holiday_rolls_over_the_weekend_too() -> None:
    """Fourteen days after 20 March 2026 is Good Friday; Saturday, Sunday and Easter Monday follow."""
    last = last_day(utc(2026, 3, 20, 12), days=14, zone=BERLIN, calendar=CALENDAR, rolls_over=True)
    assert last == date(2026, 4, 7)


def test_it_does_not_roll_where_the_row_says_so() -> None:
    last = last_day(utc(2026, 3, 20, 12), days=14, zone=BERLIN, calendar=CALENDAR, rolls_over=False)
    assert last == date(2026, 4, 3)


def test_in_a_zone_west_of_utc_the_evening_still_belongs_to_the_day() -> None:
    """2 am in UTC is the evening before in North Carolina, so the ten days begin a day earlier."""
    last = last_day(utc(2026, 6, 11, 2), days=10, zone=RALEIGH, calendar=CALENDAR, rolls_over=False)
    assert last == date(2026, 6, 20)


@pytest.mark.parametrize("rolls_over", [True, False])
def test_nobody_guesses_beyond_the_calendar(rolls_over: bool) -> None:
    with pytest.raises(Refused, match="covers 2026-01-01 to 2027-12-31, not 2028-01-03") as refusal:
        last_day(utc(2027, 12, 20, 12), days=14, zone=BERLIN, calendar=CALENDAR, rolls_over=rolls_over)
    assert refusal.value.code == "calendar_missing"


def test_rolling_out_of_the_calendar_is_refused_too() -> None:
    new_years_eve_off = replace(CALENDAR, holidays=frozenset({date(2027, 12, 31)}))
    with pytest.raises(Refused, match="2028-01-01"):
        last_day(utc(2027, 12, 17, 12), days=14, zone=BERLIN, calendar=new_years_eve_off, rolls_over=True)


def test_a_month_later_is_the_same_day_or_the_last() -> None:
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2027, 12, 15), 3) == date(2028, 3, 15)
    assert months_later(date(2028, 2, 29), 12) == date(2029, 2, 28)


MOMENTS = st.datetimes(datetime(2026, 1, 2), datetime(2027, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001 -- the zone is an argument of its own


@given(
    MOMENTS,
    st.integers(0, 14),
    st.sampled_from([BERLIN, RALEIGH, "Asia/Kolkata", "Pacific/Apia"]),
    st.booleans(),
)
@settings(max_examples=200)
def test_every_deadline_is_a_local_midnight_after_the_days(
    moment: datetime, days: int, zone: str, rolls_over: bool
) -> None:
    end = deadline(moment, days=days, zone=zone, calendar=CALENDAR, rolls_over=rolls_over)
    there = end.astimezone(ZoneInfo(zone))
    assert (there.hour, there.minute) == (0, 0)
    last = there.date() - timedelta(days=1)
    assert (last - local_day(moment, zone)).days >= days
    assert not rolls_over or CALENDAR.is_working_day(last)
