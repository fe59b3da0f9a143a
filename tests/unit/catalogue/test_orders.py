"""Orders ask the catalogue: no quote, contract or change for a car that cannot be ordered or built."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.catalogue.book import Catalogue
from domain.kernel import Command, Event, Refused, State, States, fold
from domain.markets.validity import parse_moment
from domain.orders.changing import ChangeAccepted, ChangeRequested
from domain.orders.contracting import ContractSigned
from domain.orders.offering import QuoteIssued
from domain.orders.reserving import ReservationPlaced
from domain.orders.state import Order
from tests.examples import (
    NOON,
    ORDER_ID,
    change,
    context,
    eur,
    inform,
    informed,
    placed,
    placed_nc,
    quote,
    quoted,
    report_sale,
    reserve,
    sign,
    signed,
)
from tests.unit.catalogue.listed import CATALOGUE, FIRST, X5

IN_SALE = datetime(2019, 3, 4, 12, tzinfo=UTC)
SHOWN = datetime(2018, 10, 2, 12, tzinfo=UTC)
OVER = datetime(2021, 1, 2, 12, tzinfo=UTC)

listed = replace(placed, brand="BMW", model="x5", powertrain="ICE")
offer = replace(
    quote, options=("metallic",), price_authority="dealer", valid_until=IN_SALE + timedelta(days=999)
)
offered = replace(quoted, options=offer.options, price_authority="dealer", valid_until=offer.valid_until)
contract = replace(sign, seller="dealer", agent_id=None)
contracted = replace(signed, options=("metallic",), signed_at=IN_SALE)


def happens(command: Command, *events: Event, at: datetime, catalogue: Catalogue = CATALOGUE) -> list[Event]:
    """What happens to an order with this history, under the small catalogue."""
    states: dict[UUID, State] = {stream.id: stream.state() for stream in command.reads()}
    states[ORDER_ID] = fold(Order(), events)
    asked = context(at)._replace(catalogue=catalogue)
    return [event for _, event in command.decide(States(states), asked)]


def refused(command: Command, *events: Event, at: datetime) -> str:
    with pytest.raises(Refused) as refusal:
        happens(command, *events, at=at)
    assert refusal.value.rule is None
    return refusal.value.code


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def test_a_car_that_was_only_shown_can_be_reserved_but_not_offered() -> None:
    coming = replace(
        FIRST, announced=parse_moment("2026-01"), orderable=parse_moment("2026-05"), last_order=None
    )
    catalogue = Catalogue([replace(X5, model_years=(coming,))])
    ask = replace(reserve, brand="BMW", model="x5", powertrain="ICE")
    assert kinds(happens(ask, at=NOON, catalogue=catalogue)) == [ReservationPlaced]
    assert refused(offer, listed, at=SHOWN) == "not_yet_orderable"
    assert kinds(happens(offer, listed, at=IN_SALE)) == [QuoteIssued]


def test_the_local_day_of_the_market_counts() -> None:
    eve = datetime(2018, 11, 30, 22, 59, tzinfo=UTC)
    assert refused(offer, listed, at=eve) == "not_yet_orderable"
    assert kinds(happens(offer, listed, at=eve + timedelta(minutes=1))) == [QuoteIssued]


def test_a_quote_for_what_cannot_be_built_is_refused_by_name() -> None:
    assert refused(replace(offer, options=("off-road",)), listed, at=IN_SALE) == "unbuildable"
    assert refused(replace(offer, options=("fins",)), listed, at=IN_SALE) == "unknown_option"
    assert refused(offer, replace(listed, powertrain="BEV"), at=IN_SALE) == "unbuildable"


def test_a_line_is_found_by_the_name_that_people_write() -> None:
    catalogue = Catalogue([replace(X5, slug="3-series")])
    named = replace(listed, model="3 Series")
    with pytest.raises(Refused) as refusal:
        happens(offer, named, at=SHOWN, catalogue=catalogue)
    assert refusal.value.code == "not_yet_orderable"
    assert kinds(happens(offer, named, at=IN_SALE, catalogue=catalogue)) == [QuoteIssued]


def test_a_contract_asks_again_on_its_own_day() -> None:
    assert kinds(happens(contract, listed, offered, informed, at=IN_SALE)) == [ContractSigned]
    assert refused(contract, listed, offered, informed, at=SHOWN) == "not_yet_orderable"
    assert refused(contract, listed, offered, informed, at=OVER) == "no_longer_orderable"
    clashing = replace(offered, options=("air", "off-road", "sport"))
    assert refused(contract, listed, clashing, informed, at=IN_SALE) == "unbuildable"


def test_a_change_is_judged_by_the_model_year_of_its_contract() -> None:
    history = (listed, offered, informed, contracted)
    another = replace(change, options=("metallic", "air"))
    assert kinds(happens(another, *history, at=OVER)) == [ChangeRequested, ChangeAccepted]
    assert refused(replace(change, options=("off-road",)), *history, at=IN_SALE) == "unbuildable"


def test_another_price_for_the_same_car_asks_nothing() -> None:
    told = replace(contracted, options=("fins",))
    dearer = replace(change, options=("fins",), gross=eur(99_000))
    assert kinds(happens(dearer, listed, told, at=IN_SALE)) == [ChangeRequested, ChangeAccepted]


@pytest.mark.parametrize(
    ("at", "options", "flag"),
    [
        (SHOWN, (), "not_yet_orderable"),
        (OVER, (), "no_longer_orderable"),
        (IN_SALE, ("fins",), "unknown_option"),
        (IN_SALE, ("off-road",), "unbuildable"),
    ],
)
def test_a_sale_that_is_told_is_recorded_and_flagged(
    at: datetime, options: tuple[str, ...], flag: str
) -> None:
    told = replace(report_sale, gross=eur(65_000), net=eur(63_000), options=options)
    (sale,) = happens(told, listed, informed, at=at)
    assert isinstance(sale, ContractSigned)
    assert sale.contradicts == (flag,)


def test_a_line_that_is_not_listed_is_sold_as_ever() -> None:
    assert kinds(happens(replace(offer, options=("fins",)), placed, at=SHOWN)) == [QuoteIssued]
    assert kinds(happens(inform, placed_nc, at=SHOWN)) != []
