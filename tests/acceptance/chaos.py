"""A season under `kill -9`: a desk that asks again, and who kills the processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from threading import Event, Timer
from time import monotonic
from uuid import UUID, uuid4

from msgspec.structs import replace

from app.demo.tale import WEEKS
from app.wiring import Book
from infra.ask import Answer, Ask
from infra.embedded.processes import wait_until
from infra.embedded.servers import Embedded
from infra.errors import PostgresFault
from infra.handle import Desk
from infra.markets import load_markets
from tests.acceptance.installation import SECONDS

ASK_AGAIN_WITHIN_S = 60.0
ASK_AGAIN_AFTER_S = 0.1
KILL_WITHIN_S = 0.5


class PatientDesk(Desk):
    """Asks again, under the same command id, when PostgreSQL went away. `acknowledged` are the commands that
    callers were told are durable."""

    def __init__(self, book: Book) -> None:
        super().__init__(book.log, book.vault, load_markets(), book.clock, digest_key=book.vault.digest_key())
        self.acknowledged: list[tuple[UUID, Answer]] = []

    def handle(self, ask: Ask) -> Answer:
        command_id = ask.command_id or uuid4()
        give_up = monotonic() + ASK_AGAIN_WITHIN_S
        while True:
            try:
                answer = super().handle(replace(ask, command_id=command_id))
            except PostgresFault:
                if monotonic() > give_up:
                    raise
                Event().wait(ASK_AGAIN_AFTER_S)
            else:
                self.acknowledged.append((command_id, answer))
                return answer


@dataclass
class Chaos:
    """Kills each of some victims so many times, at moments that the seed chooses: in which weeks, and when after
    the week's beginning."""

    seed: int
    victims: Mapping[str, tuple[int, Callable[[], None]]]
    _timers: list[Timer] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        rng = Random(self.seed)
        self._plan = {
            (week, name): rng.uniform(0, KILL_WITHIN_S)
            for name, (times, _) in self.victims.items()
            for week in rng.sample(range(1, WEEKS), times)
        }

    def week(self, begins: int) -> None:
        """Told at the beginning of each week but the first."""
        for (week, name), after_s in self._plan.items():
            if week == begins:
                timer = Timer(after_s, self.victims[name][1])
                timer.start()
                self._timers.append(timer)

    def end(self) -> None:
        """Every kill has happened."""
        for timer in self._timers:
            timer.join()


def kill_postgres(servers: Embedded) -> None:
    """Kill it at once, or as soon as it runs again."""

    def pid() -> int | None:
        return next(status.pid for status in servers.status() if status.name == "postgres")

    assert wait_until(lambda: pid() is not None, seconds=SECONDS)
    os.kill(pid() or 0, signal.SIGKILL)
