"""A partner in a real log: beside his account, and with nothing written by what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.kernel import Refused
from domain.partners.ending import ReportTermination
from domain.partners.registering import RegisterPartner
from domain.partners.staffing import AssignRole
from domain.partners.state import partner_stream
from domain.settlements.closing import ClosePeriod
from infra.clock import SimulatedClock
from infra.handle import Desk
from infra.log import Log
from tests.examples import DAY, NOON
from tests.integration.log.items import ask
from tests.unit.partners.network import GENIUS, MINI_AGENT, PARTNER, offer, report, sign

register = RegisterPartner(partner_id=PARTNER, market="DE")


def test_a_partner_has_a_stream_of_the_network_and_an_account(desk: Desk, log: Log) -> None:
    desk.handle(ask(register))
    desk.handle(ask(ClosePeriod(partner_id=PARTNER, period="2026-01")))
    desk.handle(ask(offer))
    histories = log.histories([PARTNER, partner_stream(PARTNER).id])
    assert [one.name for one in histories[PARTNER]] == ["PeriodClosed"]
    network = histories[partner_stream(PARTNER).id]
    assert [(one.name, one.market, one.version) for one in network] == [
        ("PartnerRegistered", "DE", 1),
        ("AgreementOffered", "DE", 2),
    ]


def test_what_is_refused_writes_nothing(desk: Desk, log: Log) -> None:
    desk.handle(ask(register))
    for wrong in (replace(offer, valid_to=date(2026, 5, 1)), replace(report, valid_to=date(2026, 5, 1))):
        with pytest.raises(Refused, match="valid_to"):
            desk.handle(ask(wrong))
    assert len(log.histories([partner_stream(PARTNER).id])[partner_stream(PARTNER).id]) == 1


def test_a_report_counts_from_the_day_on_which_it_happened(
    desk: Desk, log: Log, clock: SimulatedClock
) -> None:
    for command in (register, offer, sign):
        desk.handle(ask(command))
    clock.set(NOON + 30 * DAY)
    genius = AssignRole(partner_id=PARTNER, person_id=GENIUS, role="product_genius", since=date(2026, 4, 1))
    ended = ReportTermination(
        partner_id=PARTNER, agreement_id=MINI_AGENT, ended_by="partner", reason="mutual"
    )
    desk.handle(ask(genius))
    desk.handle(ask(ended, occurred_at=NOON + 10 * DAY))
    (*_, last) = log.histories([partner_stream(PARTNER).id])[partner_stream(PARTNER).id]
    assert b'"ends_on":"2026-03-12"' in last.body
