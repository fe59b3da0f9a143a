"""What markets remember of questions, and what they do not."""

from __future__ import annotations

import gc
from datetime import date, timedelta
from itertools import product
from weakref import ref

from domain.markets.claims import Conditions
from domain.markets.resolver import ANSWERS_HELD, DAYS_HELD, Markets
from infra.markets import load_markets
from tests.unit.markets.claimed import TODAY, ask, law, markets_of, sells, terms
from tests.unit.markets.selling import Facts

FRANCHISE = sells("franchise")


def test_of_many_days_only_some_are_held_as_they_were_public() -> None:
    markets = markets_of(FRANCHISE)
    days = [TODAY + timedelta(days=number) for number in range(2 * DAYS_HELD + 1)]
    held = [ref(markets.published(day)) for day in days]
    assert markets.published(days[-1]) is held[-1]()
    gc.collect()
    assert sum(one() is not None for one in held) <= DAYS_HELD


def test_what_is_remembered_of_a_question_is_what_fresh_markets_answer() -> None:
    markets = load_markets()
    questions = [
        ask(brand=brand, market=market, on=on, seller=seller)
        for brand, market, on, seller in product(
            sorted(markets.brands), ("DE", "US-NC"), (date(2020, 6, 1), TODAY), ("maker", "dealer", None)
        )
    ]
    for _ in range(2):  # the second time they are remembered
        for question in questions:
            assert markets.governs(question) == load_again(markets).governs(question)
    assert markets.governs(questions[0]) is markets.governs(questions[0]._replace())


def load_again(markets: Markets) -> Markets:
    """Markets of the same rows that remember nothing yet."""
    return Markets(markets.rows.values(), regions=markets.regions, calendars=markets.calendars.values())


def test_a_question_that_brings_facts_is_answered_by_these_facts() -> None:
    markets = markets_of(sells("direct"), terms(), law("permits", conditions=Conditions(us_company=True)))
    for seat, allowed in (("NL", False), ("US", True), ("NL", False)):
        assert markets.governs(ask(facts=Facts(seat=seat))).answer.allowed is allowed


def test_only_so_many_answers_are_remembered() -> None:
    markets = markets_of(sells("direct"), terms())
    questions = [ask(line=f"line-{number}") for number in range(ANSWERS_HELD + 1)]
    for question in questions:
        markets.governs(question)
    assert 0 < len(markets._answers) <= ANSWERS_HELD


def test_no_answer_is_remembered() -> None:
    markets = markets_of(FRANCHISE)
    question = ask(on=TODAY)
    assert markets.resolve(question) == markets.resolve(question)
    assert markets.resolve(question) is not markets.resolve(question)
