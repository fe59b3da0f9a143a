"""What a Kafka that was killed needs before it starts again.

A broker that comes back after `kill -9` believes for nine seconds, from its own metadata, that it still leads
its partitions. Then the controller, whose session with it has expired, takes them away. A transaction whose
commit was acknowledged just before the kill is finished in these seconds; if that meets the moment when they
are taken away, Kafka holds the topic for deleted, calls the transaction complete and writes no end marker:
readers of committed records wait before it for ever (seen with 4.3.1 in one restart of ten).

So the controller runs alone first, for a second, until it has fenced the broker that died. The broker then
starts with nothing to believe, and starts sooner, too.
"""

import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.embedded.processes import Identity, alive, size, spawn, stop, tail, wait_until
from infra.errors import KafkaFault

ACTIVE_S = 60.0
FENCED_S = 3.0
STOP_S = 20.0
SESSION_MS = 500

TELLING = (
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.controller.PeriodicTaskControlManager=info",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.controller.ReplicationControlManager=info",
)


def died(topics: Path) -> bool:
    """Whether the broker of this folder ended without its own doing; a clean end leaves a file."""
    return (topics / "meta.properties").exists() and not (topics / ".kafka_cleanshutdown").exists()


def fence(
    java: Sequence[str],
    properties: Mapping[str, str],
    *,
    folder: Path,
    log: Path,
    started: Callable[[Identity], None],
) -> None:
    """Run the controller alone until it has fenced the broker. Raises KafkaFault if it cannot.

    `java` is the command line up to the main class, `properties` those of the whole server.
    """
    file = folder / "controller.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in _of_controller(properties).items()))
    log_since = size(log)
    identity = spawn([*java, *TELLING, "kafka.Kafka", str(file)], log=log, folder=folder)
    started(identity)

    def told(sentence: str) -> Callable[[], bool]:
        return lambda: sentence in tail(log, since=log_since, lines=1000) or not alive(identity)

    wait_until(told("Activated periodic tasks"), seconds=ACTIVE_S)
    if not alive(identity):
        raise KafkaFault(f"Kafka's controller stopped while it cleared up after a crash; see {log}.")
    # A broker that died before it was registered is fenced already, and nothing more is told.
    wait_until(told("Fencing broker 1 "), seconds=FENCED_S)
    stop(identity, politely=signal.SIGTERM, seconds=STOP_S)


def _of_controller(properties: Mapping[str, str]) -> dict[str, str]:
    of_broker = {"advertised.listeners", "inter.broker.listener.name"}
    listeners = properties["listeners"].split(",")
    return {name: value for name, value in properties.items() if name not in of_broker} | {
        "process.roles": "controller",
        "listeners": next(listener for listener in listeners if listener.startswith("CONTROLLER:")),
        "broker.session.timeout.ms": str(SESSION_MS),
        "broker.heartbeat.interval.ms": str(SESSION_MS // 2),
    }
