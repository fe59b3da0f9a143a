"""The pages say what the program does: their examples run, their links lead somewhere, their tables are complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cyclopts import App

import domain.everything  # noqa: F401 -- defines every event and command
from app.cli import VERBS
from app.databases import migrate_all
from app.documenting import check
from app.publishing import apply_all
from domain.kernel import Command, Event
from infra.clock import SimulatedClock
from infra.embedded.servers import Embedded
from infra.settings import TABLE, read
from tests.acceptance.shell import Shell, steps

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
TUTORIAL = DOCS / "tutorial/first-order.md"
# The tutorial stops the servers, the others start them again.
WITH_EXAMPLES = [page for page in PAGES if page != TUTORIAL and any(steps(page.read_text()))]
A_DAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
PARTS = ("app", "consumers", "infra", "projections")
LINK = re.compile(r"\]\(([^)]+)\)")
SAID = re.compile(r"\bcarnet ([a-z]+)(?: ([a-z]+))?")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def servers() -> Iterator[Embedded]:
    with TemporaryDirectory(prefix="carnet-docs-") as folder:
        embedded = Embedded(Path(folder) / ".carnet", cache=read().cache)
        yield embedded
        embedded.stop()


def environment(servers: Embedded, **settings: str) -> dict[str, str]:
    """That of a reader: no setting but these, and a clock that stands still, for the calendars end one day."""
    clock = servers.data.parent / "clock"
    SimulatedClock(clock).set(A_DAY)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARNET_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = {"CARNET_DATA": str(servers.data), "CARNET_CLOCK": f"file:{clock}", **settings}
    return {**kept, "PATH": path, "CARNET_CACHE": str(read().cache), **given}


def follow(page: Path, servers: Embedded, environment: dict[str, str], folder: Path) -> None:
    """Type what the page says; a command that fails must be one whose exit code the page asks for next."""
    found = list(steps(page.read_text()))
    with Shell(folder, environment) as shell:
        for step, following in zip(found, [*found[1:], None], strict=True):
            answer, code = shell.type(step)
            where = f"{name_of(page)}:{step.line}: {step.command}"
            assert step.matches(answer), f"{where}\nshould say:\n{step.expected}\nbut says:\n{answer}"
            told = "Refused" in step.expected or (following and following.command == "echo $?")
            assert code == 0 or told, f"{where}\nends with exit code {code}:\n{answer}"


def test_the_tutorial_runs(servers: Embedded, tmp_path: Path) -> None:
    servers.start(supervised=True)
    follow(TUTORIAL, servers, environment(servers), tmp_path)


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=name_of)
def test_the_examples_run(page: Path, servers: Embedded, tmp_path: Path) -> None:
    servers.start(supervised=True)
    name = re.sub(r"\W", "_", page.stem)
    own = environment(servers, CARNET_DATABASE=name, CARNET_TOPIC_PREFIX=f"{name}.")
    settings = read(own)
    migrate_all(settings)
    if "carnet consume" in page.read_text():
        apply_all(settings)
    follow(page, servers, own, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{name_of(page)} links to {target}"
        assert not anchor or anchor in anchors(found), f"{name_of(page)} links to {target}"


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings have on GitHub."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_leads_to_every_page() -> None:
    linked = {(DOCS / target).resolve() for target in LINK.findall((DOCS / "README.md").read_text())}
    pages = {page for page in DOCS.rglob("*.md") if page != DOCS / "README.md" and page.parent.name != "adr"}
    assert pages <= linked


def test_the_drawn_tables_are_what_the_code_says() -> None:
    check()


def test_it_is_the_same_whatever_was_imported_first() -> None:
    code = "import domain.partners.staffing; from app.documenting import check; check()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_the_command_line_is_told_whole() -> None:
    page = (REFERENCE / "command-line.md").read_text()
    told = [f"carnet {verb}" for verb in VERBS]
    assert not [name for name in [*told, *Command.named, *(e.variable for e in TABLE)] if name not in page]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_verb_that_a_page_names_exists(page: Path) -> None:
    """In its sentences too, which nothing runs."""
    for verb, next_word in SAID.findall(page.read_text()):
        where = f"{name_of(page)} says carnet {verb} {next_word}".rstrip()
        assert verb in VERBS, where
        module, _, name = VERBS[verb].partition(":")
        group = getattr(import_module(module), name)
        if next_word and isinstance(group, App) and group.default_command is None:
            assert next_word in set(group), where


def test_every_event_is_told() -> None:
    page = (REFERENCE / "events.md").read_text()
    assert not [name for name in Event.named if f"`{name}`" not in page]


def test_every_line_that_the_processes_log_is_told() -> None:
    page = (DOCS / "how-to/your-own-servers.md").read_text()
    code = "".join(file.read_text() for part in PARTS for file in (ROOT / part).rglob("*.py"))
    logged = set(re.findall(r'"((?:project|relay|consume|append)\.\w+)"', code))
    assert logged == set(re.findall(r"`((?:project|relay|consume|append)\.\w+)`", page))


def test_the_readme_names_both_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "\nmake demo" in readme
    assert "\nmake test" in readme
