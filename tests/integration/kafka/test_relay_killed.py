"""`kill -9` of the relay, wherever it is: afterwards nothing is missing and nothing is doubled."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event as Flag

import pytest

from infra.embedded.processes import wait_until
from infra.embedded.servers import Embedded
from infra.log import Log
from infra.settings import read
from tests.integration.kafka.conftest import NewRelay, make_topics
from tests.integration.kafka.test_relay import is_past, published, reached
from tests.integration.kafka.writing import streams, told, write

SECONDS = 40


class Processes:
    """Relays of a test, each in a process of its own; what still runs at the end is killed."""

    def __init__(self, database: str, kafka: str, prefix: str) -> None:
        self._arguments = [database, kafka, prefix]
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *options: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.integration.kafka.relaying"]
        process = subprocess.Popen(
            [*command, *self._arguments, *map(str, options)], stderr=subprocess.PIPE, text=True
        )
        self._started.append(process)
        return process

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()


@contextmanager
def processes(database: str, kafka: str, prefix: str) -> Iterator[Processes]:
    started = Processes(database, kafka, prefix)
    try:
        yield started
    finally:
        started.end()


@pytest.fixture
def relays(database: str, kafka: str, prefix: str) -> Iterator[Processes]:
    with processes(database, kafka, prefix) as started:
        yield started


def test_killed_in_mid_batch_it_repeats_nothing(
    kafka: str, prefix: str, relays: Processes, order_book: Log, new_relay: NewRelay
) -> None:
    """In the first batch, just after a commit, and deep in a large batch that is on its way already."""
    last = write(order_book, streams(), 6_000)
    for batch, dies_at in ((500, 200), (500, 1_001), (4_000, 3_900)):
        relay = relays.start(batch, dies_at)
        _, said = relay.communicate(timeout=SECONDS)
        assert relay.returncode == -signal.SIGKILL, said
    new_relay().run(Flag(), until=last)
    assert published(kafka, prefix) == told(order_book)


def test_killed_between_commits_it_repeats_nothing(
    kafka: str, prefix: str, relays: Processes, order_book: Log, new_relay: NewRelay
) -> None:
    """With batches this small, nearly all of its time goes into committing."""
    last = write(order_book, streams(), 300)
    for round_ in range(1, 4):
        relay = relays.start(1)
        assert wait_until(partial(is_past, kafka, prefix, 20 * round_), seconds=SECONDS)
        relay.kill()
        relay.communicate(timeout=SECONDS)
    assert 60 <= reached(kafka, prefix) < last
    new_relay().run(Flag(), until=last)
    assert published(kafka, prefix) == told(order_book)


def test_terminated_it_finishes_its_batch(
    kafka: str, prefix: str, relays: Processes, order_book: Log, new_relay: NewRelay
) -> None:
    last = write(order_book, streams(), 200)
    relay = relays.start(50)
    assert wait_until(lambda: reached(kafka, prefix) > 0, seconds=SECONDS)
    relay.terminate()
    relay.communicate(timeout=SECONDS)
    assert relay.returncode == 0
    assert reached(kafka, prefix) % 50 == 0
    new_relay().run(Flag(), until=last)
    assert published(kafka, prefix) == told(order_book)


def test_a_second_relay_names_the_first_and_ends(
    kafka: str, prefix: str, relays: Processes, order_book: Log
) -> None:
    write(order_book, streams(), 10)
    first = relays.start(50)
    assert wait_until(lambda: reached(kafka, prefix) == 10, seconds=SECONDS)
    second = relays.start(50)
    _, told_us = second.communicate(timeout=SECONDS)
    assert second.returncode == 9
    assert f"process {first.pid} on " in told_us
    first.terminate()
    first.communicate(timeout=SECONDS)
    assert first.returncode == 0


def test_kafka_killed_under_it_ends_it_and_nothing_is_lost(
    tmp_path: Path, database: str, order_book: Log
) -> None:
    growing, prefix = streams(), "mortal."
    embedded = Embedded(tmp_path, cache=read().cache)
    with embedded.running("kafka") as servers, processes(database, servers.kafka, prefix) as relays:
        make_topics(servers.kafka, prefix)
        write(order_book, growing, 100)
        relay = relays.start(50)
        assert wait_until(partial(is_past, servers.kafka, prefix, 100), seconds=SECONDS)
        (pid,) = [status.pid for status in embedded.status() if status.name == "kafka" and status.pid]
        os.kill(pid, signal.SIGKILL)
        last = write(order_book, growing, 100)
        _, said = relay.communicate(timeout=SECONDS)
        assert relay.returncode == 7, said
        assert f"Kafka at {servers.kafka} cannot be reached" in said

        assert embedded.ensure() == ["kafka"]
        relays.start(50)
        assert wait_until(partial(is_past, servers.kafka, prefix, last), seconds=SECONDS)
        assert published(servers.kafka, prefix) == told(order_book)
