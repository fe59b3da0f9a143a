"""The domain knows the standard library and itself, and nothing else: no clock, no file, no database."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "domain").rglob("*.py"))

# What would let a clock, a file or the network into a decision.
IMPURE = {
    "os",
    "pathlib",
    "socket",
    "subprocess",
    "time",
    "random",
    "secrets",
    "threading",
    "asyncio",
    "sqlite3",
}

CLOCKS = ("datetime.now(", "datetime.utcnow(", "date.today(", "monotonic(")


def imported(file: Path) -> Iterator[str]:
    """The top-level names of what a file imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("file", CHAPTERS, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_chapter_imports_the_standard_library_and_the_domain_alone(file: Path) -> None:
    others = set(imported(file)) - {"domain"} - (sys.stdlib_module_names - IMPURE)
    assert not others


@pytest.mark.parametrize("file", CHAPTERS, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_chapter_asks_for_the_time(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert [clock for clock in CLOCKS if clock in text] == []
