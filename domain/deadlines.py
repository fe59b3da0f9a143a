"""Deadlines as the law counts them: in local days, by the calendar of the place.

The day of the event does not count; the last day counts to its end. A deadline is the first moment at which
it is too late, in UTC: midnight, local time, after the last day. So `moment < deadline` is in time.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.kernel import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which days are no working days, from `covers_from` to `covers_to`, both included. `weekend` holds ISO
    weekdays, Monday is 1. `source` says who declared the holidays."""

    name: str
    covers_from: date
    covers_to: date
    weekend: frozenset[int]
    holidays: frozenset[date]
    source: str

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open.

        Raises:
            Refused: `calendar_missing`, the day lies beyond what the calendar covers.
        """
        if not self.covers_from <= day <= self.covers_to:
            raise Refused(
                "calendar_missing",
                "the calendar {name} covers {first} to {last}, not {day}: add that year to the calendars",
                name=self.name,
                first=self.covers_from,
                last=self.covers_to,
                day=day,
            )
        return day.isoweekday() not in self.weekend and day not in self.holidays


def local_day(moment: datetime, zone: str) -> date:
    """The date on the wall at this moment in an IANA zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def is_zone(name: str) -> bool:
    """Whether IANA knows a zone of this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


@lru_cache(maxsize=10_000)
def day_end(day: date, zone: str) -> datetime:
    """The first moment after a local day, in UTC. Where the clocks change at midnight the day simply ends at
    the change."""
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=ZoneInfo(zone))
    return midnight.astimezone(UTC)


def last_day(
    moment: datetime, *, days: int, zone: str, calendar: Calendar, rolls_over: bool, months: int = 0
) -> date:
    """The last local day on which an act is in time: `days` days after the day of `moment`, then `months`
    months. With `rolls_over`, a last day that is no working day moves to the next that is.

    Raises:
        Refused: `calendar_missing`.
    """
    return _last_day(local_day(moment, zone), days, calendar, rolls_over, months)


# Orders that are placed on one day have their deadlines in common.
@lru_cache(maxsize=10_000)
def _last_day(begins: date, days: int, calendar: Calendar, rolls_over: bool, months: int) -> date:  # noqa: FBT001 -- a key
    day = months_later(begins + timedelta(days=days), months)
    works = calendar.is_working_day(day)
    while rolls_over and not works:
        day += timedelta(days=1)
        works = calendar.is_working_day(day)
    return day


def deadline(
    moment: datetime, *, days: int, zone: str, calendar: Calendar, rolls_over: bool, months: int = 0
) -> datetime:
    """The first moment at which it is too late: the end of `last_day`, in UTC."""
    last = last_day(moment, days=days, zone=zone, calendar=calendar, rolls_over=rolls_over, months=months)
    return day_end(last, zone)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
