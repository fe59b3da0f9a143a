"""Logs are lines of JSON on standard error; standard output belongs to data."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from infra.logging import configure


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_log_line_is_json_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    structlog.get_logger().info("published", events=3)
    structlog.get_logger().debug("not shown")
    told = capsys.readouterr()
    assert told.out == ""
    line = json.loads(told.err)
    assert (line["event"], line["events"], line["level"]) == ("published", 3, "info")


class Written(io.StringIO):
    """A standard error that is not buffered: what is written is out, and another process may follow."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return super().write(text)


def test_a_line_is_one_write_so_that_processes_with_one_standard_error_do_not_mix_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standard_error = Written()
    monkeypatch.setattr(sys, "stderr", standard_error)
    configure("info")
    structlog.get_logger().info("published", events=3)
    logging.getLogger("kafka").warning("lost %s", "node 1")
    assert [json.loads(line)["event"] for line in standard_error.writes] == ["published", "lost node 1"]
    assert all(line.endswith("\n") for line in standard_error.writes)


def test_libraries_are_heard_from_warning_on(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    logging.getLogger("kafka").info("connecting")
    logging.getLogger("kafka").warning("lost %s", "node 1")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"]) == ("lost node 1", "warning")


def test_a_person_reads_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning", console=True)
    structlog.get_logger().info("not shown")
    structlog.get_logger().warning("slow")
    assert "slow" in capsys.readouterr().err
