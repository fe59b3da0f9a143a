"""The embedded Apache Kafka: one process that is broker and controller (KRaft), on 127.0.0.1 only."""

import base64
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from infra.embedded.fencing import died, fence
from infra.embedded.jars import class_path
from infra.embedded.java import java
from infra.embedded.processes import Identity, alive, size, spawn, stop, tail, wait_until
from infra.errors import KafkaFault

HOST = "127.0.0.1"
READY_S = 90.0
STOP_S = 20.0
ATTEMPTS = 3

JVM = (
    "-Xms128m",
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)

PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": "3",
    "num.network.threads": "2",
    "num.io.threads": "4",
    # The log is kept for ever: what is published can be read again from the first record.
    "log.retention.ms": "-1",
    "log.retention.bytes": "-1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "2",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "2",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.cleaner.backoff.ms": "500",
    "log.cleaner.dedupe.buffer.size": "33554432",
}


class Ports(msgspec.Struct, frozen=True):
    """Where clients connect, and where the controller listens."""

    broker: int
    controller: int


class Kafka:
    """One Kafka under `data`; its `jars` are shared by all."""

    name = "kafka"

    def __init__(self, data: Path, *, jars: Path, java: Path | None = None) -> None:
        data = data.resolve()
        self.folder = data / "kafka"
        self.log = data / "kafka.log"
        self.properties = self.folder / "server.properties"
        self.arguments = self.folder / "class-path"  # a Java argument file: `java @class-path Main`
        self._jars = jars
        self._java = java

    @property
    def address(self) -> str:
        """The bootstrap server, `127.0.0.1:port`; "" before the first start."""
        ports = self.ports()
        return f"{HOST}:{ports.broker}" if ports else ""

    def ports(self) -> Ports | None:
        """The ports of the last start, which the next one takes again."""
        file = self.folder / "ports.json"
        return msgspec.json.decode(file.read_bytes(), type=Ports) if file.exists() else None

    def up(self, started: Callable[[Identity], None]) -> None:
        """Start the broker, its folder formatted first if it is new, and return when it lists its topics.

        `started` is told the process at once. Raises KafkaFault, with the end of the log if the broker dies
        first; IntegrityFault (a jar is not the locked one); InputError (CARNET_JAVA).
        """
        binary = java(self._java)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.arguments.write_text(f"-cp {_quoted(class_path(self._jars))}\n")
        for attempts_left in reversed(range(ATTEMPTS)):
            log_since = size(self.log)
            identity = self._spawn(binary, started)
            answers = self._answers(identity)
            if alive(identity):
                break
            end = tail(self.log, since=log_since)
            if attempts_left and "Address already in use" in end:
                continue  # somebody took the port between our look and Kafka's
            raise KafkaFault(f"The embedded Kafka stopped while it started. The end of {self.log}:\n{end}")
        if not answers:
            raise KafkaFault(f"The embedded Kafka does not answer after {READY_S:.0f} seconds.")

    def stop(self, identity: Identity | None) -> None:
        """Stop it; what it acknowledged is on the disk."""
        stop(identity, politely=signal.SIGTERM, seconds=STOP_S)

    def tool(self, main: str, *arguments: str) -> list[str]:
        """The command line of one of Kafka's own tools, from the same jars."""
        return [str(java(self._java)), f"@{self.arguments}", main, *arguments]

    def _spawn(self, binary: Path, started: Callable[[Identity], None]) -> Identity:
        ports = self.ports()
        if ports is None or not (_free(ports.broker) and _free(ports.controller)):
            ports = Ports(*_free_ports(2))
            (self.folder / "ports.json").write_bytes(msgspec.json.encode(ports))
        properties = self._configure(ports)
        java_command = [str(binary), *JVM, f"@{self.arguments}"]
        if not (self.folder / "topics" / "meta.properties").exists():
            self._format(binary)
        elif died(self.folder / "topics"):
            fence(java_command, properties, folder=self.folder, log=self.log, started=started)
        command = [*java_command, "kafka.Kafka", str(self.properties)]
        identity = spawn(command, log=self.log, folder=self.folder)
        started(identity)
        return identity

    def _answers(self, identity: Identity) -> bool:
        """Wait until a client can list the topics; an open port is not enough."""
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError

        def listens_or_dead() -> bool:
            ports = self.ports()
            with socket.socket() as client:
                listens = ports is not None and client.connect_ex((HOST, ports.broker)) == 0
            return listens or not alive(identity)

        def lists_topics_or_dead() -> bool:
            try:
                with closing(KafkaAdminClient(bootstrap_servers=self.address)) as admin:
                    admin.list_topics()
            except KafkaError:
                return not alive(identity)
            return True

        return wait_until(listens_or_dead, seconds=READY_S) and (
            not alive(identity) or wait_until(lists_topics_or_dead, seconds=READY_S)
        )

    def _configure(self, ports: Ports) -> dict[str, str]:
        broker, controller = f"{HOST}:{ports.broker}", f"{HOST}:{ports.controller}"
        properties = PROPERTIES | {
            "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{broker}",
            "controller.quorum.bootstrap.servers": controller,
            "log.dirs": str(self.folder / "topics"),
        }
        self.properties.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
        return properties

    def _format(self, binary: Path) -> None:
        words = f"format --standalone --ignore-formatted -t {new_cluster_id()} -c"
        arguments = [*words.split(), str(self.properties)]
        command = [str(binary), "-XX:TieredStopAtLevel=1", f"@{self.arguments}", "kafka.tools.StorageTool"]
        done = subprocess.run([*command, *arguments], check=False, capture_output=True, text=True)
        if done.returncode:
            raise KafkaFault(f"Kafka's folder {self.folder} could not be formatted: {done.stderr.strip()}")


def new_cluster_id() -> str:
    """16 random bytes as Kafka writes them. A leading "-" would be read as an option, so there is none."""
    return base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=").replace("-", "_")


def _quoted(value: str) -> str:
    """As a Java argument file wants it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Kafka does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on now; the system picks them."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
