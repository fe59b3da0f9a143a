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
SHARDS = 2
FOLLOWERS = {
    "project": ("project", "--workers", "2"),
    **{f"relay-{shard}": ("relay", "--shard", str(shard)) for shard in range(SHARDS)},
    "consume": ("consume",),
}
KAFKA_FAULT = 7  # a producer that was overtaken is told so by Kafka
READER_KILLED = 1  # the process that reads ahead for a relay
# What Python says in a worker whose parent was killed before it had told the worker what to do.
ORPHANED = "UnpicklingError: pickle data was truncated"
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
        self.members |= {name: self._start(name, ("app", *verb)) for name, verb in FOLLOWERS.items()}
        self._substitutes: list[Supervised] = []

    @property
    def askers(self) -> list[Supervised]:
        return [one for name, one in self.members.items() if name.startswith("asker")]

    def beside(self, name: str) -> Supervised:
        """One more process that does the same as a follower, until it is stopped."""
        number = len(self._substitutes)
        self._substitutes.append(self._start(f"{name}-substitute-{number}", ("app", *FOLLOWERS[name])))
        return self._substitutes[-1]

    def wrong_ends(self) -> Iterator[str]:
        """Who ended in a way that nothing explains."""
        for one in (*self.members.values(), *self._substitutes):
            said = one.log.read_text(errors="replace")
            if not set(one.ends) <= one.expected or said.count("Traceback") > said.count(ORPHANED):
                yield one.story()

    def end(self) -> None:
        for one in (*self.members.values(), *self._substitutes):
            one.end()

    def _start(self, name: str, command: tuple[str, ...]) -> Supervised:
        others = {"relay": {KAFKA_FAULT, READER_KILLED}, "consume": {KAFKA_FAULT}}.get(command[1], set())
        return Supervised(
            name,
            {**self._here.environment, "CARNET_RELAY_SHARDS": str(SHARDS)},
            self._here.folder,
            command=command,
            expected=WAYS_TO_END | others,
        )


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
        if "app" in words or any(OURS in word or "multiprocessing" in word for word in words):
            found.append(f"{child.pid} {' '.join(words)}")
    return found


def processes(member: Supervised) -> list[int]:
    """A process and those that it started."""
    try:
        children = psutil.Process(member.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    return [member.pid, *(child.pid for child in children)]
