"""Months as statements name them: `2026-04`. As text they sort by time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.kernel import Refused

MONTH: Final = re.compile(r"2[0-9]{3}-(0[1-9]|1[0-2])")
LAST_PLACE_ON_EARTH: Final = timedelta(hours=12)


def period_of(moment: datetime, zone: str) -> str:
    """The month of this moment by the clocks of an IANA zone."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m}"


def next_period(period: str) -> str:
    """The month after this one.

    Raises:
        Refused: `period`, it is not a month.
    """
    year, month = _year_and_month(period)
    return f"{year + month // 12:04}-{month % 12 + 1:02}"


def end_of(period: str) -> datetime:
    """When the month is over everywhere: its partner's zone may be the last one (UTC−12)."""
    year, month = _year_and_month(next_period(period))
    return datetime(year, month, 1, tzinfo=UTC) + LAST_PLACE_ON_EARTH


def _year_and_month(period: str) -> tuple[int, int]:
    if not MONTH.fullmatch(period):
        raise Refused("period", "a period is a year and a month such as 2026-04, not {period}", period=period)
    return int(period[:4]), int(period[5:])
