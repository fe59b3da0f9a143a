"""The answers that people expect, against the answers that the shipped rows give.

`expected_answers.csv` was written by hand from the same sources as the rows, and independently of them: where the
two differ, one of them is wrong. It is ordered by market and day. Its columns:

- `market, on, brand, line, powertrain, age, channel, customer_type, seller`: the question; an empty cell is what
  nobody told (a new car, a showroom, whatever powertrain; may anybody sell?).
- `allowed, distribution_model, ground, precautionary`: the answer; `ground` is the first one, empty where allowed.
- `source`: on what the expectation rests.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Final, get_args

import msgspec
import pytest

from domain.markets.answers import Ground
from domain.markets.claims import Age, SalesChannel
from domain.markets.plans import DistributionModel
from domain.markets.questions import Question
from domain.markets.regions import PARTS
from domain.words import CustomerType, Party, Powertrain
from infra.markets import DATA, load_markets

MARKETS: Final = load_markets()
TABLE: Final = Path(__file__).parent / "expected_answers.csv"

# Every switch of the roll-out, and of the law where a date stands: whose, where, and the first and last day on
# which it may have come.
SWITCHES: Final = (
    ("BMW", "i3", "DE", date(2013, 1, 1), date(2013, 12, 31)),
    ("BMW", "i8", "DE", date(2013, 1, 1), date(2013, 12, 31)),
    ("BMW", "i3", "FR", date(2013, 1, 1), date(2013, 12, 31)),
    ("BMW", "i8", "FR", date(2013, 1, 1), date(2013, 12, 31)),
    ("BMW", "i3", "FR", date(2019, 1, 1), date(2019, 12, 31)),
    ("BMW", "i8", "FR", date(2019, 1, 1), date(2019, 12, 31)),
    ("BMW", "", "ZA", date(2020, 1, 1), date(2020, 12, 31)),
    ("MINI", "", "IT", date(2024, 1, 1), date(2024, 1, 1)),
    ("MINI", "", "PL", date(2024, 1, 1), date(2024, 1, 1)),
    ("MINI", "", "SE", date(2024, 1, 1), date(2024, 1, 1)),
    ("MINI", "", "DE", date(2024, 10, 1), date(2024, 10, 1)),
    ("MINI", "", "BE", date(2024, 10, 1), date(2024, 10, 1)),
    ("MINI", "", "AT", date(2024, 10, 1), date(2024, 10, 1)),
    ("MINI", "", "GB", date(2025, 3, 1), date(2025, 3, 1)),
    ("ROLLS-ROYCE", "", "DE", date(2024, 1, 1), date(2024, 12, 31)),
    ("ROLLS-ROYCE", "", "GB", date(2024, 1, 1), date(2024, 12, 31)),
    ("MERCEDES-BENZ", "", "AT", date(2021, 1, 1), date(2021, 12, 31)),
    ("MERCEDES-BENZ", "", "AU", date(2022, 1, 1), date(2022, 1, 1)),
    ("MERCEDES-BENZ", "", "GB", date(2023, 1, 1), date(2023, 1, 1)),
    ("MERCEDES-BENZ", "", "DE", date(2023, 6, 1), date(2023, 6, 1)),
    ("VW", "id3", "DE", date(2020, 1, 1), date(2020, 12, 31)),
    ("VW", "id3", "AT", date(2020, 1, 1), date(2020, 12, 31)),
    ("VW", "id4", "DE", date(2026, 1, 1), date(2026, 1, 31)),
    ("SKODA", "", "GB", date(2025, 2, 20), date(2025, 2, 20)),
    ("VOLVO", "", "GB", date(2023, 6, 1), date(2023, 6, 30)),
    ("FORD", "", "NL", date(2023, 3, 1), date(2023, 3, 31)),
    ("STELLANTIS", "", "AT", date(2023, 1, 1), date(2023, 12, 31)),
    ("STELLANTIS", "", "BE", date(2023, 1, 1), date(2023, 12, 31)),
    ("STELLANTIS", "", "LU", date(2023, 1, 1), date(2023, 12, 31)),
    ("STELLANTIS", "", "NL", date(2023, 1, 1), date(2023, 12, 31)),
    ("HONDA", "", "AU", date(2021, 7, 1), date(2021, 7, 1)),
    ("NIO", "", "CN", date(2023, 11, 1), date(2023, 11, 30)),
    ("TESLA", "", "US-MA", date(2014, 1, 1), date(2014, 12, 31)),
    ("TESLA", "", "US-DE", date(2023, 5, 15), date(2023, 5, 15)),
    ("TESLA", "", "US-IL", date(2024, 8, 23), date(2024, 8, 23)),
    ("RIVIAN", "", "US-WA", date(2026, 10, 1), date(2027, 3, 31)),
)
FIRST_TOLD: Final = 2013  # of the years before, no source tells


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table."""

    number: int
    market: str
    on: date
    brand: str
    line: str
    powertrain: Powertrain | None
    age: Age
    channel: SalesChannel
    customer_type: CustomerType
    seller: Party | None
    allowed: bool
    distribution_model: DistributionModel
    ground: Ground | None
    precautionary: bool
    source: str

    @property
    def question(self) -> Question:
        return Question(
            brand=self.brand,
            market=self.market,
            on=self.on,
            line=self.line,
            powertrain=self.powertrain,
            customer_type=self.customer_type,
            age=self.age,
            channel=self.channel,
            seller=self.seller,
        )

    def __str__(self) -> str:
        told = (self.market, str(self.on), self.brand, self.line, self.powertrain, self.age, self.channel)
        return f"{self.number}-" + "-".join(filter(None, (*told, self.customer_type, self.seller)))


