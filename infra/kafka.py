"""Clients of Apache Kafka, and its errors in words that tell what to do.

What is sent is summed with CRC-32C and compressed with lz4, what is read is committed, and no client makes
a topic by asking for one.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.record import util

from infra.errors import AlreadyRunning, CarnetError, KafkaFault

CONNECT_S = 5.0
BOOTSTRAP_TIMEOUT_MS = 10_000
DELIVERY_TIMEOUT_MS = 60_000
REQUEST_TIMEOUT_MS = 30_000
SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_INTERVAL_MS = 2_000
METADATA_MAX_AGE_MS = 5_000
TRANSACTION_TIMEOUT_MS = 60_000
BATCH_BYTES = 256 * 1024
LINGER_MS = 200  # until a flush, which sends at once, only full batches leave
POLL_MAX_RECORDS = 5_000
POLL_MS = 500
STALLED_S = 60
LOOK_BACK = 32  # offsets; a transaction of the relay takes two in the topic of its positions
REACH_HINT = "Check CARNET_KAFKA and that the broker runs."

FENCED = (
    kafka_errors.ProducerFencedError,
    kafka_errors.InvalidProducerEpochError,
)
UNREACHABLE = (
    kafka_errors.KafkaConnectionError,
    kafka_errors.KafkaTimeoutError,
    kafka_errors.MetadataEmptyBrokerList,
    kafka_errors.RequestTimedOutError,
    kafka_errors.NodeNotReadyError,
)


# kafka-python has no types: its clients leave here as Any.
def admin(bootstrap: str) -> Any:
    """An admin client. Raises KafkaFault if no broker answers."""
    with faults(bootstrap):
        return KafkaAdminClient(**_reach(bootstrap), request_timeout_ms=REQUEST_TIMEOUT_MS)


def consumer(bootstrap: str, *, group: str | None = None) -> Any:
    """A consumer of what is committed, alone or as a member of a group; it keeps no offsets in Kafka.

    Raises KafkaFault if no broker answers.
    """
    _require_crc32c()
    with faults(bootstrap):
        return KafkaConsumer(
            **_reach(bootstrap),
            group_id=group,
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_INTERVAL_MS,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            max_poll_records=POLL_MAX_RECORDS,
            metrics_enabled=False,
        )


def producer(bootstrap: str, transactional_id: str) -> Any:
    """A transactional producer. Raises KafkaFault if no broker answers."""
    _require_crc32c()
    with faults(bootstrap):
        return KafkaProducer(
            **_reach(bootstrap),
            transactional_id=transactional_id,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
            compression_type="lz4",
            batch_size=BATCH_BYTES,
            linger_ms=LINGER_MS,
            # By default it waits 100 ms whenever the transaction before is still being ended.
            retry_backoff_ms=5,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )


def read_to_end(client: Any, partitions: Sequence[TopicPartition]) -> Iterator[Any]:
    """Every committed record of the partitions, from the first to the last that there is now.

    Call it inside `faults`.
    """
    client.assign(partitions)
    client.seek_to_beginning(*partitions)
    yield from _up_to(client, client.end_offsets(partitions))


def last_records(client: Any, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, Any]:
    """The last committed record of each partition that has one, looked for from the end. Call it inside `faults`.

    What was aborted and the marks of transactions take offsets too, so it may stand any number of them before the end.
    """
    first, ends = client.beginning_offsets(partitions), client.end_offsets(partitions)
    found: dict[TopicPartition, Any] = {}
    left, back = [one for one in partitions if first[one] < ends[one]], LOOK_BACK
    while left:
        client.assign(left)
        for one in left:
            client.seek(one, max(first[one], ends[one] - back))
        for record in _up_to(client, {one: ends[one] for one in left}):
            found[TopicPartition(record.topic, record.partition)] = record
        left = [one for one in left if one not in found and ends[one] - back > first[one]]
        back *= 2
    return found


def _up_to(client: Any, ends: Mapping[TopicPartition, int]) -> Iterator[Any]:
    """Every committed record from where the client stands to these offsets.

    The end is told by the consumer's position: aborted records and the marks of transactions take offsets,
    and are never handed out.
    """
    last_move = time.monotonic()
    while reading := [partition for partition, end in ends.items() if client.position(partition) < end]:
        before = [client.position(partition) for partition in reading]
        for partition, records in client.poll(timeout_ms=POLL_MS).items():
            yield from (record for record in records if record.offset < ends[partition])
        if [client.position(partition) for partition in reading] != before:
            last_move = time.monotonic()
        elif time.monotonic() - last_move > STALLED_S:
            raise KafkaFault(f"Kafka sent nothing of {reading[0].topic} for {STALLED_S} seconds.")


@contextmanager
def faults(bootstrap: str) -> Iterator[None]:
    """Turn what kafka-python raises inside into a `KafkaFault`, or `AlreadyRunning` where a newer producer
    has taken our place."""
    try:
        yield
    except kafka_errors.KafkaError as error:
        raise fault(error, bootstrap) from error


def fault(error: Exception, bootstrap: str) -> CarnetError:
    """The sentence for an error of kafka-python, and what to do about it."""
    said = " ".join(str(error).split()) or type(error).__name__
    match error:
        # What is told of a fenced producer depends on the moment: the error itself, or one that carries it.
        case _ if any(isinstance(one, FENCED) for one in (error, *error.args)):
            return AlreadyRunning(
                "Another process has taken over as the only producer of these topics; this one stops.",
                hint="Leave one of the two running.",
            )
        case kafka_errors.UnknownTopicOrPartitionError():
            return KafkaFault(
                f"A topic is missing on Kafka at {bootstrap}: {said}.", hint="Run `carnet topics apply`."
            )
        case _ if isinstance(error, UNREACHABLE):
            return KafkaFault(
                f"Kafka at {bootstrap} cannot be reached: {said}.",
                hint=REACH_HINT,
            )
        case _:
            return KafkaFault(f"Kafka at {bootstrap} refused: {said}.")


def _reach(bootstrap: str) -> dict[str, object]:
    """How to connect, once somebody listens there: kafka-python asks a dead address again and again, and
    leaves a socket open each time."""
    addresses = bootstrap.split(",")
    refused = [refusal for refusal in map(_refusal, addresses) if refusal]
    if len(refused) == len(addresses):
        raise KafkaFault(f"Kafka at {bootstrap} cannot be reached: {refused[0]}.", hint=REACH_HINT)
    return {"bootstrap_servers": addresses, "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS}


def _refusal(address: str) -> str:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_S).close()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _require_crc32c() -> None:
    """Without the package every byte is summed in Python, three times slower overall."""
    if util.crc32c_c is None:
        raise KafkaFault("The package crc32c is missing.", hint="Install what pyproject.toml lists.")
