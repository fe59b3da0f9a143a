"""A shell that types what a page says, and tells what came back."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ANSWERS_WITHIN_S = 60.0
SETTLES_WITHIN_S = 30.0
LOOK_EVERY_S = 0.3
DONE = "@@ done @@"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# What only looks, and may look again until a process in the background has done its work.
LOOKS = re.compile(r'carnet (show|status|replay|parked (list|show)|person show)\b|eval "\$PSQL')


@dataclass(frozen=True)
class Step:
    """One command of a page, and what the page says comes back."""

    line: int
    command: str
    expected: str

    def matches(self, answer: str) -> bool:
        parts = [re.escape(_squeezed(part)) for part in self.expected.split("...")]
        return re.fullmatch(r"\s*" + ".*".join(parts) + r"\s*", _squeezed(answer), re.DOTALL) is not None


def steps(page: str) -> Iterator[Step]:
    """Every command in the console blocks of a page, from top to bottom."""
    for block in BLOCK.finditer(page):
        line = page.count("\n", 0, block.start(1)) + 1
        commands = re.split(r"^\$ ", block[1], flags=re.MULTILINE)
        line += commands[0].count("\n")
        for text in commands[1:]:
            lines = text.splitlines()
            more = 1
            while more < len(lines) and lines[more].startswith("> "):
                more += 1
            typed = [lines[0], *(one.removeprefix("> ") for one in lines[1:more])]
            yield Step(line, "\n".join(typed), "\n".join(lines[more:]))
            line += len(lines)


class Shell:
    """A bash in a folder. What it started ends with it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._pause = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Shell:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.killpg(self._bash.pid, signal.SIGKILL)
        self._reader.join()
        with self._bash:
            pass

    def type(self, step: Step) -> tuple[str, int]:
        """What a step answers, and its exit code. One that only looks is repeated until it sees what it should."""
        give_up = time.monotonic() + SETTLES_WITHIN_S
        while True:
            answer, code = self._run(step.command)
            if not LOOKS.match(step.command) or step.matches(answer) or time.monotonic() > give_up:
                return answer, code
            self._pause.wait(LOOK_EVERY_S)

    def _run(self, command: str) -> tuple[str, int]:
        assert self._bash.stdin
        self._bash.stdin.write(f"{command}\ncode=$?; echo; echo '{DONE}' $code; (exit $code)\n")
        self._bash.stdin.flush()
        answer: list[str] = []
        while not (line := self._lines.get(timeout=ANSWERS_WITHIN_S)).startswith(DONE):
            answer.append(line)
        return "".join(answer), int(line.removeprefix(DONE))

    def _read(self) -> None:
        assert self._bash.stdout
        for line in self._bash.stdout:
            self._lines.put(line)


def _squeezed(text: str) -> str:
    """Whitespace of any length is one space: tables are as wide as their cells."""
    return " ".join(text.split())
