"""Agreements end: by notice, at once, or by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from domain.kernel import Event, fold
from domain.partners.ending import (
    AgreementTerminated,
    GiveNotice,
    NoticeGiven,
    ReportNotice,
    ReportTermination,
)
from domain.partners.facts import Standing
from domain.partners.state import Partner
from tests.examples import DAY, NOON
from tests.story import given
from tests.unit.partners.network import (
    AGENT,
    BMW_DEALER,
    DEALER,
    PARTNER,
    START,
    TODAY,
    dealer_offered,
    dealer_signed,
    facts,
    offered,
    registered,
    signed,
)

notice = GiveNotice(partner_id=PARTNER, agreement_id=BMW_DEALER)
told_notice = ReportNotice(
    partner_id=PARTNER, agreement_id=BMW_DEALER, given_by="partner", ends_on=date(2028, 3, 2)
)
given_notice = NoticeGiven(
    partner_id=PARTNER,
    agreement_id=BMW_DEALER,
    given_by="principal",
    given_on=TODAY,
    ends_on=date(2028, 3, 2),
)
terminate = ReportTermination(
    partner_id=PARTNER, agreement_id=BMW_DEALER, ended_by="principal", reason="breach"
)
terminated = AgreementTerminated(
    partner_id=PARTNER, agreement_id=BMW_DEALER, ended_by="principal", reason="breach", ends_on=TODAY
)


def test_notice_runs_for_its_months_and_no_less() -> None:
    given(*DEALER).when(notice).then(given_notice)
    given(*DEALER).when(replace(notice, ends_on=date(2028, 12, 31))).then(
        replace(given_notice, ends_on=date(2028, 12, 31))
    )
    refused = given(*DEALER).when(replace(notice, ends_on=date(2028, 3, 1))).refused("notice_short")
    assert "ends_on" in str(refused.refusal)


def test_notice_ends_only_what_is_signed_and_only_once() -> None:
    given(registered, dealer_offered).when(notice).refused("not_signed")
    given(*DEALER, given_notice).when(notice).refused("not_signed")
    given(*DEALER, terminated).when(notice).refused("not_signed")
    given(registered).when(notice).refused("unknown_agreement")


def test_a_notice_that_is_told_is_recorded_and_flagged() -> None:
    given(*DEALER).when(told_notice).then(replace(given_notice, given_by="partner"))
    given(*DEALER).when(replace(told_notice, ends_on=date(2026, 9, 1))).flagged("notice_short")
    given(registered, dealer_offered).when(told_notice).flagged("not_signed")
    given(*DEALER, terminated).when(replace(told_notice, ends_on=TODAY)).flagged("ended", "notice_short")
    given(*DEALER, given_notice).when(told_notice).nothing()
    given(*DEALER).when(replace(told_notice, ends_on=date(2026, 3, 1))).refused("period")


def test_an_end_at_once_is_told() -> None:
    given(*DEALER).when(terminate).then(terminated)
    given(*DEALER, terminated).when(terminate, at=NOON + DAY).nothing()
    given(registered, dealer_offered).when(terminate).flagged("not_signed")
    given(*DEALER, given_notice).when(terminate).then(terminated)


@pytest.mark.parametrize(
    ("events", "day", "standing", "in_force"),
    [
        ((registered,), TODAY, "none", False),
        ((registered, offered), TODAY - timedelta(days=1), "none", False),
        ((registered, offered), TODAY, "offered", False),
        (AGENT, TODAY, "signed", False),
        (AGENT, START - timedelta(days=1), "signed", False),
        (AGENT, START, "signed", True),
        (
            (registered, replace(offered, valid_to=date(2027, 1, 1)), signed),
            date(2026, 12, 31),
            "signed",
            True,
        ),
        ((registered, replace(offered, valid_to=date(2027, 1, 1)), signed), date(2027, 1, 1), "ended", False),
    ],
)
def test_an_agreement_stands_as_it_stood_on_each_day(
    events: tuple[Event, ...], day: date, standing: Standing, in_force: bool
) -> None:
    known = fold(Partner(), events).facts
    asked = known.appointment(brand="MINI", market="DE", on=day, role="agent")
    assert (asked.standing, asked.in_force) == (standing, in_force)


@pytest.mark.parametrize(
    ("day", "standing", "in_force"),
    [
        (TODAY - timedelta(days=1), "none", False),
        (TODAY, "under_notice", True),
        (date(2028, 3, 1), "under_notice", True),
        (date(2028, 3, 2), "ended", False),
    ],
)
def test_under_notice_an_agreement_holds_to_its_last_day(
    day: date, standing: Standing, in_force: bool
) -> None:
    known = facts(given(registered, dealer_offered, dealer_signed).when(notice))
    asked = known.appointment(brand="BMW", market="DE", on=day, role="dealer")
    assert (asked.standing, asked.in_force) == (standing, in_force)


def test_notice_is_counted_in_local_days() -> None:
    evening = datetime.fromisoformat("2026-03-02T23:30:00+00:00")
    assert given(*DEALER).when(notice, at=evening).event(NoticeGiven).given_on == date(2026, 3, 3)
