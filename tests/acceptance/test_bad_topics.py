"""A log or a topic that holds what does not belong there, and two where only one may run: one sentence, the exit code,
nothing half done."""

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from kafka import KafkaProducer

from infra.clock import SystemClock
from infra.embedded.processes import wait_until
from infra.item import Appended, Item, NewEvent
from infra.kafka import admin
from infra.log import Log
from infra.position import relay_position
from infra.topics import PAYMENTS, described, event_topic
from tests.acceptance.asked import ORDER, PAY, tells
from tests.acceptance.installation import SECONDS, Installation, Process


def publish(here: Installation) -> Process:
    """A relay that has published all there is, and runs on."""
    relay = here.start("relay")

    def done() -> bool:
        assert relay.popen.poll() is None, relay.log.read_text()
        found = relay_position(here.settings.kafka, here.settings.topic_prefix)
        return found is not None and found.position == here.rows("select position from carnet.head")[0][0]

    assert wait_until(done, seconds=SECONDS)
    return relay


def test_an_event_name_that_nobody_knows_stops_whoever_reads_it(own_book: Installation) -> None:
    assert own_book.carnet("project", "--once").code == 0
    assert publish(own_book).stop().code == 0
    with Log(own_book.book, SystemClock()) as log:
        teleported = NewEvent(
            stream_id=UUID(ORDER),
            version=2,
            event_id=uuid4(),
            name="OrderTeleported",
            schema_version=1,
            market="DE",
            body=b"{}",
        )
        item = Item(
            command_id=uuid4(),
            occurred_at=datetime(2026, 1, 5, 10, tzinfo=UTC),
            actor="clerk",
            correlation_id=uuid4(),
            expected={UUID(ORDER): 1},
            events=(teleported,),
        )
        assert log.append(item).result(SECONDS) == Appended(2)
    for verb in (
        (*PAY, "500 EUR"),
        ("replay", ORDER),
        ("relay",),
        ("project", "--once"),
        ("project", "rebuild"),
        ("consume", "policies"),
    ):
        with own_book.unchanged():
            tells(
                own_book.carnet(*verb), 8, "an event named OrderTeleported", "Run the version that wrote it"
            )


def make_anew(here: Installation, topic: str) -> str:
    """Delete one topic, and make it again as `carnet topics apply` does."""
    name = here.settings.topic_prefix + topic
    with closing(admin(here.settings.kafka)) as client:
        client.delete_topics([name])
        assert wait_until(lambda: not described(client, [name]), seconds=SECONDS)
    assert here.carnet("topics", "apply").code == 0
    return name


def test_only_one_relay_runs(own_book: Installation) -> None:
    relay = publish(own_book)
    with own_book.unchanged():
        said = own_book.carnet("relay")
    tells(said, 9, "runs already", f"process {relay.popen.pid} on ", "Leave one of the two running")
    assert relay.stop().code == 0


@pytest.mark.parametrize("verb", [("consume", "policies"), ("project",)], ids=" ".join)
def test_only_one_of_each_follower_runs(own_book: Installation, verb: tuple[str, ...]) -> None:
    first = own_book.start(*verb[:1])
    runs = "select pid from pg_stat_activity where datname = current_database() and application_name like %s"
    assert wait_until(lambda: bool(own_book.rows(runs, "%, process %")), seconds=SECONDS)
    tells(own_book.carnet(*verb), 9, "runs already", f"process {first.popen.pid} on ")
    assert first.stop().code == 0


