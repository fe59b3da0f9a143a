"""What holds for all rows of all markets, whatever they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Final

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.kernel import Recorded, fold
from domain.markets import checking, plans
from domain.markets.book import MarketBook, book_id, difference, known
from domain.markets.claims import UNCONDITIONAL, Conditions, Law, Network, Selectors
from domain.markets.plans import Distribution, Step
from domain.markets.questions import Question
from domain.markets.rows import AnyClaim, MarketRows
from domain.markets.validity import Moment
from tests.unit.markets.claimed import OHIO, ask, law, markets_of, network, rows_of, sells
from tests.unit.markets.drawing import (
    DAYS,
    EVER,
    MOMENTS,
    QUESTIONS,
    REGIONS,
    STRONG,
    WEAK,
    Claims,
    cases,
    claims,
    distributions,
    exactly,
    laws,
    markets,
    networks,
    policies,
    rows,
)
from tests.unit.projections.playing import recorded

MANY: Final = settings(max_examples=60, deadline=None)
Case = tuple[Question, Claims, Claims]


@MANY
@given(cases(more=WEAK))
def test_a_weak_row_never_turns_a_refusal_into_a_permission(case: Case) -> None:
    question, book, weak = case
    if not markets(book).resolve(question).allowed:
        assert not markets(book, weak).resolve(question).allowed


@MANY
@given(cases(more=STRONG))
def test_nor_does_an_overdue_one(case: Case) -> None:
    question, book, told = case
    yesterday = question.on - timedelta(days=1)
    overdue = [(file, replace(claim, review_by=yesterday)) for file, claim in told]
    if not markets(book).resolve(question).allowed:
        assert not markets(book, overdue).resolve(question).allowed


@MANY
@given(QUESTIONS, laws(STRONG), distributions(STRONG), distributions(STRONG), MOMENTS)
def test_nor_does_a_weak_step_of_a_sure_plan(
    question: Question, statute: Law, before: Distribution, plan: Distribution, effective: Moment
) -> None:
    step = Step(step="adopted", on=EVER.begins, effective=EVER.begins)
    plan = replace(plan, speaks_of=exactly(question), validity=None, steps=(step,))
    reversal = Step(step="reversed", on=effective, effective=effective, confidence="L")
    ended = replace(plan, steps=(step, reversal))
    file, of_brand = question.market, Selectors(brands=(question.brand,))
    book: Claims = [(file, statute), (file, replace(before, speaks_of=of_brand, validity=EVER, steps=()))]
    if not markets(book, [(file, plan)]).resolve(question).allowed:
        assert not markets(book, [(file, ended)]).resolve(question).allowed


@st.composite
def settled(draw: st.DrawFn) -> tuple[Claims, Case]:
    """Rows of each layer that speak of a question and hold on its day; the question, a book, and rows that are
    less specific than those."""
    question, book, more = draw(cases())
    question = question._replace(title="")
    mine = exactly(question)
    statute = replace(
        draw(laws()), speaks_of=mine, tests="contract", sellers=(), validity=EVER, conditions=UNCONDITIONAL
    )
    plan = replace(draw(distributions()), speaks_of=mine, validity=EVER, steps=())
    kind = replace(draw(networks()), brands=(question.brand,), validity=EVER)
    policy = [replace(row, speaks_of=mine, validity=EVER) for row in draw(st.lists(policies(), max_size=1))]
    pinned: list[AnyClaim] = [statute, plan, kind, *policy]
    settling = [(question.market, row) for row in pinned]
    return settling, (question, book, [each for each in more if _lower(each, question.market, mine)])


def _lower(told: tuple[str, AnyClaim], market: str, settling: Selectors) -> bool:
    """Whether a claim is less specific than the settled ones of its layer. A prohibition with conditions is none of
    them: it forbids by itself."""
    file, claim = told
    if isinstance(claim, Network):
        return file != market
    if isinstance(claim, Law):
        lower = file != market or claim.speaks_of.count < settling.count
        return lower and (claim.effect == "permits" or claim.conditions == UNCONDITIONAL)
    return isinstance(claim, Distribution)


@MANY
@given(settled())
def test_a_less_specific_row_never_changes_an_answer(told: tuple[Claims, Case]) -> None:
    settling, (question, book, lower) = told
    assume(lower)
    assert markets(settling, book, lower).resolve(question) == markets(settling, book).resolve(question)


def test_a_country_s_row_on_the_network_leaves_a_state_s_condition_alone() -> None:
    brands = ("TESLA",)
    model, never = sells("direct", brands=brands), network("never_franchised", "TESLA")
    permission = law("permits", brands=brands, conditions=Conditions(never_franchised=True))
    state = rows_of(model, permission, never, market="US-OH", place=OHIO)
    country = rows_of(network("franchised", "TESLA", row="US-network"), market="US", place=None)
    question = ask(brand="TESLA", market="US-OH")
    assert markets_of(state).resolve(question).allowed
    assert markets_of(state, country).resolve(question).allowed


@MANY
@given(cases(), DAYS)
def test_what_is_published_later_never_changes_what_was_published(case: Case, by: date) -> None:
    question, book, told = case
    later = [(file, _published(claim, by + timedelta(days=1))) for file, claim in told]
    question = question._replace(published_by=by)
    assert markets(book, later).resolve(question) == markets(book).resolve(question)


def _published(claim: AnyClaim, on: date) -> AnyClaim:
    claim = replace(claim, published_on=on)
    if isinstance(claim, Distribution):
        return replace(claim, steps=tuple(replace(step, published_on=on) for step in claim.steps))
    return claim


@MANY
@given(cases(), st.lists(st.lists(claims(), max_size=4), min_size=1, max_size=3))
def test_what_is_loaded_later_never_changes_what_was_known(case: Case, later: list[Claims]) -> None:
    question, shipped, first = case
    base = markets(shipped)
    history: list[Recorded] = []
    loaded = []
    for version in ([*shipped, *first], *later):
        _load(rows(version), history)
        _load(rows(version), again := list(history))
        assert again == history, "loading the same rows again changes something"
        loaded.append((len(history), base.overlaid(rows(version)).resolve(question)))
    for position, answer in loaded:
        assert known(base, history[:position]).resolve(question) == answer


def _load(files: list[MarketRows], history: list[Recorded]) -> None:
    """What loading these files adds to a log."""
    for file in files:
        stream = book_id(file.market)
        book = fold(MarketBook(), [one.event for one in history if one.stream_id == stream])
        for event in difference(book.rows, file, author="market desk", reason="a draft"):
            history.append(recorded(event, len(history) + 1, stream=stream))


@MANY
@given(cases(sure=STRONG))
def test_an_imprecise_date_counts_only_where_every_reading_agrees(case: Case) -> None:
    question, book, _ = case
    readings = [_readings(file, claim, question) for file, claim in book]
    imprecise = sum(len(each) > 1 for each in readings)
    assume(imprecise <= 3)
    read = {
        (answer.allowed, answer.distribution_model)
        for chosen in product(*readings)
        for answer in [markets([one for one in chosen if one]).resolve(question)]
    }
    answer = markets(book).resolve(question)
    if answer.allowed or (imprecise == 1 and len(read) == 1):
        assert {(answer.allowed, answer.distribution_model)} == read


def _readings(file: str, claim: AnyClaim, question: Question) -> list[tuple[str, AnyClaim] | None]:
    """The claim as it holds that day, and None if it may not."""
    in_force = plans.adopted(claim) if isinstance(claim, Distribution) and claim.steps else claim
    assert in_force is not None
    assert in_force.validity is not None
    holds = file, replace(in_force, validity=EVER)
    match in_force.validity.on(question.on, in_force.published_on):
        case "holds":
            return [holds]
        case "maybe":
            return [holds, None]
        case "not":
            return [None]


@given(distributions())
def test_a_region_never_says_who_sells(plan: Distribution) -> None:
    region = MarketRows(market="EU", distributions=(replace(plan, id="EU-1"),))
    told = [fault.says for fault in checking.faults(region, REGIONS, (), {})]
    assert any("never inferred from" in says for says in told)


@MANY
@given(cases(), st.lists(laws(), min_size=1, max_size=3))
def test_the_law_of_a_region_never_changes_how_a_maker_sells(case: Case, regional: list[Law]) -> None:
    question, book, _ = case
    before = markets(book).resolve(question)
    after = markets(book, [("EU", each) for each in regional]).resolve(question)
    assert after.distribution_model == before.distribution_model
    assert "DE" in {question.market, question.title} or after == before
