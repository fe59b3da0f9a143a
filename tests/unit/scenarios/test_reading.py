"""A scenario's file that is wrong is refused, with every fault and its line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.scenarios.reading import names, read, scenario
from app.scenarios.steps import Asked, At
from infra.errors import InputError

GOOD = """\
title = "A day"
source = "none"

[[step]]
says = "It begins."
name = "morning"
at = 2026-03-02

[[step]]
says = "Somebody asks."
name = "the question"
ask = "CancelOrder"
expect = []
with = { order = "an order", reason = "price" }

[broken]
says = "it begins a year later"
change = "morning"
to = { at = 2027-03-02 }
fails_at = "the question"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "story.toml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as raised:
        read(written(folder, text))
    return [line.partition("story.toml:")[2] for line in str(raised.value).splitlines()]


def test_steps_have_their_lines(tmp_path: Path) -> None:
    found = read(written(tmp_path, GOOD))
    assert [placed.line for placed in found.steps] == [4, 9]
    first, second = (placed.step for placed in found.steps)
    assert isinstance(first, At)
    assert first.at == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert isinstance(second, Asked)
    assert not found.is_broken


@pytest.mark.parametrize("value", ["[" * 5000 + "]" * 5000, "9" * 5000])
def test_what_the_parser_trips_over_is_told_with_the_file(tmp_path: Path, value: str) -> None:
    with pytest.raises(InputError, match=r"story\.toml cannot be read: it"):
        read(written(tmp_path, f"x = {value}\n{GOOD}"))


def test_broken_it_has_the_change(tmp_path: Path) -> None:
    found = read(written(tmp_path, GOOD), broken=True)
    assert isinstance(found.steps[0].step, At)
    assert found.steps[0].step.at.year == 2027
    assert found.is_broken


def test_a_change_within_a_table_leaves_the_rest(tmp_path: Path) -> None:
    text = GOOD.replace('change = "morning"', 'change = "the question"')
    text = text.replace("to = { at = 2027-03-02 }", 'to = { with = { reason = "delay" } }')
    second = read(written(tmp_path, text), broken=True).steps[1].step
    assert isinstance(second, Asked)
    assert second.fields == {"order": "an order", "reason": "delay"}


def test_every_scenario_can_be_read() -> None:
    assert [scenario(name).name for name in names()] == names()
    assert [scenario(name, broken=True).name for name in names()] == names()


def test_all_faults_are_told_in_order(tmp_path: Path) -> None:
    text = GOOD.replace('says = "It begins."', 'sais = "It begins."')
    text = text.replace("expect = []", "expect = 3").replace('fails_at = "the question"', 'fails_at = "dusk"')
    found = faults(tmp_path, text)
    assert [line.partition(":")[0] for line in found] == ["4", "9", "16", "16"]
    assert "`says`" in found[0] or "`sais`" in found[0]
    assert "field expect" in found[1]
    assert "`fails_at` names the step 'dusk'" in found[2]


@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        ("at = 2026-03-02\n", "", 4, "just one of the keys"),
        ("at = 2026-03-02\n", 'at = 2026-03-02\nmark = "here"\n', 4, "just one of the keys"),
        ('name = "the question"\n', 'name = "morning"\n', 9, "there is a step 'morning' already"),
        ('source = "none"\n', "", 1, "it needs a source"),
        ('source = "none"\n', 'source = "none"\nmood = "gay"\n', 1, "there is no key mood"),
        ('change = "morning"', 'change = "noon"', 16, "`change` names the step 'noon'"),
        ("to = { at = 2027-03-02 }", "to = { at = 3 }", 16, "with the change"),
        ("at = 2026-03-02\n", "at = 2026-03-02T09:00:00\n", 4, "field at"),
    ],
)
def test_a_fault_is_told_with_its_line(
    before: str, after: str, line: int, words: str, tmp_path: Path
) -> None:
    found = faults(tmp_path, GOOD.replace(before, after, 1))
    assert any(told.startswith(f"{line}: ") and words in told for told in found), found


def test_the_clock_cannot_go_back(tmp_path: Path) -> None:
    later = '[[step]]\nsays = "Before."\nat = 2026-03-01\n\n[broken]'
    found = faults(tmp_path, GOOD.replace("[broken]", later))
    assert found == ["16: the clock cannot go back: this is before an earlier step"]


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"story.toml cannot be read: .*line 1"):
        read(written(tmp_path, "title = \n"))


def test_without_a_change_it_is_no_scenario(tmp_path: Path) -> None:
    text = GOOD.partition("[broken]")[0]
    assert faults(tmp_path, text) == [
        "1: it needs a table [broken], the change that it must fail with: expected `object`, got `null`"
    ]
