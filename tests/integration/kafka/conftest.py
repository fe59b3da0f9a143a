"""Topics of a test's own, and relays between them and the test's own log."""

from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import uuid4

import pytest

from infra import topics
from infra.kafka import admin
from infra.outgoing import ROWS_MAX, Reading
from infra.relay import EVENTS_MAX, Relay
from infra.shard import WHOLE, Shard
from tests.integration.kafka.processes import Processes, processes

PARTITIONS = 3
NewRelay = Callable[..., Relay]


def make_topics(kafka: str, prefix: str) -> list[str]:
    with closing(admin(kafka)) as client:
        return topics.apply(client, kafka, topics.wanted(prefix, PARTITIONS))


def reading(database: str, *, rows_max: int = ROWS_MAX, shard: Shard = WHOLE) -> Reading:
    """What a relay of this shard would read of a log, from its beginning."""
    partitions = dict.fromkeys(topics.FAMILIES, PARTITIONS)
    return Reading(database, "carnet", shard, partitions, after=0, until=None, rows_max=rows_max)


@pytest.fixture
def prefix(kafka: str) -> str:
    """The prefix of topics that exist and are empty."""
    name = f"t{uuid4().hex[:12]}."
    make_topics(kafka, name)
    return name


@pytest.fixture
def new_relay(database: str, kafka: str, prefix: str) -> NewRelay:
    """Makes relays from the test's log to its topics."""

    def make(*, events_max: int = EVENTS_MAX, shard: Shard = WHOLE) -> Relay:
        return Relay(postgres=database, bootstrap=kafka, prefix=prefix, events_max=events_max, shard=shard)

    return make


@pytest.fixture
def relays(database: str, kafka: str, prefix: str) -> Iterator[Processes]:
    """Starts relays that are processes of their own."""
    with processes(database, kafka, prefix) as started:
        yield started
