"""What a desk remembers of streams is only ever a baseline: it is checked, asked for again, and never mixed up."""

from dataclasses import replace

import pytest

from domain.kernel import Command, Refused, Stream
from domain.money import Money
from domain.orders.state import Order
from domain.settlements.closing import ClosePeriod
from domain.settlements.planning import PublishPlan
from infra.errors import InputError
from infra.handle import Desk
from infra.log import Log
from infra.states import StateCache
from tests import examples
from tests.examples import CAR_ID, ORDER_ID
from tests.integration.log.items import ask
from tests.unit.allocations.car import enter_stock


def test_who_doubts_a_state_asks_the_log_although_another_has_just_remembered_it(
    desk: Desk, other_desk: Desk, log: Log
) -> None:
    desk.handle(ask(examples.reserve))
    order, states = Stream(Order, ORDER_ID), StateCache(log)
    states.read([order])
    other_desk.handle(ask(examples.pay_deposit))
    remembered, asked = states.read([order])
    assert (remembered[ORDER_ID].version, asked) == (1, set())
    states.remember(remembered)
    for _ in range(2):
        found, asked = states.read([order], doubted={ORDER_ID})
        assert (found[ORDER_ID].version, asked) == (2, {ORDER_ID})


def test_of_a_stream_without_events_the_log_is_asked_once(log: Log) -> None:
    order, states = Stream(Order, ORDER_ID), StateCache(log)
    asked = [states.read([order])[1] for _ in range(2)]
    assert asked == [{ORDER_ID}, set()]


def test_who_remembers_that_there_was_nothing_learns_of_what_has_begun_since(
    desk: Desk, other_desk: Desk
) -> None:
    for one in (desk, other_desk):
        with pytest.raises(Refused, match="there is no order"):
            one.handle(ask(examples.pay_deposit))
    desk.handle(ask(examples.reserve))
    assert other_desk.handle(ask(examples.pay_deposit)).position == 2


def test_an_id_that_had_no_events_may_begin_another_kind_of_stream(desk: Desk, log: Log) -> None:
    with pytest.raises(Refused, match="there is no order"):
        desk.handle(ask(replace(examples.pay_deposit, order_id=CAR_ID)))
    assert desk.handle(ask(enter_stock)).position == 1


def test_a_refusal_is_never_decided_on_what_is_only_remembered(desk: Desk, other_desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.handle(ask(examples.change))
    desk.handle(ask(examples.reserve))
    for command in (examples.quote, examples.inform, examples.sign):
        other_desk.handle(ask(command))
    events = desk.handle(ask(examples.change)).events
    assert [type(event).__name__ for event in events] == ["ChangeRequested", "ChangeAccepted"]


def test_the_id_of_another_kind_of_stream_is_told_so(desk: Desk, other_desk: Desk) -> None:
    desk.handle(ask(examples.reserve))
    on_an_order = replace(enter_stock, vehicle_id=ORDER_ID)
    for one in (desk, other_desk):
        with pytest.raises(InputError, match=f"{ORDER_ID} is not the id of a vehicle"):
            one.handle(ask(on_an_order))


PUBLISH = PublishPlan(
    plan_id=ORDER_ID,
    version=1,
    currency="EUR",
    base_rate_bp=550,
    handover_fee=Money(0, "EUR"),
    basis=("net_price",),
    earn_on="delivery",
    clawback_faults=(),
)
CLOSE = ClosePeriod(partner_id=ORDER_ID, period="2026-01")


@pytest.mark.parametrize(("first", "second"), [(PUBLISH, CLOSE), (CLOSE, PUBLISH)])
def test_two_kinds_of_one_family_are_told_apart_by_who_remembers_and_who_does_not(
    desk: Desk, other_desk: Desk, log: Log, first: Command, second: Command
) -> None:
    desk.handle(ask(first))
    for one in (desk, other_desk):
        with pytest.raises(InputError, match=f"{ORDER_ID} is not the id of a"):
            one.handle(ask(second))
    assert log.head().position == 1
