"""The topics of others, as long as this process runs: partitions come and go, each has its own thread."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from threading import Event
from time import monotonic
from uuid import UUID

import structlog

from consumers.inbox import Inbox, Source, Taken
from consumers.kernel import Consumer
from consumers.membership import Membership, Partition, Record
from consumers.partition import PartitionThread, Passed
from consumers.workshop import Workshop
from infra.errors import IntegrityFault

GROUP = "carnet"
PROBE_EVERY_S = 5.0
STOP_WITHIN_S = 30.0

logger = structlog.get_logger()


class Intake:
    """Takes what the topics of some consumers bring.

    `prefix` stands before every topic's name, and before the group's. The group in Kafka only shares out the
    partitions; how far each was taken is tracked in the log.
    """

    def __init__(
        self, consumers: Iterable[Consumer], workshop: Workshop, bootstrap: str, prefix: str
    ) -> None:
        self._consumers = {prefix + consumer.topic: consumer for consumer in consumers}
        self._shop = workshop
        self._bootstrap, self._group = bootstrap, prefix + GROUP
        self._member = Membership(bootstrap, self._group, self._consumers)
        self._missed = 0
        self._threads: dict[Partition, PartitionThread] = {}
        self._full: set[Partition] = set()
        self._faults: list[BaseException] = []
        self._failed = Event()
        self._probed = monotonic()

    def run(self, stop: Event) -> None:
        """Take messages until `stop`; then finish those at hand.

        Raises:
            KafkaFault, PostgresFault, Contended: it could not go on; what was not taken comes again.
            IntegrityFault: a topic was made anew, or lost messages that were not taken.
        """
        try:
            while not stop.is_set() and not self._failed.is_set():
                self._hand_out(self._member.poll())
                self._follow_shares()
                self._balance()
                self._probe()
        finally:
            self._stop(set(self._threads))
            self._member.close()
        if self._faults:
            raise self._faults[0]

    def _hand_out(self, batches: dict[Partition, list[Record]]) -> None:
        for partition, records in batches.items():
            if thread := self._threads.get(partition):
                name = thread.inbox.source.name
                for record in records:
                    message = Taken(
                        offset=record.offset,
                        identity=f"{name}:{record.offset}",
                        key=opaque(record.key, self._shop.vault.digest_key()),
                        payload=record.value or b"",
                    )
                    thread.give(message)
            if thread and thread.is_full:
                self._member.pause(partition, paused=True)
                self._full.add(partition)

    def _follow_shares(self) -> None:
        lost, given = self._member.shares()
        self._stop(lost)
        for partition in sorted(given):
            self._begin(partition)

    def _begin(self, partition: Partition) -> None:
        topic, number = partition
        name = source_name(self._member.cluster, topic, self._member.ids[topic], number)
        first, end = self._member.bounds(partition)
        taken = self._shop.log.taken(name)
        offset = first if taken is None else taken
        if taken is None:
            self._refuse_remade(name, topic, number)
        elif not first <= taken <= end:
            raise IntegrityFault(
                f"{topic}[{number}] holds the offsets {first} to {end}, but {taken} is to be taken next.",
                hint="Messages are lost. Find out who shortened the topic, then `carnet topics accept` it.",
            )
        inbox = Inbox(
            Source(name=name, topic=topic, partition=number, read=self._consumers[topic].read),
            self._shop,
            offset,
        )
        self._threads[partition] = PartitionThread(inbox, self._failed)
        self._member.begin(partition, offset)
        logger.info("consume.taking", topic=topic, partition=number, offset=offset)

    def _refuse_remade(self, name: str, topic: str, number: int) -> None:
        """A topic of the same name that was taken from under another id was deleted and made anew."""
        with self._shop.pool.connection() as connection:
            row = connection.execute(
                "select source, next from carnet.tracking where starts_with(source, %s) and source <> %s "
                "and right(source, length(%s)) = %s order by next desc limit 1",
                [f"{self._member.cluster}/{topic}@", name, f"[{number}]", f"[{number}]"],
            ).fetchone()
        if row:
            raise IntegrityFault(
                f"The topic {topic} was deleted and made anew: {row[0]} was taken to offset {row[1]}, "
                f"and now it is {name}.",
                hint="If nothing is missing, `carnet topics accept` takes it from its first message on.",
            )

    def _balance(self) -> None:
        """Let go on what has room, and note marks of transactions that nobody hands out."""
        for partition, thread in self._threads.items():
            # Only what was paused here: a partition that is just being given again must stand still.
            if partition in self._full and thread.has_room:
                self._member.pause(partition, paused=False)
                self._full.discard(partition)
            position = self._member.position(partition) if thread.is_idle else None
            if position is not None and position > thread.given:
                thread.give(Passed(position))

    def _probe(self) -> None:
        """Ask now and then whether the topics are still there, and still the same: a client whose broker is
        gone waits in silence."""
        if monotonic() - self._probed < PROBE_EVERY_S:
            return
        for topic, topic_id in self._member.topic_ids().items():
            if topic_id != self._member.ids[topic]:
                raise IntegrityFault(
                    f"The topic {topic} was deleted and made anew while it was read.",
                    hint="If nothing is missing, `carnet topics accept` takes it from its first message on.",
                )
        self._rejoin_if_forgotten()
        self._probed = monotonic()

    def _rejoin_if_forgotten(self) -> None:
        """kafka-python loses track of a join whose answer comes just as `poll` gives up: then Kafka drops the
        member, which would wait for ever. Two probes in a row must say so."""
        if self._threads or self._member.is_known():
            self._missed = 0
            return
        self._missed += 1
        if self._missed > 1:
            logger.warning("consume.joined_anew", group=self._group)
            self._member.close()
            self._member = Membership(self._bootstrap, self._group, self._consumers)
            self._missed = 0

    def _stop(self, partitions: set[Partition]) -> None:
        threads = [self._threads.pop(partition) for partition in partitions if partition in self._threads]
        self._full -= partitions
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join(STOP_WITHIN_S)
        self._faults += [thread.fault for thread in threads if thread.fault]


def source_name(cluster: str, topic: str, topic_id: UUID, partition: int) -> str:
    """What tracking calls one partition of one topic: of two topics with one name, too."""
    return f"{cluster}/{topic}@{topic_id}[{partition}]"


def opaque(key: bytes | None, secret: bytes) -> str | None:
    """A Kafka key that may stand in the clear: an id as it is, any other text as a digest under a secret, since
    others may use a VIN as a key, and whoever has a digest of that without a secret can guess it."""
    if key is None:
        return None
    try:
        return str(UUID(key.decode()))
    except ValueError:
        return hmac.digest(secret, key, "sha256").hex()
