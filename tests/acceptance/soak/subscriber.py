"""A subscriber to every event topic: `python -m tests.acceptance.soak.subscriber JOURNAL`. It reads what is committed
until SIGTERM, and writes it down; one that is started again goes on where the one before it stopped."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from kafka import TopicPartition

from app import reaching
from app.stopping import stop_signals
from app.wiring import configured
from infra import kafka
from infra.cloudevents import envelope_of
from infra.topics import event_topics, require
from tests.acceptance.soak.ending import ending
from tests.acceptance.soak.journal import Journal, Received, received

POLL_MS = 200


def main(path: Path) -> None:
    next_of = {TopicPartition(one.topic, one.partition): one.offset + 1 for one in received(path)}
    journal = Journal(path)
    settings = configured()
    bootstrap = reaching.kafka(settings)
    topics = event_topics(settings.topic_prefix)
    with kafka.faults(bootstrap), closing(kafka.admin(bootstrap)) as admin:
        found = require(admin, topics)
    partitions = [TopicPartition(name, number) for name in topics for number in range(found[name].partitions)]
    with (
        stop_signals() as stop,
        kafka.faults(bootstrap),
        closing(kafka.consumer(bootstrap)) as client,
    ):
        client.assign(partitions)
        client.seek_to_beginning(*partitions)
        for partition, offset in next_of.items():
            client.seek(partition, offset)
        while not stop.is_set():
            for partition, records in client.poll(timeout_ms=POLL_MS).items():
                journal.write(
                    *(
                        Received(
                            partition.topic,
                            partition.partition,
                            one.offset,
                            envelope_of(one.headers).position,
                        )
                        for one in records
                    )
                )


if __name__ == "__main__":
    ending(lambda: main(Path(sys.argv[1])))
