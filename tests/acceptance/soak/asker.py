"""A command process: `python -m tests.acceptance.soak.asker SEED NAME FOLDER`. Its threads ask until SIGTERM.

The environment names the order book. Everything that is asked, and what it came to, is in the journals
`FOLDER/asker-*.asked`: before it is asked and after it was answered, so a kill leaves at most what is not known.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Event
from uuid import UUID, uuid5

from msgspec import Raw

import domain.everything  # noqa: F401 -- the commands that are repeated
from app.demo.tale import new_id
from app.stopping import stop_signals
from app.wiring import Book, opened
from domain.kernel import Command, Refused
from infra.ask import Ask
from infra.codec import canonical, decode_command
from infra.errors import Contended, PostgresFault
from infra.item import OutcomeUnknown, Tracking
from tests import examples as e
from tests.acceptance.soak import journal, script
from tests.acceptance.soak.ending import ending
from tests.acceptance.soak.journal import Asks, Journal, asked
from tests.acceptance.soak.script import World

THREADS = 6
SALES = 6
SOURCES = 3
PAUSE_S = 0.08
BURSTS = 0.3
AWAY_S = 0.2
REMEMBERED_BYTES = 20_000


class Asker:
    """One thread: a few sales of its own, and whatever others do as well."""

    def __init__(self, book: Book, world: World, name: str, journals: Path) -> None:
        self._book = book
        self._world = world
        self._name = name
        self._journals = journals
        self._journal = Journal(journals / f"{name}.asked")
        # A process that was started again must mint other ids than the one before it.
        self._rng = Random(f"{world.seed} {name} {self._journal.size}")
        self._sales: list[Iterator[Command]] = []

    def run(self, stop: Event) -> None:
        burst = False
        while not stop.is_set():
            if self._rng.random() < 0.02:
                burst = self._rng.random() < BURSTS
            self._once(stop)
            stop.wait(0 if burst else self._rng.expovariate(1 / PAUSE_S))

    def _once(self, stop: Event) -> None:
        match self._rng.randrange(10):
            case 0:
                self._again(stop)
            case 1:
                self._track(stop)
            case 2:
                self._ask(script.enter_stock(self._world, self._rng), new_id(self._rng), stop)
            case 3 | 4:
                command = script.on_a_shared_order(self._world, self._book.clock.now(), self._rng)
                self._ask(command, new_id(self._rng), stop)
            case _:
                self._sell(stop)

    def _sell(self, stop: Event) -> None:
        if len(self._sales) < SALES:
            self._sales.append(script.sale(self._world, self._book.clock.now(), self._rng))
        chosen = self._rng.choice(self._sales)
        command = next(chosen, None)
        if command is None:
            self._sales.remove(chosen)
        else:
            self._ask(command, new_id(self._rng), stop)

    def _again(self, stop: Event) -> None:
        """Repeat what anybody asked lately, under its own id: it may just be under way."""
        path = self._rng.choice(sorted(self._journals.glob("asker-*.asked")))
        found = [one for one in asked(path, latest_bytes=REMEMBERED_BYTES) if isinstance(one, Asks)]
        if found:
            told = self._rng.choice(found)
            tracking = Tracking(told.source, told.next) if told.source else None
            command = decode_command(told.command, bytes(told.body))
            self._ask(command, told.command_id, stop, tracking)

    def _track(self, stop: Event) -> None:
        """Take the next message of a source that other processes take too."""
        source = f"soak/{self._rng.randrange(SOURCES)}"
        try:
            offset = self._book.log.taken(source) or 0
        except PostgresFault:
            return
        command_id = uuid5(e.ident(self._world.seed), f"{source}:{offset}")
        told = Random(f"{self._world.seed} {source} {offset}")
        order_id = self._world.shared(told.randrange(script.SHARED))
        self._ask(script.payment(order_id, told), command_id, stop, Tracking(source, offset + 1))

    def _ask(self, command: Command, command_id: UUID, stop: Event, tracking: Tracking | None = None) -> None:
        """Ask, and again under the same id if PostgreSQL was away; now and then leave it at that."""
        ask = Ask(command=command, command_id=command_id, actor=self._name, tracking=tracking)
        while True:
            attempt = time.time_ns()
            self._journal.write(
                Asks(
                    command_id,
                    attempt,
                    type(command).__name__,
                    Raw(canonical(command)),
                    *((tracking.source, tracking.next) if tracking else ()),
                )
            )
            ended = self._answer(ask, command_id, attempt)
            self._journal.write(ended)
            away = isinstance(ended, journal.Unknown) or (
                isinstance(ended, journal.Failed) and ended.why == "PostgresFault"
            )
            if not away or stop.wait(AWAY_S) or self._rng.random() < 0.1:
                return

    def _answer(self, ask: Ask, command_id: UUID, attempt: int) -> journal.Ended:
        try:
            answer = self._book.desk.handle(ask)
        except Refused as refused:
            return journal.Refused(command_id, attempt, refused.code, recorded=refused.rule is not None)
        except OutcomeUnknown:
            return journal.Unknown(command_id, attempt)
        except (PostgresFault, Contended) as fault:
            return journal.Failed(command_id, attempt, type(fault).__name__)
        names = tuple(type(event).__name__ for event in answer.events)
        return journal.Acknowledged(command_id, attempt, answer.position, names, answer.repeated)


def main(seed: int, name: str, folder: Path) -> None:
    world = World(seed)
    with stop_signals() as stop, opened() as book, ThreadPoolExecutor(THREADS) as threads:
        askers = [Asker(book, world, f"{name}-{thread}", folder) for thread in range(THREADS)]
        running = [threads.submit(asker.run, stop) for asker in askers]
        while not stop.wait(0.2):
            if any(one.done() for one in running):
                stop.set()
        for one in running:
            one.result()


if __name__ == "__main__":
    ending(lambda: main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
