"""Events a second from the log to Kafka, against the same producer with bytes that are ready.

Both publish the same events to topics of their own, in transactions of the same size, through one producer. Both are
timed from the commit of their first transaction to that of their last, so neither pays for starting up.
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from contextlib import closing
from threading import Event as Flag
from typing import Any

import psutil
import structlog

from benchmarks import sides
from benchmarks.figures import Figures, figure, ratios
from benchmarks.ground import Ground
from benchmarks.sides import Numbers
from benchmarks.size import ROUNDS, Size
from domain.kernel import Family
from infra import kafka, topics
from infra.outgoing import Outgoing, Reading, Record
from infra.relay import EVENTS_MAX, Relay
from infra.shard import WHOLE

PARTITIONS = 3


def measure(ground: Ground, size: Size) -> Figures:
    """Both in turn, ROUNDS times."""
    log = ground.grown(size.relayed_events)
    rounds = []
    for number in range(ROUNDS):
        measured: Numbers = {}
        for side in (relays, produces):
            ground.tidy(log)
            prefix = f"{side.__name__}{number}."
            measured |= sides.run(side, log, ground.kafka, prefix, size.relayed_events)
        rounds.append(measured)
    told = f"{size.relayed_events:,} events a run"
    return {
        "relay_events_per_second": figure([each["relays"] for each in rounds], "events/s", told),
        "producer_events_per_second": figure([each["produces"] for each in rounds], "events/s", told),
        "relay_vs_producer": figure(ratios(rounds, "relays", "produces"), "x", told),
        "relay_rss_mb": figure([each["rss_mb"] for each in rounds], "MB", told),
    }


def relays(conninfo: str, bootstrap: str, prefix: str, events: int) -> Numbers:
    """Ours, told by what it logs."""
    _make_topics(bootstrap, prefix)
    committed: list[tuple[float, int]] = []

    def note(_logger: object, _method: str, told: MutableMapping[str, Any]) -> str:
        if told["event"] == "relay.published":
            committed.append((time.perf_counter(), told["position"]))
        raise structlog.DropEvent

    structlog.configure(processors=[note])
    Relay(postgres=conninfo, bootstrap=bootstrap, prefix=prefix).run(Flag(), until=events)
    (started, first), (ended, last) = committed[0], committed[-1]
    return {"relays": (last - first) / (ended - started), "rss_mb": psutil.Process().memory_info().rss / 1e6}


def produces(conninfo: str, bootstrap: str, prefix: str, events: int) -> Numbers:
    """The raw limit: the same producer; what it sends has been read and encoded before."""
    _make_topics(bootstrap, prefix)
    records = _records(conninfo, events)
    names: dict[Family, str] = {family: topics.event_topic(family, prefix) for family in topics.FAMILIES}
    with closing(kafka.producer(bootstrap, f"{prefix}raw")) as producer:
        producer.init_transactions()
        committed = []
        for start in range(0, len(records), EVENTS_MAX):
            producer.begin_transaction()
            sent = [
                producer.send(
                    names[record.family],
                    key=record.key,
                    value=record.value,
                    headers=record.headers,
                    partition=record.partition,
                    timestamp_ms=record.timestamp_ms,
                )
                for record in records[start : start + EVENTS_MAX]
            ]
            producer.flush()
            for one in sent:
                one.get()
            producer.commit_transaction()
            committed.append(time.perf_counter())
    return {"produces": (len(records) - EVENTS_MAX) / (committed[-1] - committed[0])}


def _records(conninfo: str, events: int) -> list[Record]:
    reading = Reading(
        conninfo=conninfo,
        source="carnet",
        shard=WHOLE,
        partitions=dict.fromkeys(topics.FAMILIES, PARTITIONS),
        after=0,
        until=events,
        rows_max=EVENTS_MAX,
    )
    outgoing = Outgoing(reading)
    records: list[Record] = []
    at = 0
    while at < events:
        for batch in outgoing.batches(at):
            records += batch.records
            at = batch.position
    return records


def _make_topics(bootstrap: str, prefix: str) -> None:
    with kafka.faults(bootstrap), closing(kafka.admin(bootstrap)) as admin:
        topics.apply(admin, bootstrap, topics.wanted(prefix, PARTITIONS))
