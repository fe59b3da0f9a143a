"""Who sells how, when: the lanes of a brand, their segments, and the days between which they are drawn."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from domain.markets.questions import Question
from domain.markets.resolver import Markets
from domain.markets.rows import Row
from domain.markets.timeline import OTHERS, Lane, lanes, plans_open, span, spoken_of, verified
from domain.words import CustomerType, Powertrain
from infra.markets import load_markets
from tests.unit.markets.claimed import OHIO, law, markets_of, network, plan, rows_of, ruling, sells, step

SHIPPED: Final = load_markets()
BEFORE: Final = sells("franchise", "2020-01-01", "2024-10-01", row="DE-before")
AFTER: Final = sells("agency_genuine", "2024-10-01", row="DE-after")
OVERDUE: Final = "2027-11-23"


def nobody_told(brand: str, line: str) -> tuple[Powertrain, ...]:
    return ()


def drawn(
    *rows: Row,
    market: str = "DE",
    customer: CustomerType | None = None,
    markets: Markets | None = None,
    told: tuple[Powertrain, ...] = (),
) -> list[Lane]:
    return lanes(
        markets or markets_of(*rows),
        "MINI",
        market,
        powertrains=lambda brand, line: told,
        customer=customer,
    )


def told(lane: Lane) -> list[tuple[str, str]]:
    """Its segments after the beginning of time: since when, and what."""
    return [
        (str(one.begins), one.model if one.ground is None else one.doubt or f"{one.ground}!")
        for one in lane.segments
        if one.begins > date.min
    ]


def test_a_switch_is_where_the_answer_changes() -> None:
    (lane,) = drawn(BEFORE, AFTER)
    assert told(lane) == [("2020-01-01", "franchise"), ("2024-10-01", "agency_genuine"), (OVERDUE, "overdue")]
    assert (lane.lines, lane.customers, lane.powertrains) == ((), (), ())
    assert lane.segments[0].doubt == "no_row"
    assert lane.segments[-1].overdue
    assert [one.begins for one in lane.segments[1:]] == [one.ends for one in lane.segments[:-1]]


def test_an_imprecise_switch_takes_the_time_that_nobody_can_tell() -> None:
    (lane,) = drawn(
        sells("franchise", "2020-01-01", "2024", row="DE-before"),
        sells("agency_genuine", "2024", row="DE-after"),
    )
    assert told(lane)[:3] == [
        ("2020-01-01", "franchise"),
        ("2024-01-01", "imprecise"),
        ("2025-01-01", "agency_genuine"),
    ]


def test_a_line_has_a_lane_of_its_own_where_its_story_differs() -> None:
    others, named = drawn(sells("franchise"), sells("direct", "2022-01-01", lines=("cooper", "aceman")))
    assert (others.lines, named.lines) == ((OTHERS,), ("cooper", "aceman"))
    assert told(others)[0] == ("2020-01-01", "franchise")
    assert told(named)[:2] == [("2020-01-01", "franchise"), ("2022-01-01", "direct")]


def test_lines_that_tell_the_same_share_a_lane() -> None:
    (lane,) = drawn(sells("franchise"), sells("franchise", row="DE-same", lines=("cooper",)))
    assert lane.lines == ()


def test_a_customer_has_a_lane_only_where_that_matters() -> None:
    rows = sells("franchise"), sells("direct", customers=("fleet",))
    private, fleet = drawn(*rows)
    assert (private.customers, fleet.customers) == (("private",), ("fleet",))
    (only,) = drawn(*rows, customer="fleet")
    assert only.customers == ()
    assert told(only)[0] == ("2020-01-01", "direct")


def test_powertrains_are_told_apart_where_a_row_does_so() -> None:
    rows = sells("direct"), law("forbids", sellers=("maker",), powertrains=("ICE",))
    unknown, engine = drawn(*rows)
    assert (unknown.powertrains, engine.powertrains) == ((None,), ("ICE",))
    assert told(engine)[0] == ("2020-01-01", "law!")
    (listed,) = drawn(*rows, told=("BEV", "BEV"))
    assert listed.powertrains == ()
    assert told(listed)[0] == ("2020-01-01", "direct")


def test_why_nothing_is_determined() -> None:
    dealers, maker = sells("franchise", row="DE-a"), sells("direct", row="DE-b")
    assert told(drawn(dealers, maker)[0])[0] == ("2020-01-01", "disagree")
    in_court = drawn(dealers, maker, ruling("DE-a", "DE-b"))
    assert told(in_court[0])[0] == ("2020-01-01", "contested")
    ruled = drawn(dealers, maker, ruling("DE-a", "DE-b", selects="DE-b"))
    assert told(ruled[0])[0] == ("2020-01-01", "direct")
    assert told(drawn(sells("direct", confidence="L"))[0])[0] == ("2020-01-01", "weak")


def test_a_weak_prohibition_refuses_as_a_precaution() -> None:
    rows = (
        sells("direct", row="US-OH-direct"),
        network("never_franchised", "MINI", row="US-OH-network"),
        law("forbids", row="US-OH-ban", sellers=("maker",), network="never_franchised", confidence="L"),
    )
    (lane,) = drawn(market="US-OH", markets=markets_of(rows_of(*rows, market="US-OH", place=OHIO)))
    banned = lane.segments[1]
    assert (banned.ground, banned.precautionary, banned.model) == ("law", True, "direct")


def test_a_plan_is_told_and_not_drawn() -> None:
    planned = plan("direct", step("announced", "2023-01", "2026"), step("postponed", "2025-02-11"))
    markets = markets_of(sells("franchise"), planned)
    (lane,) = drawn(markets=markets)
    assert told(lane)[0] == ("2020-01-01", "franchise")
    assert plans_open(markets, "MINI", "DE") == [planned]
    assert plans_open(markets_of(plan("direct", step("adopted", "2024", "2024"))), "MINI", "DE") == []
    assert span([lane], [planned]) == (date(2020, 1, 1), date(2026, 1, 1))


def test_it_is_drawn_from_the_first_sure_day_to_a_little_after_the_last_change() -> None:
    found = drawn(BEFORE, AFTER)
    assert span(found) == (date(2020, 1, 1), date(2026, 1, 1))
    assert span(drawn(sells("direct", confidence="L"))) is None
    looked = verified(found, markets_of(BEFORE, AFTER))
    assert looked == [date(2026, 11, 22)] * 2
    assert span(found, looked=looked) == (date(2020, 1, 1), date(2027, 1, 1))
    cut = found[0].within(date(2024, 1, 1), date(2025, 1, 1))
    assert [(str(one.begins), str(one.ends)) for one in cut.segments] == [
        ("2024-01-01", "2024-10-01"),
        ("2024-10-01", "2025-01-01"),
    ]


def test_markets_without_a_row_are_known() -> None:
    told_in, untold = spoken_of(SHIPPED, "MINI")
    assert {"IT", "PL", "SE", "DE", "BE", "AT", "GB", "US-TX", "US-DC"} <= set(told_in)
    assert "FR" in untold
    assert not set(told_in) & set(untold)


def test_the_staged_roll_out_of_mini() -> None:
    switched = {
        code: next(str(one.begins) for one in lane.segments if one.model == "agency_non_genuine")
        for code in ("IT", "PL", "SE", "DE", "BE", "AT", "GB")
        for lane in lanes(SHIPPED, "MINI", code, powertrains=nobody_told)
    }
    assert switched == {
        **dict.fromkeys(("IT", "PL", "SE"), "2024-01-01"),
        **dict.fromkeys(("DE", "BE", "AT"), "2024-10-01"),
        "GB": "2025-03-01",
    }


def test_every_segment_is_what_the_resolver_says_on_its_first_and_last_day() -> None:
    for market in ("DE", "FR", "US-CO", "US-WA", "US-TX"):
        for brand in ("BMW", "VW", "TESLA", "RIVIAN"):
            for lane in lanes(SHIPPED, brand, market, powertrains=nobody_told):
                asked = Question(
                    brand=brand,
                    market=market,
                    on=date.min,
                    line=next(iter(lane.lines), ""),
                    customer_type=next(iter(lane.customers), "private"),
                    powertrain=next(iter(lane.powertrains), None),
                )
                for one in lane.segments:
                    for day in (one.begins, one.ends - timedelta(days=1)):
                        answer = SHIPPED.resolve(asked._replace(on=day))
                        assert (answer.distribution_model, answer.grounds) == (one.model, one.grounds)
