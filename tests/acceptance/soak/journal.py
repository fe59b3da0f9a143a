"""What each process did, line by line: a file outlives a process that is killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct


class Asks(Struct, frozen=True, tag="asks"):
    """A command is about to be asked. `source` and `next` are its tracking, if it has one."""

    command_id: UUID
    attempt: int
    command: str
    body: msgspec.Raw
    source: str = ""
    next: int = 0


class Acknowledged(Struct, frozen=True, tag="acknowledged"):
    """It was told that the command is durable, at which position, with which events."""

    command_id: UUID
    attempt: int
    position: int
    events: tuple[str, ...]
    repeated: bool


class Refused(Struct, frozen=True, tag="refused"):
    """A rule refused it: that is recorded. Or, without a rule, something else: then nothing is."""

    command_id: UUID
    attempt: int
    code: str
    recorded: bool


class Failed(Struct, frozen=True, tag="failed"):
    """It came to nothing, surely: somebody was faster, or PostgreSQL was away."""

    command_id: UUID
    attempt: int
    why: str


class Unknown(Struct, frozen=True, tag="unknown"):
    """It could not be learnt whether it was written."""

    command_id: UUID
    attempt: int


Ended = Acknowledged | Refused | Failed | Unknown
Entry = Asks | Ended


class Seen(Struct, frozen=True):
    """A reader of the log had seen all up to `after`, polled, and got this: `sha256` is of what it got."""

    after: int
    last: int
    sha256: str


class Received(Struct, frozen=True):
    """A subscriber got an event from a topic."""

    topic: str
    partition: int
    offset: int
    position: int


class Journal:
    """A file to which lines are added, each in one write: a line is there whole, or the last one is not whole."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            os.write(self._file, b"\n")  # what a kill cut short

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return os.fstat(self._file).st_size

    def write(self, *entries: Struct) -> None:
        os.write(self._file, b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))


def seen(path: Path) -> list[Seen]:
    """What a reader of the log wrote down."""
    return list(_entries(path, Seen))


def received(path: Path) -> list[Received]:
    """What a subscriber wrote down."""
    return list(_entries(path, Received))


def asked(path: Path, *, latest_bytes: int | None = None) -> list[Entry]:
    """What a thread asked and what came of it; with `latest_bytes` only the end of it."""
    return list(_entries(path, Entry, latest_bytes))


def _entries(path: Path, kind: Any, latest_bytes: int | None = None) -> Iterator[Any]:
    """The whole lines of a journal, in order."""
    decoder = msgspec.json.Decoder(kind)
    if not path.exists():
        return
    with path.open("rb") as file:
        if latest_bytes:
            file.seek(max(0, path.stat().st_size - latest_bytes))
        lines = file.read().split(b"\n")
    for line in lines:
        # A kill cut short the line that was being written, and a look at the end begins in the middle of one.
        with suppress(msgspec.DecodeError):
            yield decoder.decode(line)