def read_table() -> list[Expected]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        lines = [{name: cell or None for name, cell in line.items()} for line in csv.DictReader(file)]
    return [
        msgspec.convert(
            {
                **line,
                "number": number,
                "line": line["line"] or "",
                "age": line["age"] or "new",
                "channel": line["channel"] or "showroom",
            },
            Expected,
            strict=False,
        )
        for number, line in enumerate(lines, start=2)  # as an editor counts
    ]


EXPECTED: Final = read_table()


@pytest.mark.parametrize("expected", EXPECTED, ids=str)
def test_the_rows_answer_as_expected(expected: Expected) -> None:
    answer = MARKETS.resolve(expected.question)
    assert (answer.allowed, answer.distribution_model, answer.ground, answer.precautionary) == (
        expected.allowed,
        expected.distribution_model,
        expected.ground,
        expected.precautionary,
    ), f"{answer} against {expected.source}"


def test_nothing_is_asked_twice_and_every_line_says_its_source() -> None:
    asked = [expected.question for expected in EXPECTED]
    assert len(set(asked)) == len(asked) >= 180
    assert all(expected.source for expected in EXPECTED)
    assert sorted(EXPECTED, key=lambda one: (one.market, one.on)) == EXPECTED


def test_an_allowed_answer_has_no_ground_and_a_refusal_has_one() -> None:
    for expected in EXPECTED:
        assert expected.allowed == (expected.ground is None), expected
        assert not (expected.allowed and expected.precautionary), expected


def test_every_market_file_is_asked_about() -> None:
    asked = {expected.market for expected in EXPECTED}
    shipped = {path.stem for path in (DATA / "markets").glob("*.toml")}
    assert shipped - asked == {"EU", "US"}  # a region, and a country whose states decide


def test_every_state_is_asked_about_a_maker_with_dealers_and_one_without() -> None:
    makers = defaultdict(set)
    for expected in EXPECTED:
        makers[expected.market].add(expected.brand)
    assert [state for state in sorted(PARTS["US"]) if not makers[f"US-{state}"] >= {"BMW", "TESLA"}] == []


@pytest.mark.parametrize(("brand", "line", "market", "first", "last"), SWITCHES)
def test_every_switch_is_asked_about_before_within_and_after(
    brand: str, line: str, market: str, first: date, last: date
) -> None:
    days = {
        expected.on: expected
        for expected in EXPECTED
        if (expected.brand, expected.line, expected.market, expected.customer_type, expected.age)
        == (brand, line, market, "private", "new")
        and expected.seller is None
    }
    half_a_year = timedelta(days=190)
    after = last if first == last else last + timedelta(days=1)
    assert first.year <= FIRST_TOLD or any(first - half_a_year <= day < first for day in days)
    assert after in days
    for day, expected in days.items():
        if first <= day < after:
            assert expected.ground == "undetermined", expected
    assert first == after or any(first <= day < after for day in days)
    assert first != after or first - timedelta(days=1) in days


def test_every_way_of_answering_stands_in_the_table() -> None:
    assert {expected.ground for expected in EXPECTED} == {None, "law", "maker_policy", "undetermined"}
    assert {expected.precautionary for expected in EXPECTED} == {False, True}
    assert {expected.customer_type for expected in EXPECTED} == set(get_args(CustomerType))
    assert {expected.seller for expected in EXPECTED} == {None, *get_args(Party)}
    assert {expected.age for expected in EXPECTED} == set(get_args(Age))
