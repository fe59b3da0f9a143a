"""Months are closed one after the other, once they are over everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as sampled
from hypothesis import strategies as st

from domain.settlements.closing import ClosePeriod, PeriodClosed
from domain.settlements.periods import end_of, next_period, period_of
from domain.settlements.state import PartnerAccount
from tests.examples import AGENT_ID
from tests.story import given

JUNE = datetime(2026, 6, 15, tzinfo=UTC)
march = PeriodClosed(partner_id=AGENT_ID, period="2026-03", next_period="2026-04")


def close(period: str) -> ClosePeriod:
    return ClosePeriod(partner_id=AGENT_ID, period=period)


def test_a_month_is_closed_and_the_next_is_open() -> None:
    outcome = given().when(close("2026-03"), at=JUNE).then(march)
    assert outcome.after(PartnerAccount).open_period == "2026-04"


def test_december_is_followed_by_january() -> None:
    closed = given().when(close("2025-12"), at=JUNE).event(PeriodClosed)
    assert closed.next_period == "2026-01"


def test_months_follow_one_another() -> None:
    given(march).when(close("2026-03"), at=JUNE).refused("closed")
    given(march).when(close("2026-01"), at=JUNE).refused("closed")
    given(march).when(close("2026-05"), at=JUNE).refused("not_consecutive")
    assert given(march).when(close("2026-04"), at=JUNE).event(PeriodClosed).next_period == "2026-05"


def test_a_month_that_runs_somewhere_is_not_over() -> None:
    over = datetime(2026, 4, 1, 12, tzinfo=UTC)
    given().when(close("2026-03"), at=over - timedelta(microseconds=1)).refused("not_over")
    given().when(close("2026-03"), at=over).then(march)


@pytest.mark.parametrize("period", ["2026-13", "2026-00", "26-03", "2026-3", "2026-03-01", "March", ""])
def test_a_period_is_a_year_and_a_month(period: str) -> None:
    given().when(close(period), at=JUNE).refused("period")


@sampled(
    st.datetimes(datetime(2000, 1, 2), datetime(2900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- hypothesis adds the zone
    st.sampled_from(["Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"]),
)
def test_a_moment_lies_before_the_end_of_its_month(moment: datetime, zone: str) -> None:
    period = period_of(moment, zone)
    assert moment < end_of(period) < end_of(next_period(period))
    assert period < next_period(period)
