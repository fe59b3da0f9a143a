"""The file of a switch: what it changes, and what is wrong with it, by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.rehearsing import rehearse
from infra.errors import InputError
from infra.markets.reading import MarketFaults
from tests.examples import MARKETS
from tests.unit.rehearsals.switches import SWITCH, fragment

STEP = '  { step = "reversed", on = "2018-10", effective = "2019-01-01" },\n'
LINE_OF_STEP = SWITCH.splitlines().index(STEP.rstrip()) + 1
LINE_OF_ID = SWITCH.splitlines().index('id = "FR-BMW-i-agency"') + 1


def test_positions_count_from_1(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--from is no position") as wrong:
        rehearse(switch=tmp_path / "i3-reversal.toml", since=0)
    assert wrong.value.hint == "Positions count from 1."


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(MarketFaults) as wrong:
        fragment(folder, text)
    return [line.removeprefix(str(folder)) for line in wrong.value.told]


def test_its_rows_come_in_place_of_those_with_their_ids_and_the_others_stay(tmp_path: Path) -> None:
    read = fragment(tmp_path)
    before, after = MARKETS.rows["FR"], read.markets.rows["FR"]
    assert [plan.id for plan in after.distributions] == [plan.id for plan in before.distributions]
    assert (after.terms, after.place) == (before.terms, before.place)
    assert after.distributions != before.distributions
    assert MARKETS.rows["FR"] == before


def test_a_plan_that_is_only_announced_switches_nothing(tmp_path: Path) -> None:
    announced = SWITCH.replace(STEP, "").replace('"adopted", on = "2013"', '"announced", on = "2013"')
    (told,) = faults(tmp_path, announced)
    assert told == (
        f"/i3-reversal.toml:{LINE_OF_STEP - 1}: FR-BMW-i-agency: being announced switches nothing: "
        "end it with the step that adopts or reverses it"
    )


def test_a_file_without_a_plan_switches_nothing(tmp_path: Path) -> None:
    assert faults(tmp_path, "") == [
        "/i3-reversal.toml:1: it switches nothing: it needs a [[distribution]] with steps"
    ]


def test_two_days_are_two_rehearsals(tmp_path: Path) -> None:
    another = """
[[distribution]]
id = "FR-MINI-agency"
brands = ["MINI"]
model = "agency_non_genuine"
confidence = "M"
source = "letter to the network"
steps = [
  { step = "adopted", on = "2025-01", effective = "2025-04-01" },
]
"""
    (told,) = faults(tmp_path, SWITCH + another)
    assert "FR-MINI-agency: it switches on 2025-04-01, but FR-BMW-i-agency on 2019-01-01" in told


def test_a_row_of_no_market_is_named(tmp_path: Path) -> None:
    (told, *_) = faults(tmp_path, SWITCH.replace("FR-BMW", "XX-BMW"))
    assert told.startswith(
        f"/i3-reversal.toml:{LINE_OF_ID}: XX-BMW-i-agency: it begins with the code of no market"
    )


def test_every_fault_of_the_file_is_told_with_its_line(tmp_path: Path) -> None:
    wrong = SWITCH.replace("2019-01-01", "2019-13-01").replace('brands = ["BMW"]', "brands = 7")
    told = faults(tmp_path, wrong)
    assert any(f"toml:{LINE_OF_STEP}:" in line for line in told)
    assert any(f"toml:{LINE_OF_ID + 1}:" in line and "`brands`" in line for line in told)


def test_a_tie_with_a_row_of_the_book_is_told(tmp_path: Path) -> None:
    tied = SWITCH.replace('ages = ["new", "nearly_new"]\n', 'customers = ["private"]\n').replace(
        "FR-BMW-i-agency", "FR-BMW-i-private"
    )
    (told,) = faults(tmp_path, tied.replace('model = "agency_non_genuine"', 'model = "direct"'))
    assert "ties with" in told
