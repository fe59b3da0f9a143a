"""Consumers in a process of their own:

    python -m tests.integration.consumers.consuming BOOK KEYS KAFKA PREFIX NAMES [CLOCK [DIES_BEFORE [DIES_AFTER]]]

They run until SIGTERM, or, as `kill -9` would end them, until they are about to send the append number
DIES_BEFORE (its commands are decided), or have just had the answer to the append number DIES_AFTER.
"""

import _thread
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import count
from pathlib import Path
from threading import Event
from typing import ClassVar

import domain.everything  # noqa: F401 -- registers every event
from consumers.run import run
from consumers.workshop import Workshop
from infra.append import Appender
from infra.clock import SimulatedClock, SystemClock
from infra.errors import CarnetError
from infra.handle import Desk
from infra.item import Item, Outcome
from infra.log import Log
from infra.markets import load_markets
from infra.vault import Vault
from tests.integration.consumers.conftest import KEK


class Mortal(Appender):
    """Dies around one of its appends."""

    appends: ClassVar[Iterator[int]] = count(1)
    before: ClassVar[int]
    after: ClassVar[int]

    def append(self, group: Sequence[Item], now: datetime) -> list[Outcome | None]:
        number = next(self.appends)
        if number == self.before:
            os.kill(os.getpid(), signal.SIGKILL)
        outcomes = super().append(group, now)
        if number == self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcomes


class MortalLog(Log):
    """Writes through a connection that dies."""

    def _appender(self) -> Mortal:
        return Mortal(self._connect())


def main(
    book: str, keys: str, kafka: str, prefix: str, names: str, clock_file: str, before: str, after: str
) -> int:
    Mortal.before, Mortal.after = int(before or 0), int(after or 0)
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: _thread.start_new_thread(stop.set, ()))
    clock = SimulatedClock(Path(clock_file)) if clock_file else SystemClock()
    try:
        with (
            MortalLog(book, clock) as log,
            closing(Vault(kek=KEK, keys=keys, book=book, clock=clock)) as vault,
        ):
            desk = Desk(log, vault, load_markets(), clock, digest_key=vault.digest_key())
            with Workshop.opened(conninfo=book, desk=desk, log=log, vault=vault, clock=clock) as shop:
                run(names.split(","), shop, stop, bootstrap=kafka, prefix=prefix)
    except CarnetError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*[*sys.argv[1:], "", "", ""][:8]))
