"""A book decides by the rows that were loaded into its log, and by the shipped ones for places that never were."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from domain.kernel import Refused
from domain.markets.book import LoadMarket
from domain.orders.contracting import ContractSigned
from infra.handle import Ask, Desk
from infra.log import Log
from infra.markets.loaded import LoadedMarkets
from tests import examples
from tests.examples import MARKETS
from tests.unit.markets.claimed import ask as question
from tests.unit.markets.claimed import law, markets_of, plan, rows_of, sells, step, terms

OURS = rows_of(sells("direct", row="DE-ours"), terms())
FORBIDDEN = rows_of(sells("direct", row="DE-ours"), law("forbids", sellers=("maker",)), terms())


def told(desk: Desk, *commands: object) -> tuple[object, ...]:
    events: tuple[object, ...] = ()
    for command in commands:
        events += desk.handle(Ask(command=command, actor="desk", command_id=uuid4())).events  # type: ignore[arg-type]
    return events


def load(rows: object) -> LoadMarket:
    return LoadMarket(rows=rows, author="market desk", reason="test")  # type: ignore[arg-type]


def test_a_fresh_book_decides_by_the_shipped_rows(desk: Desk) -> None:
    events = told(desk, examples.reserve, examples.quote, examples.inform, examples.sign)
    assert isinstance(events[-1], ContractSigned)
    assert events[-1].decided_by == ("DE-MINI-agency",)


def test_what_this_process_loads_counts_at_once(desk: Desk) -> None:
    told(desk, load(OURS), examples.reserve, examples.quote, examples.inform)
    (signed,) = told(desk, replace(examples.sign, agent_id=None))
    assert isinstance(signed, ContractSigned)
    assert signed.decided_by == ("DE-ours",)


def test_what_is_forbidden_by_what_was_loaded_is_refused(desk: Desk) -> None:
    told(desk, load(OURS), load(FORBIDDEN), examples.reserve, examples.quote, examples.inform)
    with pytest.raises(Refused) as refusal:
        told(desk, replace(examples.sign, agent_id=None))
    assert (refusal.value.code, refusal.value.grounds) == ("forbidden_by_law", ("law",))


def test_the_same_rows_again_write_nothing(desk: Desk, log: Log) -> None:
    told(desk, load(OURS))
    position = log.head().position
    assert told(desk, load(OURS)) == ()
    assert log.head().position == position


def test_another_process_learns_of_it_when_it_asks_again(desk: Desk, log: Log) -> None:
    shipped = markets_of(sells("pool"))
    lazy, eager = LoadedMarkets(log, shipped, fresh_s=3600), LoadedMarkets(log, shipped, fresh_s=0)
    models = [one.now().resolve(question()).distribution_model for one in (lazy, eager)]
    assert models == ["pool", "pool"]
    told(desk, load(OURS))
    models = [one.now().resolve(question()).distribution_model for one in (lazy, eager)]
    assert models == ["pool", "direct"]
    lazy.refresh()
    assert lazy.now().resolve(question()).distribution_model == "direct"


def test_a_load_is_known_whole_or_not_at_all(desk: Desk, log: Log) -> None:
    before = log.head().position
    agency = plan("agency_genuine", step("announced", "2023", "2024"), step("adopted", "2024", "2024"))
    told(desk, load(rows_of(agency, terms())))
    markets = LoadedMarkets(log, MARKETS)
    after = log.head().position
    for position in range(before, after):
        assert markets.at(position).resolve(question()) == MARKETS.resolve(question())
    assert markets.at(after).resolve(question()).decided_by == ("DE-plan",)


def test_what_was_known_at_a_position_never_changes(desk: Desk, log: Log) -> None:
    told(desk, load(OURS))
    position = log.head().position
    markets = LoadedMarkets(log, MARKETS)
    before = markets.at(position).resolve(question())
    told(desk, load(FORBIDDEN))
    assert markets.at(position).resolve(question()) == before
    assert markets.at(log.head().position).resolve(question()).ground == "law"
    assert markets.at(0).resolve(question()) == MARKETS.resolve(question())
