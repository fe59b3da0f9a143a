"""Every scenario passes, and fails at the step that it names when it is broken there; nothing stays behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from app.scenarios.command import Outcome
from app.scenarios.ground import Ground, ground
from app.scenarios.matching import Found
from app.scenarios.playing import Played, play
from app.scenarios.reading import names, scenario
from app.scenarios.steps import Placed, Scenario
from tests.acceptance.installation import Installation

SECONDS_MAX = 20.0


@pytest.fixture(scope="module")
def here(postgres: str) -> Iterator[Ground]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CARNET_POSTGRES", postgres)
        with ground() as found:
            yield found


@pytest.fixture
def on_server(postgres: str, tmp_path: Path) -> Installation:
    return Installation({"CARNET_POSTGRES": postgres}, tmp_path)


@pytest.fixture
def alone(tmp_path: Path) -> Installation:
    """Nothing runs, and no setting is set."""
    return Installation({}, tmp_path)


def played(one: Scenario, here: Ground) -> tuple[Played, str]:
    """How it went, and what the last step told."""
    told: list[str] = []

    def tell(placed: Placed, found: Found) -> None:
        told.append(f"line {placed.line}: {placed.step.says} {'; '.join(found.differs)}")

    return play(one, here, tell), told[-1]


@pytest.mark.parametrize("name", names())
def test_it_passes(name: str, here: Ground) -> None:
    one, last = played(scenario(name), here)
    assert one.failed is None, last
    assert one.steps == len(one.scenario.steps)
    assert one.seconds < SECONDS_MAX


@pytest.mark.parametrize("name", names())
def test_broken_it_fails_at_the_step_that_it_names(name: str, here: Ground) -> None:
    one, last = played(scenario(name, broken=True), here)
    assert one.as_it_must, last


def test_json_is_one_array(on_server: Installation) -> None:
    said = on_server.carnet("scenario", "run", "nc-reservation", "product-genius", "--json")
    assert said.code == 0, said
    first, second = msgspec.json.decode(said.out, type=list[Outcome])
    assert (first.name, first.passed, first.steps) == ("nc-reservation", True, 19)
    assert (second.name, second.passed) == ("product-genius", True)
    assert set(said.json[0]) == {"name", "passed", "steps", "seconds"}
    assert said.err == ""


def test_a_broken_one_ends_with_1_and_says_where(on_server: Installation) -> None:
    said = on_server.carnet("scenario", "run", "nc-reservation", "--broken")
    assert said.code == 1
    assert "Broken on purpose: the reservation goes on while the tenth day still runs" in said.out
    assert re.search(r"Failed where it must, at step 15, \S*stories/nc-reservation.toml:\d+\n", said.out)
    assert "dealer_may_answer" in said.out


def test_with_json_a_failure_is_told_beside_it(on_server: Installation) -> None:
    said = on_server.carnet("scenario", "run", "nc-reservation", "--broken", "--json")
    assert said.code == 1
    (outcome,) = msgspec.json.decode(said.out, type=list[Outcome])
    assert (outcome.passed, outcome.steps) == (False, 15)
    assert "nc-reservation.toml:" in said.err
    assert "dealer_may_answer" in said.err


def test_it_reads_as_a_story_of_100_columns(on_server: Installation) -> None:
    said = on_server.carnet("scenario", "run", "nc-reservation")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "nc-reservation"
    assert "Wednesday 11 March 2026" in lines
    assert " 3  Anna, who lives in Raleigh, reserves a 3 Series on BMW's own site." in lines
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in said.out


def test_nothing_stays_behind(on_server: Installation, postgres: str) -> None:
    with psycopg.connect(postgres) as server:
        before = server.execute("select datname from pg_database order by 1").fetchall()
    assert on_server.carnet("scenario", "run", "nc-reservation", "--broken", "--json").code == 1
    with psycopg.connect(postgres) as server:
        assert server.execute("select datname from pg_database order by 1").fetchall() == before


def test_without_a_server_one_is_started(alone: Installation) -> None:
    said = alone.carnet("scenario", "run", "nc-reservation", "--json")
    assert said.code == 0, said


def test_the_list_names_all(alone: Installation) -> None:
    said = alone.carnet("scenario", "list", "--json")
    assert [one["name"] for one in said.json] == names()
    assert all(name in alone.carnet("scenario", "list").out for name in names())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "nc-reservatoin"), "The nearest is nc-reservation."),
        (("run",), "Name scenarios, or run them --all."),
        (("run", "nc-reservation", "--all"), "Either names or --all, not both."),
    ],
)
def test_a_wrong_command_line_is_told(arguments: tuple[str, ...], words: str, alone: Installation) -> None:
    said = alone.carnet("scenario", *arguments)
    assert said.code == 2
    assert said.out == ""
    assert words in said.err
