"""A season with kills comes to the same as one without: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import psycopg
import pytest

import projections
from app.demo.command import FOLLOWERS, left_to_do
from app.demo.digest import digest as season_digest
from app.demo.ground import Ground, ground
from app.demo.play import Stage, play
from app.demo.season import season
from app.demo.summary import Summary
from app.wiring import Book, opened
from consumers.lag import Offsets
from consumers.run import CONSUMERS
from domain.kernel import Event, Recorded
from infra.clock import SimulatedClock
from infra.embedded.processes import wait_until
from infra.embedded.servers import Embedded
from infra.errors import PostgresFault
from infra.parked_messages import PARKED_MESSAGES
from infra.position import relay_position
from infra.postgres import connect
from infra.settings import read
from projections.digest import digest
from projections.rebuilding import rebuild
from projections.switching import Site
from tests.acceptance.chaos import Chaos, PatientDesk, kill_postgres
from tests.acceptance.conftest import ORDERS, SEED
from tests.acceptance.installation import SECONDS, inherited
from tests.acceptance.supervised import Supervised
from tests.integration.kafka.test_relay import published
from tests.integration.kafka.writing import told
from tests.integration.log.items import assert_sound

KILLS = {"relay": 5, "project": 5, "consume": 3}
KILLS_OF_POSTGRES = 3


@dataclass(frozen=True)
class Played:
    """A disturbed season that is over. Its servers still run, its processes do not."""

    here: Ground
    book: Book
    desk: PatientDesk
    crew: dict[str, Supervised]
    log: list[Recorded]


@pytest.fixture(scope="module")
def disturbed() -> Iterator[Played]:
    with ExitStack() as held:
        environment = held.enter_context(pytest.MonkeyPatch.context())
        for name in os.environ.keys() - inherited().keys():
            environment.delenv(name)
        here = held.enter_context(ground(None, None))
        book = held.enter_context(opened(here.settings))
        crew = {name: Supervised(name, here.environment, here.folder) for name in FOLLOWERS}
        for process in crew.values():
            held.callback(process.stop)
        desk = PatientDesk(book)
        try:
            play_disturbed(here, book, desk, crew)
        except Exception as fault:
            for process in crew.values():
                fault.add_note(process.story())
            raise
        yield Played(here, book, desk, crew, book.log.read(0, 1_000_000))


def play_disturbed(here: Ground, book: Book, desk: PatientDesk, crew: dict[str, Supervised]) -> None:
    servers = Embedded(here.folder / "servers", cache=read().cache)
    chaos = Chaos(
        SEED,
        {name: (KILLS[name], process.kill) for name, process in crew.items()}
        | {"postgres": (KILLS_OF_POSTGRES, partial(kill_postgres, servers))},
    )
    kafka, prefix = here.settings.kafka, here.settings.topic_prefix
    assert isinstance(book.clock, SimulatedClock)

    def check() -> None:
        for process in crew.values():
            process.check()

    def all_published() -> bool:
        check()
        found = relay_position(kafka, prefix)
        return found is not None and found.position == book.log.head().position

    with closing(Offsets(kafka, prefix, CONSUMERS.values())) as offsets:

        def left() -> dict[str, int]:
            try:
                return left_to_do(book, offsets)
            except (PostgresFault, psycopg.OperationalError):
                return {"PostgreSQL": 1}

        stage = Stage(
            desk=desk, clock=book.clock, bootstrap=kafka, topic_prefix=prefix, check=check, left_to_do=left
        )
        play(season(ORDERS, SEED), stage, chaos.week)
        chaos.end()
        assert wait_until(lambda: not left(), seconds=SECONDS)
    assert wait_until(all_published, seconds=SECONDS)
    for process in crew.values():
        process.stop()
    check()


def test_everything_was_killed(disturbed: Played) -> None:
    for name, process in disturbed.crew.items():
        assert process.ends.count(-signal.SIGKILL) >= KILLS[name] - 1, process.ends
    log = (disturbed.here.folder / "servers" / "postgres.log").read_text()
    assert log.count("database system was not properly shut down") == KILLS_OF_POSTGRES


def test_nothing_that_was_acknowledged_is_missing(disturbed: Played) -> None:
    by_command: defaultdict[UUID, list[Event]] = defaultdict(list)
    for recorded in disturbed.log:
        by_command[recorded.command_id].append(recorded.event)
    assert len(disturbed.desk.acknowledged) > ORDERS
    for command_id, answer in disturbed.desk.acknowledged:
        assert by_command[command_id] == list(answer.events)


def test_positions_and_versions_have_no_gap(disturbed: Played) -> None:
    assert assert_sound(disturbed.book.conninfo) == len(disturbed.log)


def test_kafka_holds_every_event_once(disturbed: Played) -> None:
    settings = disturbed.here.settings
    assert published(settings.kafka, settings.topic_prefix) == told(disturbed.book.log)


def test_every_projection_equals_its_rebuild(disturbed: Played) -> None:
    book = disturbed.book
    with connect(book.conninfo, "carnet_reader") as connection:
        live = [digest(connection, projection) for projection in projections.ALL]
        switched = rebuild(Site(conninfo=book.conninfo, log=book.log, clock=book.clock), projections.ALL)
        assert switched
        assert {one.position for one in switched} == {len(disturbed.log)}
        assert [digest(connection, projection) for projection in projections.ALL] == live


def test_it_is_the_season_that_nobody_disturbed(disturbed: Played, undisturbed: Summary) -> None:
    assert season_digest(disturbed.log) == undisturbed.digest
    with connect(disturbed.book.conninfo, "carnet_reader") as connection:
        assert PARKED_MESSAGES.count(connection) == undisturbed.parked
