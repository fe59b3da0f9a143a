"""`carnet demo`: a season of orders through the whole system, and the proof that every part tells the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from threading import Event
from time import monotonic
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import projections
from app.demo.crew import Crew, Fell
from app.demo.ground import Ground, ground
from app.demo.play import Stage, play
from app.demo.season import Season, season
from app.demo.summary import Found, ReadBack, look, print_summary, summarise
from app.demo.tale import WEEKS
from app.output import AsJson, err, print_json
from app.wiring import Book, opened
from consumers.lag import Offsets, policy_lags, timer_lag
from consumers.run import CONSUMERS
from infra import logging
from infra.clock import SimulatedClock
from infra.errors import InputError
from infra.position import relay_position
from infra.postgres import Connection, connect
from projections.lag import lag

FOLLOWERS = ("project", "consume", "relay")
PUBLISH_WITHIN_S = 300.0

Orders = Annotated[int, Parameter(help="How many orders begin in the season.")]
Seed = Annotated[int, Parameter(help="The same seed plays the same season.")]
Database = Annotated[str | None, Parameter(help="An empty database, on servers that the demo did not start.")]
Prefix = Annotated[
    str | None, Parameter(help="A prefix that no topic has, on servers that the demo did not start.")
]


def demo(
    *,
    orders: Orders = 1000,
    seed: Seed = 7,
    database: Database = None,
    topic_prefix: Prefix = None,
    json: AsJson = False,
) -> int:
    """Play a season of orders on real servers, show the read models, and prove that Kafka tells the same.

    Half a year passes on a simulated clock that every process reads. It exits with 1 if an event is missing or
    doubled anywhere on the road.
    """
    if orders < 1:
        raise InputError(f"--orders is {orders}: a season has at least one.")
    started = monotonic()
    logging.configure("warning")
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err
    ) as shown:
        servers = shown.add_task("Starting PostgreSQL and Kafka", total=1)
        with ground(database, topic_prefix) as here:
            shown.update(servers, completed=1, description="PostgreSQL and Kafka run")
            found = _season(here, season(orders, seed), shown)
    summary = summarise(found, round(monotonic() - started, 1))
    if json:
        print_json(summary)
    else:
        print_summary(summary, found, here.left)
    return 0 if summary.holds else 1


def _season(here: Ground, script: Season, shown: Progress) -> Found:
    with (
        opened(here.settings) as book,
        Crew(FOLLOWERS, environment=here.environment, logs=here.folder) as crew,
    ):
        assert isinstance(book.clock, SimulatedClock)
        weeks = shown.add_task("Playing the season, week by week", total=WEEKS)
        with closing(Offsets(here.settings.kafka, here.settings.topic_prefix, CONSUMERS.values())) as offsets:
            stage = Stage(
                desk=book.desk,
                clock=book.clock,
                bootstrap=here.settings.kafka,
                topic_prefix=here.settings.topic_prefix,
                check=crew.check,
                left_to_do=lambda: left_to_do(book, offsets),
            )
            play(script, stage, lambda done: shown.update(weeks, completed=done))
        head = book.log.head().position
        publishing = shown.add_task("Publishing", total=head)
        published = _published(here, crew, head, lambda at: shown.update(publishing, completed=at))
        crew.stop()
        reading = shown.add_task("Reading every topic back", total=1)
        found = look(book, published, read_back(here))
        shown.update(reading, completed=1)
        return found


def left_to_do(book: Book, offsets: Offsets) -> dict[str, int]:
    """What the season's processes have not done yet.

    Our own log is asked first, for Kafka is slow to tell; and again after Kafka, for what was taken in between.
    """
    with connect(book.conninfo, "carnet_reader") as connection:
        if left := _left_in_log(book, connection):
            return left
        taken = {one.name: one.waiting for one in offsets.lags(connection) if one.waiting}
        return taken or _left_in_log(book, connection)


def _left_in_log(book: Book, connection: Connection) -> dict[str, int]:
    now = book.clock.now()
    waiting = {one.name: one.events for one in lag(connection, projections.ALL, now)}
    waiting |= {one.name: one.waiting for one in (*policy_lags(connection), timer_lag(connection, now))}
    return {name: count for name, count in waiting.items() if count}


def _published(here: Ground, crew: Crew, head: int, progress: Callable[[int], None]) -> int:
    """How many events the relay has published, once it has published all of them."""
    give_up = monotonic() + PUBLISH_WITHIN_S
    while True:
        crew.check()
        at = relay_position(here.settings.kafka, here.settings.topic_prefix)
        progress(at.position if at else 0)
        if at and at.position >= head:
            return at.position
        if monotonic() > give_up:
            raise Fell(
                f"The relay did not publish all in {PUBLISH_WITHIN_S:.0f} s: it is at {at}, the log at {head}."
            )
        Event().wait(0.1)


def read_back(here: Ground) -> ReadBack:
    """Read every topic in a process of its own. Raises Fell if that fails."""
    command = [sys.executable, "-m", "app.demo.readback", here.settings.kafka, here.settings.topic_prefix]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise Fell(f"Reading the topics back failed: {done.stderr.decode(errors='replace').strip()}")
    return msgspec.json.decode(done.stdout, type=ReadBack)
