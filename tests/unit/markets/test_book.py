"""What a book loads of a place: the difference alone, each change an event, and what it knew when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Final, get_args

import pytest

from domain.context import Context
from domain.kernel import Event, Recorded, Rule, States, Stream, fold
from domain.markets.book import (
    DistributionModelActivated,
    DistributionModelAnnounced,
    DistributionModelPostponed,
    DistributionModelReversed,
    LoadMarket,
    MarketBook,
    MarketClaimRecorded,
    MarketClaimWithdrawn,
    MarketDescribed,
    MarketRuled,
    book_id,
    known,
    whole,
)
from domain.markets.claims import Assignment
from domain.markets.rows import AnyClaim, MarketRows
from infra.codec import decode, encode
from tests.examples import MARKETS, context
from tests.recording import recorded
from tests.story import given
from tests.unit.markets.claimed import (
    OHIO,
    ask,
    law,
    markets_of,
    network,
    plan,
    policy,
    rows_of,
    ruling,
    said,
    sells,
    since,
    step,
    terms,
)
from tests.unit.partners.network import ONE_ROLE, SWISS_LIST

ANNOUNCED: Final = step("announced", "2022-11-03", "from 2024")
POSTPONED: Final = step("postponed", "2024-01-23", "2024-10-01")
ADOPTED: Final = step("adopted", "2024-10-01", "2024-10-01")
REVERSED: Final = step("reversed", "2025-12", "2026-06-01")
FRANCHISE: Final = sells("franchise")


def load(rows: MarketRows) -> LoadMarket:
    return LoadMarket(rows=rows, author="market desk", reason="first edition")


def loaded(*editions: MarketRows) -> tuple[Event, ...]:
    """The events of loading these, one after the other."""
    told: tuple[Event, ...] = ()
    for rows in editions:
        told += tuple(event for _, event in given(*told).when(load(rows)).events)
    return told


def test_a_place_is_described_and_its_rows_recorded() -> None:
    rows = rows_of(law("forbids"), network("franchised", "MINI"), FRANCHISE, terms(), policy())
    outcome = given().when(load(rows))
    outcome.then(MarketDescribed, *[MarketClaimRecorded] * 5)
    assert outcome.after(MarketBook).rows == rows
    assert outcome.after(MarketBook).market == "DE"


def test_the_same_rows_again_change_nothing() -> None:
    agency = plan("agency_genuine", ANNOUNCED, POSTPONED, ages=("new",))
    rows = rows_of(
        FRANCHISE,
        sells("direct", row="DE-rival"),
        agency,
        ruling("DE-franchise", "DE-rival", selects="DE-rival"),
    )
    given(*loaded(rows)).when(load(rows)).nothing()


def test_what_is_asked_of_agreements_is_recorded_and_known() -> None:
    rows = rows_of(ONE_ROLE, SWISS_LIST)
    outcome = given().when(load(rows))
    outcome.then(MarketDescribed, MarketClaimRecorded, MarketClaimRecorded)
    assert outcome.after(MarketBook).rows == rows
    events = [event for _, event in outcome.events]
    assert [decode(type(event).__name__, encode(event)) for event in events] == events
    (held,) = known(markets_of(FRANCHISE), history(rows)).partner_rules.incompatible
    assert (held.row, held.place) == (ONE_ROLE, "DE")
    assert (
        markets_of(ONE_ROLE).published(ONE_ROLE.published_on - timedelta(days=1)).partner_rules.incompatible
        == ()
    )
    given(*loaded(rows)).when(load(rows_of(ONE_ROLE))).then(MarketClaimWithdrawn)


def test_a_plan_is_told_step_by_step() -> None:
    first = rows_of(plan("agency_genuine", ANNOUNCED, POSTPONED))
    story = given().when(load(first))
    story.then(MarketDescribed, MarketClaimRecorded, DistributionModelAnnounced, DistributionModelPostponed)
    assert story.event(MarketClaimRecorded).distribution == plan("agency_genuine")
    assert story.event(DistributionModelAnnounced).brands == ("MINI",)
    on = rows_of(plan("agency_genuine", ANNOUNCED, POSTPONED, ADOPTED))
    story = given(*loaded(first)).when(load(on)).then(DistributionModelActivated)
    assert story.after(MarketBook).rows == on
    over = rows_of(plan("agency_genuine", ANNOUNCED, POSTPONED, ADOPTED, REVERSED))
    given(*loaded(first, on)).when(load(over)).then(DistributionModelReversed)


def test_a_plan_whose_past_was_told_wrongly_begins_anew() -> None:
    first = rows_of(plan("agency_genuine", ANNOUNCED, ADOPTED))
    other = rows_of(plan("agency_genuine", POSTPONED, ADOPTED))
    with pytest.raises(AssertionError, match="cannot be postponed first"):
        given(*loaded(first)).when(load(other)).nothing()
    right = rows_of(plan("agency_genuine", replace(ANNOUNCED, says="in Reuters"), ADOPTED))
    outcome = given(*loaded(first)).when(load(right))
    outcome.then(MarketClaimRecorded, DistributionModelAnnounced, DistributionModelActivated)
    assert outcome.after(MarketBook).rows == right


def test_what_changed_is_recorded_and_what_is_missing_withdrawn() -> None:
    first = rows_of(FRANCHISE, law("forbids"), ruling("DE-franchise"))
    second = rows_of(replace(FRANCHISE, confidence="H"), sells("direct", lines=("cooper",)))
    outcome = given(*loaded(first)).when(load(second))
    outcome.then(MarketClaimWithdrawn, MarketClaimWithdrawn, MarketClaimRecorded, MarketClaimRecorded)
    assert outcome.after(MarketBook).rows == second


def test_a_ruling_is_an_event() -> None:
    rows = FRANCHISE, sells("direct", row="DE-rival")
    ruled = rows_of(*rows, ruling("DE-franchise", "DE-rival", selects="DE-rival"))
    given(*loaded(rows_of(*rows))).when(load(ruled)).then(MarketRuled)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (rows_of(ruling("DE-gone")), "there is no claim DE-gone"),
        (rows_of(FRANCHISE, ruling("DE-franchise", decided_by=("a.person",))), "two different people"),
        (rows_of(sells("franchise", "2024", "2023")), "before it begins"),
        (rows_of(sells("franchise", source="none")), "general knowledge at most"),
        (rows_of(FRANCHISE, sells("direct", brands=("MINI", "BMW"))), "it ties with DE-franchise"),
        (rows_of(market="US-ZZ", place=None), "there is no place US-ZZ"),
        (rows_of(FRANCHISE, place=None, market="EU"), "EU is a region"),
    ],
)
def test_rows_that_cannot_be_are_refused_and_nothing_is_written(rows: MarketRows, says: str) -> None:
    outcome = given().when(load(rows)).refused("market_rows")
    assert says in str(outcome.refusal)


def test_a_claim_of_each_kind_is_loaded() -> None:
    bases = Assignment(
        id="DE-assignment", validity=since("2020"), respond_days=5, rule=Rule("XX-01", 1), **said()
    )
    each = (law("forbids"), network("franchised", "MINI"), FRANCHISE, terms(), bases, policy())
    claims: tuple[AnyClaim, ...] = (*each, ONE_ROLE, SWISS_LIST)
    assert {type(claim) for claim in claims} == set(get_args(AnyClaim))
    for claim in claims:
        outcome = given().when(load(rows_of(claim))).then(MarketDescribed, MarketClaimRecorded)
        recorded = outcome.event(MarketClaimRecorded)
        told = [getattr(recorded, one.name) for one in fields(recorded) if one.name != "claim_id"]
        assert [one for one in told if one is not None] == [claim]
        assert list(outcome.after(MarketBook).rows.claims()) == [claim]


def test_who_loads_and_why_is_said() -> None:
    given().when(replace(load(rows_of(FRANCHISE)), author=" ")).refused("market_rows")


def test_what_is_loaded_reads_from_the_log_as_it_was_written() -> None:
    rows = rows_of(
        law("forbids"),
        network("franchised", "MINI"),
        FRANCHISE,
        plan("agency_genuine", ANNOUNCED, ADOPTED, REVERSED, ages=("new",)),
        terms(),
        policy(),
        ruling("DE-franchise"),
    )
    events = [decode(type(event).__name__, encode(event)) for event in loaded(rows)]
    assert fold(MarketBook(), events).rows == rows


def history(*editions: MarketRows) -> Iterator[Recorded]:
    for position, event in enumerate(loaded(*editions), start=1):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=position)
        yield recorded(event, stream_id=book_id("DE"), at=at, position=position)


def test_what_was_known_at_a_position_stays_what_it_was() -> None:
    first, second = rows_of(FRANCHISE), rows_of(sells("direct"))
    log = list(history(first, second))
    shipped = markets_of(sells("pool"))
    told = [known(shipped, log[:position]).resolve(ask()).distribution_model for position in (0, 2, len(log))]
    assert told == ["pool", "franchise", "direct"]


def test_a_place_that_was_never_loaded_answers_by_the_shipped_rows() -> None:
    markets = known(MARKETS, history(rows_of(FRANCHISE)))
    assert markets.resolve(ask()).decided_by == ("DE-franchise",)
    assert markets.resolve(ask(market="GB")) == MARKETS.resolve(ask(market="GB"))


def test_a_load_is_known_whole_or_not_at_all() -> None:
    agency = plan("agency_genuine", ANNOUNCED, ADOPTED)
    log = list(history(rows_of(FRANCHISE), rows_of(agency)))
    first = len(loaded(rows_of(FRANCHISE)))
    commands = [log[0].command_id] * first + [log[-1].command_id] * (len(log) - first)
    told = [one._replace(command_id=command) for one, command in zip(log, commands, strict=True)]
    shipped = markets_of(sells("pool"))
    models = [
        known(shipped, whole(told, position)).resolve(ask()).distribution_model
        for position in range(len(told) + 1)
    ]
    assert models == ["pool"] * first + ["franchise"] * (len(told) - first) + ["agency_genuine"]


def test_a_plan_of_which_no_step_was_told_yet_says_nothing() -> None:
    assert markets_of(plan("agency_genuine")).resolve(ask()).distribution_model == "undetermined"


def test_a_row_that_another_place_has_is_refused() -> None:
    law_of_a_state = law("forbids", row="US-OH-law")
    markets = markets_of(rows_of(law_of_a_state, market="US-OH", place=OHIO))
    country = rows_of(law_of_a_state, market="US", place=None)
    outcome = given().knowing(markets=markets).when(load(country)).refused("market_rows")
    assert "a row of US-OH has the id US-OH-law" in str(outcome.refusal)


def test_a_country_whose_rows_make_laws_of_a_state_tie_is_refused() -> None:
    franchised = law("forbids", row="US-OH-a", tests="licence", network="franchised", sellers=("maker",))
    newcomer = law("permits", row="US-OH-b", tests="licence", brands=("MINI",), sellers=("maker",))
    markets = markets_of(rows_of(franchised, newcomer, market="US-OH", place=OHIO))
    country = rows_of(network("franchised", "MINI", row="US-network"), market="US", place=None)
    outcome = given().knowing(markets=markets).when(load(country)).refused("market_rows")
    assert "US-OH-b: it ties with US-OH-a" in str(outcome.refusal)


def test_every_shipped_file_can_be_loaded() -> None:
    told: Context = context()
    for market, rows in MARKETS.rows.items():
        stream = Stream(MarketBook, book_id(market))
        events = [event for _, event in load(rows).decide(States({stream.id: MarketBook()}), told)]
        again = fold(MarketBook(), events)
        assert again.rows == rows
        assert list(load(rows).decide(States({stream.id: again}), told)) == []