def test_a_rebuild_runs_beside_a_follower_and_alone_of_its_kind(own_book: Installation) -> None:
    follower = own_book.start("project")
    state = "select count(*) from read.builds where state = 'live'"
    assert wait_until(lambda: own_book.rows(state) == [(4,)], seconds=SECONDS)
    said = own_book.carnet("project", "rebuild", "deadlines")
    assert (said.code, said.out) == (
        0,
        "deadlines: readers see build 2, whole up to position 1. Build 1 is kept for a rollback.\n",
    )
    assert own_book.carnet(*PAY, "500 EUR").code == 0
    after = """select min(position) from read.checkpoints join read.builds using (projection, build)
        where projection = 'deadlines' and build = 2 and state = 'live'"""
    assert wait_until(lambda: own_book.rows(after) == [(2,)], seconds=SECONDS)
    with psycopg.connect(own_book.book) as other:
        other.execute("select pg_advisory_lock(hashtextextended('Work on the builds of deadlines', 0))")
        for verb in (("rebuild",), ("switch", "deadlines"), ("diff", "deadlines"), ("rollback", "deadlines")):
            tells(own_book.carnet("project", *verb), 9, "Work on the builds of deadlines runs already")
    assert follower.stop().code == 0


def test_a_topic_of_ours_that_was_made_anew_stops_the_relay(own_book: Installation) -> None:
    assert publish(own_book).stop().code == 0
    name = make_anew(own_book, event_topic("orders"))
    with own_book.unchanged():
        tells(
            own_book.carnet("relay"), 8, f"{name} is not the one that was published to", "CARNET_TOPIC_PREFIX"
        )


def test_a_topic_of_others_that_was_made_anew_stops_its_consumer(own_book: Installation) -> None:
    own_book.send(PAYMENTS, uuid4(), b"none of ours")
    consumer = own_book.start("consume", "payments")
    assert wait_until(lambda: own_book.rows("select count(*) from carnet.parked") == [(1,)], seconds=SECONDS)
    assert consumer.stop().code == 0
    name = make_anew(own_book, PAYMENTS)
    with own_book.unchanged():
        tells(own_book.carnet("consume", "payments"), 8, f"{name} was deleted and made anew", "topics accept")
    assert own_book.carnet("topics", "accept", name).code == 0
    again = own_book.start("consume", "payments")
    own_book.send(PAYMENTS, uuid4(), b"none of ours")
    assert wait_until(lambda: own_book.rows("select count(*) from carnet.parked") == [(2,)], seconds=SECONDS)
    assert again.stop().code == 0


def test_a_record_that_is_none_of_ours_is_named(own_book: Installation) -> None:
    """In a topic of events there may be nothing but what the relay wrote: it does not start, a reader stops."""
    topic = event_topic("orders", own_book.settings.topic_prefix)
    with closing(KafkaProducer(bootstrap_servers=own_book.settings.kafka)) as stranger:
        stranger.send(topic, b"\0\0\1\0\0", partition=1).get(timeout=SECONDS)
    with own_book.unchanged():
        tells(own_book.carnet("relay"), 8, f"{topic} is not empty", "CARNET_TOPIC_PREFIX")
    readback = [
        sys.executable,
        "-m",
        "app.demo.readback",
        own_book.settings.kafka,
        own_book.settings.topic_prefix,
    ]
    read = subprocess.run(readback, capture_output=True, text=True, check=False)
    assert (read.returncode, read.stdout) == (8, "")
    assert f"The record is at {topic}, partition 1, offset 0." in read.stderr
    assert "Traceback" not in read.stderr


def test_a_demo_keeps_away_from_what_is_in_use(book: Installation) -> None:
    database, prefix = book.settings.database, book.settings.topic_prefix
    with book.unchanged():
        tells(book.carnet("demo"), 2, "CARNET_POSTGRES", "--database NAME and --topic-prefix PREFIX")
        tells(
            book.carnet("demo", "--database", database, "--topic-prefix", "season."),
            2,
            f"The database {database} is not empty",
            "--database",
        )
        tells(
            book.carnet("demo", "--database", "season", "--topic-prefix", prefix),
            2,
            f"{prefix}orders.events.v1",
            "--topic-prefix",
        )
        tells(book.carnet("demo", "--orders", "0"), 2, "--orders is 0")
    with psycopg.connect(book.settings.postgres) as server:
        made = server.execute("select datname from pg_database where datname like 'season%'").fetchall()
    assert made == []
