"""Several relays share the work: each event once, in order per key, whatever dies; and no two divisions at once."""

import signal
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from threading import Event as Flag
from uuid import UUID

import pytest
from msgspec import structs

from infra.embedded.processes import wait_until
from infra.errors import AlreadyRunning, InputError, IntegrityFault
from infra.kafka import admin
from infra.log import Log
from infra.position import relay_position, shard_positions
from infra.publisher import Publisher
from infra.resharding import reshard
from infra.shard import Shard
from infra.subscriber import read_all
from infra.topics import LATEST, Topic, apply, described, position_topic, wanted
from tests.integration.kafka.conftest import PARTITIONS, NewRelay
from tests.integration.kafka.processes import SECONDS, Processes
from tests.integration.kafka.test_relay import published
from tests.integration.kafka.writing import streams, told, write


def positions(kafka: str, prefix: str) -> list[int]:
    return [one.position for one in shard_positions(kafka, prefix)]


def run_all(new_relay: NewRelay, shards: int, until: int) -> None:
    """Publish up to a position, all shards at the same time."""
    with ThreadPoolExecutor(shards) as running:
        relays = [new_relay(shard=Shard(number, shards), events_max=100) for number in range(shards)]
        for ended in [running.submit(relay.run, Flag(), until=until) for relay in relays]:
            assert ended.result(timeout=SECONDS) == until


def test_two_shards_publish_the_whole_log(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay
) -> None:
    last = write(order_book, streams(40), 800)
    run_all(new_relay, 2, last)
    assert published(kafka, prefix) == told(order_book)
    assert positions(kafka, prefix) == [last, last]
    versions: defaultdict[UUID, list[int]] = defaultdict(list)
    for one in read_all(kafka, prefix):
        versions[one.stream_id].append(one.envelope.version)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


def test_a_shard_publishes_to_its_partitions_alone(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay
) -> None:
    last = write(order_book, streams(40), 200)
    new_relay(shard=Shard(1, 2)).run(Flag(), until=last)
    assert {one.partition for one in read_all(kafka, prefix)} == {1}
    assert relay_position(kafka, prefix) is not None
    assert positions(kafka, prefix) == [0, last]


def test_a_shard_that_is_killed_repeats_nothing_and_does_not_stop_the_other(
    kafka: str, prefix: str, relays: Processes, order_book: Log, new_relay: NewRelay
) -> None:
    last = write(order_book, streams(40), 2_000)
    steady = relays.start(100, 0, 0, 2)
    mortal = relays.start(100, 120, 1, 2)
    _, said = mortal.communicate(timeout=SECONDS)
    assert mortal.returncode == -signal.SIGKILL, said
    assert wait_until(lambda: positions(kafka, prefix)[0] == last, seconds=SECONDS)
    assert 0 < positions(kafka, prefix)[1] < last
    new_relay(shard=Shard(1, 2)).run(Flag(), until=last)
    steady.terminate()
    assert steady.wait(SECONDS) == 0
    assert published(kafka, prefix) == told(order_book)


def test_a_second_relay_of_a_shard_names_the_first(
    kafka: str, prefix: str, relays: Processes, order_book: Log, new_relay: NewRelay
) -> None:
    last = write(order_book, streams(), 10)
    first = relays.start(50, 0, 1, 2)
    assert wait_until(lambda: positions(kafka, prefix) == [0, last], seconds=SECONDS)
    with pytest.raises(AlreadyRunning, match=rf"shard 1 runs already: .*process {first.pid} on "):
        new_relay(shard=Shard(1, 2)).run(Flag())
    new_relay(shard=Shard(0, 2)).run(Flag(), until=last)


def test_another_number_of_shards_is_refused(
    kafka: str, prefix: str, order_book: Log, new_relay: NewRelay
) -> None:
    run_all(new_relay, 2, write(order_book, streams(), 20))
    for shard in (Shard(0, 1), Shard(0, 3), Shard(2, 3)):
        with pytest.raises(IntegrityFault, match=rf"published by 2 shards, not by {shard.of}\.") as caught:
            new_relay(shard=shard).run(Flag())
        assert "Set CARNET_RELAY_SHARDS=2" in str(caught.value)
        assert "carnet relay reshard" in str(caught.value)


def test_more_shards_than_partitions_are_refused(kafka: str, prefix: str) -> None:
    with pytest.raises(
        InputError, match=f"CARNET_RELAY_SHARDS is 4, but a topic has {PARTITIONS} partitions"
    ):
        Publisher(kafka, prefix, shard=Shard(3, 4))


def test_an_old_position_topic_gets_the_partitions_that_it_lacks(kafka: str, prefix: str) -> None:
    name = position_topic(f"old.{prefix}")
    with closing(admin(kafka)) as client:
        apply(client, kafka, [Topic(name, 1, LATEST)])
        apply(client, kafka, wanted(f"old.{prefix}", PARTITIONS))
        wait_until(lambda: described(client, [name])[name].partitions == PARTITIONS, seconds=20)
    Publisher(kafka, f"old.{prefix}", shard=Shard(2, 3)).close()


def test_the_work_is_divided_anew_and_nothing_is_missed(
    kafka: str, prefix: str, database: str, order_book: Log, new_relay: NewRelay
) -> None:
    """One relay becomes three, which stop at different places; three become two."""
    divide = partial(reshard, postgres=database, bootstrap=kafka, prefix=prefix, source="carnet", stop=Flag())
    growing = streams(40)
    first = write(order_book, growing, 200)
    new_relay().run(Flag(), until=first)
    assert divide(shards=3) == first
    for number in range(3):
        new_relay(shard=Shard(number, 3)).run(Flag(), until=first + 100 * number)
        write(order_book, growing, 100)
    assert positions(kafka, prefix) == [first, first + 100, first + 200]
    assert divide(shards=2) == first + 200
    assert positions(kafka, prefix) == [first + 200, first + 200]
    run_all(new_relay, 2, order_book.head().position)
    assert published(kafka, prefix) == told(order_book)


def test_a_division_that_was_cut_short_keeps_every_relay_out_until_it_is_finished(
    kafka: str, prefix: str, database: str, order_book: Log, new_relay: NewRelay
) -> None:
    last = write(order_book, streams(), 50)
    run_all(new_relay, 2, last)
    (start, _) = shard_positions(kafka, prefix)
    with closing(Publisher(kafka, prefix, shard=Shard(2, 3), start=structs.replace(start, shards=3))):
        pass
    for shard in (Shard(0, 2), Shard(2, 3)):
        with pytest.raises(IntegrityFault, match="shards, not by"):
            new_relay(shard=shard).run(Flag())
    assert (
        reshard(postgres=database, bootstrap=kafka, prefix=prefix, source="carnet", shards=3, stop=Flag())
        == last
    )
    run_all(new_relay, 3, last)
    assert published(kafka, prefix) == told(order_book)


def test_nothing_is_divided_anew_under_a_running_relay(
    kafka: str, prefix: str, database: str, relays: Processes, order_book: Log
) -> None:
    last = write(order_book, streams(), 10)
    relays.start(50)
    assert wait_until(lambda: positions(kafka, prefix) == [last], seconds=SECONDS)
    with pytest.raises(AlreadyRunning, match=r"carnet relay .* shard 0 runs already.*Stop every relay first"):
        reshard(postgres=database, bootstrap=kafka, prefix=prefix, source="carnet", shards=2, stop=Flag())
    assert positions(kafka, prefix) == [last]
