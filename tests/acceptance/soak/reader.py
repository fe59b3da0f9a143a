"""A reader of the log: `python -m tests.acceptance.soak.reader JOURNAL`. It polls `position > n` until SIGTERM, and
writes down what it got; one that is started again goes on where the one before it stopped."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

from app.stopping import stop_signals
from app.wiring import opened
from domain.kernel import Recorded
from infra.errors import IntegrityFault
from tests.acceptance.soak.ending import ending
from tests.acceptance.soak.journal import Journal, Seen, seen

READ = 500
POLL_S = 0.02


def fingerprint(events: Iterable[Recorded]) -> str:
    """SHA-256 of what must never change once it was read."""
    found = hashlib.sha256()
    for one in events:
        told = f"{one.position} {one.event_id} {one.stream_id} {one.version} {one.name} {one.command_id} "
        found.update(told.encode() + one.body + b"\n")
    return found.hexdigest()


def main(path: Path) -> None:
    before = seen(path)
    position = before[-1].last if before else 0
    journal = Journal(path)
    with stop_signals() as stop, opened() as book:
        while not stop.is_set():
            batch = book.log.read(position, READ)
            found = [one.position for one in batch]
            if found != list(range(position + 1, position + 1 + len(found))):
                raise IntegrityFault(
                    f"After position {position} the log gave {found}: something was skipped."
                )
            if batch:
                journal.write(Seen(position, found[-1], fingerprint(batch)))
                position = found[-1]
            else:
                stop.wait(POLL_S)


if __name__ == "__main__":
    ending(lambda: main(Path(sys.argv[1])))
