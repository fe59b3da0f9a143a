"""A soak: use and disturb an order book for some seconds, let it come to rest, and look for what is wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic

import psycopg

from app.demo.command import left_to_do
from app.demo.ground import Ground, ground
from app.wiring import Book, opened
from consumers.lag import Offsets
from consumers.run import CONSUMERS
from domain.kernel import Recorded
from infra.ask import Ask
from infra.clock import SimulatedClock
from infra.embedded.processes import wait_until
from infra.embedded.servers import Embedded
from infra.errors import PostgresFault
from infra.position import relay_position
from infra.settings import read
from tests import examples as e
from tests.acceptance.installation import inherited
from tests.acceptance.soak import checking, script
from tests.acceptance.soak.asker import THREADS
from tests.acceptance.soak.crew import ASKERS, READERS, SHARDS, Crew, crew
from tests.acceptance.soak.disturbing import Disturbance
from tests.acceptance.soak.journal import seen
from tests.acceptance.soak.sending import send
from tests.acceptance.soak.watching import Watch
from tests.integration.log.items import rows

STARTS_WITHIN_S = 120.0
SETTLES_WITHIN_S = 120.0
READS = 5_000
SNAPSHOTS = 3
TICK_S = 0.1
HOURS_PER_TICK = 1  # a reservation without a deposit lapses within a minute


@dataclass
class Report:
    """What a soak came to. `kept` is where its logs and journals stand."""

    seed: int
    seconds: float
    kept: Path
    events: int = 0
    disturbances: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)


def soak(seconds: float, seed: int, kept: Path, told: Callable[[str], None] = print) -> Report:
    """Soak for so many seconds. `kept` is a folder for what was logged and written down."""
    report = Report(seed, seconds, kept)
    with _alone(), ground(None, None) as here, _keeping(here, kept), opened(here.settings) as book:
        journals = here.folder / "journals"
        journals.mkdir()
        _begin(book, script.World(seed))
        watch = Watch(book.conninfo, seconds / (SNAPSHOTS + 1))
        with crew(here, seed, journals) as everybody:
            assert wait_until(lambda: _all_at_work(book, journals), seconds=STARTS_WITHIN_S)
            told(f"Soaking for {seconds:.0f} s with seed {seed}")
            report.disturbances = _use(here, book, everybody, watch, seconds, seed)
            told(f"Disturbed: {report.disturbances}. Waiting until all is done")
            report.violations += _come_to_rest(here, book, everybody, journals)
            report.violations += everybody.wrong_ends()
            for one in everybody.members.values():
                one.stop()
        log = _whole(book)
        report.events = len(log)
        told(f"Checking {len(log)} events")
        report.violations += watch.wrong
        report.violations += checking.violations(book, log, journals, watch.snapshots)
    return report


@contextmanager
def _alone() -> Iterator[None]:
    """No setting of whoever started this reaches what is started here."""
    given = dict(os.environ)
    for name in os.environ.keys() - inherited().keys():
        del os.environ[name]
    os.environ["CARNET_RELAY_SHARDS"] = str(SHARDS)
    try:
        yield
    finally:
        del os.environ["CARNET_RELAY_SHARDS"]
        os.environ.update(given)


@contextmanager
def _keeping(here: Ground, kept: Path) -> Iterator[None]:
    """Logs and journals outlive the folder that they were written in."""
    try:
        yield
    finally:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        for log in (*here.folder.glob("*.log"), *(here.folder / "servers").glob("*.log")):
            shutil.copy(log, kept)
        for journal in (here.folder / "journals").glob("*"):
            shutil.copy(journal, kept)


def _begin(book: Book, world: script.World) -> None:
    assert isinstance(book.clock, SimulatedClock)
    book.clock.set(e.NOON)
    commands = [script.plan, *(script.reserve(world, world.shared(n)) for n in range(script.SHARED))]
    for command in commands:
        book.desk.handle(Ask(command=command, actor="office"))


def _all_at_work(book: Book, journals: Path) -> bool:
    """Whether everybody has done something: what is killed before is not disturbed at its work."""
    written = {path.name: path.stat().st_size for path in journals.glob("*")}
    begun = sum(size > 0 for size in written.values())
    checkpoints = rows(book.conninfo, "select count(*) from read.checkpoints where position > 0")
    return begun == ASKERS * THREADS + READERS + 1 and checkpoints[0][0] > 0


def _use(
    here: Ground, book: Book, everybody: Crew, watch: Watch, seconds: float, seed: int
) -> dict[str, int]:
    """Use and disturb it for so long. When this returns the askers have stopped, PostgreSQL runs."""
    servers = Embedded(here.folder / "servers", cache=read().cache)
    databases = [here.settings.database, here.settings.keys_database]
    disturbance = Disturbance(
        everybody, servers, here.settings.postgres, databases, Random(seed), here.folder / "disturbances.log"
    )
    stop, end = Event(), monotonic() + seconds
    with ThreadPoolExecutor(3) as threads:
        running = [
            threads.submit(disturbance.run, stop),
            threads.submit(watch.run, stop),
            threads.submit(send, here.settings, script.World(seed), Random(f"{seed} bank"), stop),
        ]
        assert isinstance(book.clock, SimulatedClock)
        while monotonic() < end and not any(one.done() for one in running):
            stop.wait(TICK_S)
            book.clock.set(book.clock.now() + timedelta(hours=HOURS_PER_TICK))
        stop.set()
        for one in running:
            one.result()
    assert wait_until(lambda: _answers(here.settings.postgres), seconds=SETTLES_WITHIN_S)
    for asker in everybody.askers:
        asker.stop()
    return disturbance.counts


def _come_to_rest(here: Ground, book: Book, everybody: Crew, journals: Path) -> Iterator[str]:
    """Wait until the followers have done all that there is to do."""
    settings = here.settings

    def published() -> bool:
        found = relay_position(settings.kafka, settings.topic_prefix)
        return found is not None and found.position >= book.log.head().position

    def read_by_all() -> bool:
        head = book.log.head().position
        return all((batches := seen(path)) and batches[-1].last == head for path in journals.glob("*.seen"))

    with closing(Offsets(settings.kafka, settings.topic_prefix, CONSUMERS.values())) as offsets:

        def left() -> dict[str, int]:
            try:
                return left_to_do(book, offsets)
            except (PostgresFault, psycopg.OperationalError):
                return {"PostgreSQL": 1}

        if not wait_until(lambda: not left(), seconds=SETTLES_WITHIN_S):
            yield f"after {SETTLES_WITHIN_S:.0f} s there is still something to do: {left()}"
            yield from (one.story() for one in everybody.members.values())
    if not wait_until(published, seconds=SETTLES_WITHIN_S):
        yield f"the relay did not publish all: it is at {relay_position(settings.kafka, settings.topic_prefix)}"
        yield from (one.story() for name, one in everybody.members.items() if name.startswith("relay"))
    if not wait_until(read_by_all, seconds=SETTLES_WITHIN_S):
        yield "the readers did not come to the end of the log"


def _whole(book: Book) -> list[Recorded]:
    log: list[Recorded] = []
    while batch := book.log.read(len(log), READS):
        log += batch
    return log


def _answers(conninfo: str) -> bool:
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:
        return False
    return True
