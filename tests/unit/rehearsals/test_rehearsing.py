"""A rehearsal of several orders: counts, and costs that add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from uuid import UUID

import pytest

from domain.kernel import Event, Recorded
from domain.orders.settling import OrderSettled
from domain.rehearsals.costing import PartnerCost, Plans
from domain.rehearsals.rehearsing import Rehearsal, Rehearsing
from domain.settlements.state import PlanTerms
from infra.markets.switching import Fragment
from tests.examples import AGENT_ID, DEALER_ID, PLAN_ID, balance_paid, delivered, eur, ident
from tests.recording import history
from tests.unit.orders.i3 import CONTRACTED_I3, DECEMBER, NOVEMBER, OFFERED_I3, signed_i3
from tests.unit.rehearsals.switches import SWITCH, fragment

IN_MARCH = datetime(2019, 3, 4, 10, tzinfo=UTC)
TERMS = PlanTerms(
    plan_id=PLAN_ID,
    version=1,
    currency="EUR",
    base_rate_bp=550,
    handover_fee=eur(150),
    basis=("net_price",),
    earn_on="delivery",
    clawback_faults=("customer", "none"),
    zone="Europe/Paris",
)
ON_PAYMENT = replace(TERMS, version=2, earn_on="payment")
PLANS: Plans = {(PLAN_ID, 1): TERMS, (PLAN_ID, 2): ON_PAYMENT}
handed = replace(delivered, withdraw_until=datetime(2019, 1, 10, tzinfo=UTC))
other_agent = replace(signed_i3, agent_id=DEALER_ID, plan_version=2)


def told(number: int, *parts: tuple[datetime, tuple[Event, ...]]) -> list[Recorded]:
    return history(ident(number), [(at, event) for at, events in parts for event in events])


ORDERS = (
    told(101, (NOVEMBER, CONTRACTED_I3)),
    told(102, (NOVEMBER, CONTRACTED_I3), (IN_MARCH, (delivered,))),
    told(103, (NOVEMBER, CONTRACTED_I3), (DECEMBER, (handed,))),
    told(104, (NOVEMBER, (*OFFERED_I3, other_agent)), (DECEMBER, (balance_paid,))),
    told(105, (DECEMBER, OFFERED_I3), (IN_MARCH, (replace(signed_i3, signed_at=IN_MARCH),))),
    told(106, (DECEMBER, OFFERED_I3)),
    told(107, (NOVEMBER, CONTRACTED_I3), (DECEMBER, (OrderSettled(),))),
)


@pytest.fixture
def switch(tmp_path: Path) -> Fragment:
    return fragment(tmp_path)


def rehearsed(switch: Fragment, *orders: list[Recorded], plans: Plans = PLANS) -> Rehearsal:
    rehearsing = Rehearsing(switch.switches, switch.markets)
    for one in orders:
        rehearsing.take(one, plans)
    return rehearsing.done()


def outcome_of(rehearsal: Rehearsal) -> dict[UUID, str]:
    return {one.judgement.order_id: one.judgement.outcome for one in rehearsal.orders}


def test_every_order_has_its_outcome(switch: Fragment) -> None:
    rehearsal = rehearsed(switch, *ORDERS)
    assert outcome_of(rehearsal) == {
        ident(101): "needs_consent",
        ident(102): "needs_consent",
        ident(103): "runs_off",
        ident(104): "needs_consent",
        ident(105): "refused",
        ident(106): "refused",
    }
    assert rehearsal.counts == {"runs_off": 1, "needs_consent": 3, "refused": 2, "goes_on": 0}
    assert rehearsal.others == 1


def test_what_it_costs_adds_up_partner_by_partner(switch: Fragment) -> None:
    """The agent keeps the lines of the car that was handed over, and loses those of three orders; the other one
    was paid before, and loses the fee of the handover."""
    agent, other = rehearsed(switch, *ORDERS).partners
    line = 176_000 + 15_000
    assert agent == PartnerCost(
        partner_id=AGENT_ID, currency="EUR", orders=4, kept_minor=line, lost_minor=3 * line
    )
    assert other == PartnerCost(
        partner_id=DEALER_ID, currency="EUR", orders=1, kept_minor=176_000, lost_minor=15_000
    )


def test_kept_and_lost_together_are_what_the_orders_pay_without_a_novation(switch: Fragment) -> None:
    for one in rehearsed(switch, *ORDERS).orders:
        assert sum(line.kept_minor + line.lost_minor for line in one.lines) in {0, 191_000}


def test_the_sums_do_not_depend_on_the_order_of_reading(switch: Fragment) -> None:
    sums = {rehearsed(switch, *some).partners for some in permutations(ORDERS[:4])}
    assert len(sums) == 1


def test_an_unpublished_plan_is_told_and_not_guessed(switch: Fragment) -> None:
    (one,) = rehearsed(switch, ORDERS[0], plans={}).orders
    assert one.plans_missing
    assert one.lines == ()


def test_where_the_agent_stays_an_agent_nothing_is_lost(tmp_path: Path) -> None:
    genuine = """
[[distribution]]
id = "FR-BMW-i-genuine"
brands = ["BMW"]
lines = ["i3", "i8"]
ages = ["new", "nearly_new"]
model = "agency_genuine"
confidence = "M"
source = "letter to the network"
steps = [{ step = "adopted", on = "2018-10", effective = "2019-01-01" }]
"""
    rehearsal = rehearsed(fragment(tmp_path, SWITCH + genuine), ORDERS[0])
    (one,) = rehearsal.orders
    assert one.judgement.to_model == "agency_genuine"
    assert [(line.kept_minor, line.lost_minor) for line in one.lines] == [(176_000, 0), (15_000, 0)]
