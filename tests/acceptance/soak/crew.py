"""Everybody who uses the order book during a soak, each a process that is started again whenever it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from app.demo.ground import Ground
from tests.acceptance.supervised import WAYS_TO_END, Supervised

ASKERS = 2
READERS = 2
FOLLOWERS = ("project", "relay", "consume")
KAFKA_FAULT = 7  # a producer that was overtaken is told so by Kafka
OURS = "tests.acceptance.soak"


class Crew:
    """The processes by name, and those that were set beside one of them for a while."""

    def __init__(self, here: Ground, seed: int, journals: Path) -> None:
        self._here = here
        commands: dict[str, tuple[str, ...]] = {
            f"asker-{n}": (f"{OURS}.asker", str(seed), f"asker-{n}", str(journals)) for n in range(ASKERS)
        }
        commands |= {
            f"reader-{n}": (f"{OURS}.reader", str(journals / f"reader-{n}.seen")) for n in range(READERS)
        }
        commands |= {"subscriber": (f"{OURS}.subscriber", str(journals / "subscriber.received"))}
        self.members = {name: self._start(name, command) for name, command in commands.items()}
        self.members |= {name: self._start(name, ("app", name)) for name in FOLLOWERS}
        self._substitutes: list[Supervised] = []

    @property
    def askers(self) -> list[Supervised]:
        return [one for name, one in self.members.items() if name.startswith("asker")]

    def beside(self, name: str) -> Supervised:
        """One more process that does the same as a follower, until it is stopped."""
        self._substitutes.append(self._start(f"{name}-substitute-{len(self._substitutes)}", ("app", name)))
        return self._substitutes[-1]

    def wrong_ends(self) -> Iterator[str]:
        """Who ended in a way that nothing explains."""
        for one in (*self.members.values(), *self._substitutes):
            if not set(one.ends) <= one.expected:
                yield one.story()

    def end(self) -> None:
        for one in (*self.members.values(), *self._substitutes):
            one.end()

    def _start(self, name: str, command: tuple[str, ...]) -> Supervised:
        expected = WAYS_TO_END | {KAFKA_FAULT} if command[-1] in {"relay", "consume"} else WAYS_TO_END
        return Supervised(name, self._here.environment, self._here.folder, command=command, expected=expected)


@contextmanager
def crew(here: Ground, seed: int, journals: Path) -> Iterator[Crew]:
    with ExitStack() as held:
        found = Crew(here, seed, journals)
        held.callback(found.end)
        yield found


def still_there() -> list[str]:
    """Processes that this one started, or that those started, and that should be gone: all but the servers."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            words = child.cmdline()
        except psutil.NoSuchProcess:
            continue
        if "app" in words or any(word.startswith(OURS) for word in words):
            found.append(f"{child.pid} {' '.join(words)}")
    return found


def workers(process: Supervised) -> list[int]:
    """A process and those that it started."""
    return [process.pid, *(one.pid for one in psutil.Process(process.pid).children(recursive=True))]
