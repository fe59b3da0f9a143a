"""`kill -9` of the relay, wherever it is: afterwards nothing is missing and nothing is doubled."""

import os
import signal
import subprocess
from functools import partial
from pathlib import Path
from threading import Event as Flag

import psutil
import pytest

from infra.embedded.processes import wait_until
from infra.embedded.servers import Embedded
from infra.errors import CarnetError
from infra.log import Log
from infra.outgoing import Reading
from infra.reading_ahead import ReadingAhead
from infra.settings import read
from infra.shard import WHOLE
from tests.integration.kafka.conftest import NewRelay, make_topics
from tests.integration.kafka.processes import SECONDS, Processes, processes
from tests.integration.kafka.test_relay import is_past, published, reached
from tests.integration.kafka.writing import streams, told, write


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


def reader_of(relay: subprocess.Popen[str]) -> psutil.Process:
    """The process that reads ahead for a relay."""
    (reader,) = psutil.Process(relay.pid).children()
    return reader


def test_the_process_that_reads_ahead_dies_with_its_relay(
    kafka: str, prefix: str, relays: Processes, order_book: Log
) -> None:
    write(order_book, streams(), 10)
    relay = relays.start(50)
    assert wait_until(lambda: reached(kafka, prefix) == 10, seconds=SECONDS)
    reader = reader_of(relay)
    relay.kill()
    relay.communicate(timeout=SECONDS)
    assert wait_until(lambda: not reader.is_running(), seconds=SECONDS)


def test_a_relay_whose_reader_dies_says_so_and_ends(
    kafka: str, prefix: str, relays: Processes, order_book: Log, new_relay: NewRelay
) -> None:
    growing = streams()
    write(order_book, growing, 10)
    relay = relays.start(50)
    assert wait_until(lambda: reached(kafka, prefix) == 10, seconds=SECONDS)
    reader_of(relay).kill()
    _, said = relay.communicate(timeout=SECONDS)
    assert relay.returncode == 1
    assert "process that reads ahead has died (exit code -9)" in said
    new_relay().run(Flag(), until=write(order_book, growing, 10))
    assert published(kafka, prefix) == told(order_book)


def test_a_reader_that_died_before_it_was_told_what_to_read_is_said_so() -> None:
    """A pipe that nobody reads would else pass for a reader of our output who has gone, which is no fault."""
    reading = Reading("", source="", shard=WHOLE, partitions={}, after=0, until=None, rows_max=1)
    with ReadingAhead() as ahead:
        (reader,) = [one for one in psutil.Process().children() if "infra.reading_ahead" in one.cmdline()]
        reader.kill()
        assert wait_until(lambda: reader.status() == psutil.STATUS_ZOMBIE, seconds=SECONDS)
        with pytest.raises(CarnetError, match=r"reads ahead has died \(exit code -9\)"):
            ahead.begin(reading)
