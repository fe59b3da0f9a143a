"""What a switch does to one order, by its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.kernel import Event, Recorded
from domain.orders.cancelling import OrderCancelled
from domain.orders.reserving import ReservationLapsed
from domain.orders.settling import OrderSettled
from domain.rehearsals.judging import Judgement, judge
from infra.markets.switching import Fragment
from tests.examples import AGENT_ID, CUSTOMER_ID, DEALER_ID, balance_paid, delivered, eur
from tests.unit.orders.i3 import (
    AGREED_I3,
    CONTRACTED_I3,
    DECEMBER,
    NOVEMBER,
    OFFERED_I3,
    placed_i3,
    signed_i3,
)
from tests.unit.rehearsals.switches import EFFECTIVE, NEW_YEAR, Told, fragment, order

IN_MARCH = datetime(2019, 3, 4, 10, tzinfo=UTC)
BY_CUSTOMER, BY_AGENT = ("customer", CUSTOMER_ID), ("partner", AGENT_ID)
by_dealer = replace(
    signed_i3, seller="dealer", seller_id=DEALER_ID, agent_id=None, price_setter="dealer", stock_owner="dealer",
    invoicer="dealer", plan_id=None, plan_version=None, signed_at=IN_MARCH,
)  # fmt: skip
cancelled = OrderCancelled(
    initiator="customer", reason="change_of_mind", fault="customer", fee=eur(0), stage="contracted"
)


@pytest.fixture
def switch(tmp_path: Path) -> Fragment:
    return fragment(tmp_path)


def at(moment: datetime, *events: Event) -> tuple[Told, ...]:
    return tuple((moment, event) for event in events)


def judged(switch: Fragment, *told: Told) -> Judgement:
    found = judge(order(*told), switch.switches, switch.markets)
    assert found is not None
    return found


def passed_over(switch: Fragment, told: Sequence[Recorded]) -> bool:
    return judge(told, switch.switches, switch.markets) is None


def test_the_day_is_that_of_the_market(switch: Fragment) -> None:
    (one,) = switch.switches
    assert (one.row, one.market, one.effective_on) == ("FR-BMW-i-agency", "FR", EFFECTIVE)
    assert one.begins("Europe/Paris") == NEW_YEAR


def test_an_open_contract_runs_off_unless_customer_and_agent_agree(switch: Fragment) -> None:
    found = judged(switch, *at(NOVEMBER, *CONTRACTED_I3))
    assert (found.outcome, found.status) == ("needs_consent", "contracted")
    assert (found.from_model, found.to_model) == ("agency_non_genuine", "franchise")
    assert found.consents == (BY_CUSTOMER, BY_AGENT)
    assert found.decided_by == ("FR-BMW-franchise",)


def test_who_agreed_already_is_not_asked_again(switch: Fragment) -> None:
    found = judged(switch, *at(NOVEMBER, *AGREED_I3))
    assert (found.outcome, found.consents) == ("needs_consent", ())
    one_missing = judged(switch, *at(NOVEMBER, *AGREED_I3[:-1]))
    assert one_missing.consents == (BY_AGENT,)


def test_a_car_that_was_handed_over_runs_off(switch: Fragment) -> None:
    open_window = replace(delivered, withdraw_until=datetime(2019, 1, 10, tzinfo=UTC))
    found = judged(switch, *at(NOVEMBER, *CONTRACTED_I3), *at(DECEMBER, open_window))
    assert (found.outcome, found.status, found.consents) == ("runs_off", "in_withdrawal_window", ())


def test_what_happens_after_the_day_does_not_count_on_it(switch: Fragment) -> None:
    found = judged(switch, *at(NOVEMBER, *CONTRACTED_I3), *at(IN_MARCH, delivered))
    assert found.outcome == "needs_consent"


def test_what_happened_before_and_was_told_later_does(switch: Fragment) -> None:
    found = judged(switch, *at(IN_MARCH, placed_i3), *at(NOVEMBER, *CONTRACTED_I3[1:]))
    assert found.outcome == "needs_consent"


@pytest.mark.parametrize("end", [cancelled, ReservationLapsed(reason="deposit_missing"), OrderSettled()])
def test_what_was_over_by_then_is_passed_over(switch: Fragment, end: Event) -> None:
    assert passed_over(switch, order(*at(NOVEMBER, *CONTRACTED_I3), *at(DECEMBER, end)))


@pytest.mark.parametrize(
    "other",
    [
        replace(placed_i3, model="3 Series"),
        replace(placed_i3, brand="MINI"),
        replace(placed_i3, market="DE"),
    ],
)
def test_what_the_plan_does_not_speak_of_is_passed_over(switch: Fragment, other: Event) -> None:
    assert passed_over(switch, order(*at(NOVEMBER, other, *CONTRACTED_I3[1:])))


def test_a_quote_of_the_maker_is_of_no_use_to_the_dealer(switch: Fragment) -> None:
    found = judged(switch, *at(DECEMBER, *OFFERED_I3))
    assert (found.outcome, found.code, found.from_model) == ("refused", "wrong_price_setter", None)


def test_without_a_quote_nothing_is_in_the_way(switch: Fragment) -> None:
    assert judged(switch, *at(DECEMBER, placed_i3)).outcome == "goes_on"


def test_an_agency_contract_that_was_signed_after_the_day_is_refused(switch: Fragment) -> None:
    after = replace(signed_i3, signed_at=IN_MARCH)
    found = judged(switch, *at(DECEMBER, *OFFERED_I3), *at(IN_MARCH, after))
    assert (found.outcome, found.code) == ("refused", "wrong_seller")
    assert found.decided_by == ("FR-BMW-franchise",)


def test_a_dealers_contract_after_the_day_goes_on(switch: Fragment) -> None:
    found = judged(switch, *at(DECEMBER, placed_i3), *at(IN_MARCH, by_dealer, balance_paid))
    assert (found.outcome, found.code) == ("goes_on", "")


def test_what_was_reserved_after_the_day_and_came_to_nothing_is_passed_over(switch: Fragment) -> None:
    lapsed = ReservationLapsed(reason="deposit_missing")
    assert passed_over(switch, order(*at(IN_MARCH, placed_i3, lapsed)))
