"""The page on what the articles say and what shows it: nothing is left out, and all that it names exists."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from app.cli import VERBS, carnet
from app.scenarios.reading import names

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs/reference/seed-coverage.md").read_text()
ROWS: Final = [*(f"A{number}" for number in range(1, 10)), *(f"B{number}" for number in range(1, 7))]
SECTION: Final = re.compile(r"^## ([AB]\d) .*?(?=^## )", re.MULTILINE | re.DOTALL)
SECTIONS: Final = {found[1]: found[0] for found in SECTION.finditer(PAGE)}
COMMANDS: Final = sorted(set(re.findall(r"^- Command: `carnet (.+)`$", PAGE, re.MULTILINE)))


def named(kind: str, text: str) -> list[str]:
    """What the lines of this kind name."""
    return re.findall(rf"^- {kind}: `?([^`\n]+)`?$", text, re.MULTILINE)


def test_every_row_stands_there_in_its_turn() -> None:
    assert list(SECTIONS) == ROWS
    assert len(re.findall(r"^## [AB]\d", PAGE, re.MULTILINE)) == len(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_names_what_shows_it_and_what_is_missing(row: str) -> None:
    section = SECTIONS[row]
    assert named("Scenario", section)
    assert named("Command", section)
    assert named("Test", section)
    assert "\nNot covered: " in section


def test_every_scenario_is_named_and_every_name_is_one() -> None:
    assert set(named("Scenario", PAGE)) - {"none"} == set(names())


def test_every_test_is_there() -> None:
    for told in named("Test", PAGE):
        path, _, test = told.partition("::")
        assert f"\ndef {test}(" in (ROOT / path).read_text(), told
    for path in re.findall(r"`(tests/[^`:]+)`", PAGE):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command)
    assert words[0] in VERBS
    carnet(words)
    assert capsys.readouterr().out
