"""An order book with consumers, and the part of the bank and the plant, on real servers."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.errors import RetriableError
from psycopg import sql
from psycopg.conninfo import make_conninfo

import domain.everything  # noqa: F401 -- registers every event
from consumers import payments as bank
from consumers.intake import GROUP
from consumers.kernel import Amount, Message, encode
from consumers.lag import Offsets
from consumers.run import CONSUMERS, run
from consumers.workshop import Workshop
from domain.allocations.ordering import OrderProduction
from domain.kernel import Command, Recorded
from domain.money import Money
from domain.orders.paying import PaymentReceived
from domain.orders.reserving import ReserveOrder
from domain.sealed import Clear
from infra import topics
from infra.ask import Ask
from infra.clock import Clock, SystemClock
from infra.embedded.processes import wait_until
from infra.handle import Desk
from infra.kafka import admin
from infra.log import Log
from infra.markets import load_markets
from infra.migrate import KEYS, migrate
from infra.parked_messages import PARKED_MESSAGES, ParkedMessage
from infra.vault import Vault

KEK = bytes(range(32))
PARTITIONS = 3
SECONDS = 60.0
AT = datetime(2026, 1, 5, 10, tzinfo=UTC)


Process = subprocess.Popen[str]


@dataclass
class Scene:
    """Everything of one test. `book` is the connection string of its order book."""

    book: str
    keys: str
    kafka: str
    prefix: str
    shop: Workshop
    producer: KafkaProducer
    sent: list[Any] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)

    def send(
        self, topic: str, key: UUID | bytes | None, message: Message | bytes, partition: int | None = None
    ) -> None:
        """Publish as the other party would."""
        value = encode(message) if isinstance(message, Message) else message
        told = str(key).encode() if isinstance(key, UUID) else key
        self.sent.append(self.producer.send(self.prefix + topic, key=told, value=value, partition=partition))

    def sent_all(self) -> None:
        self.producer.flush(timeout=30)
        for future in self.sent:
            future.get(timeout=30)
        self.sent.clear()

    def pay(
        self,
        order_id: UUID,
        payment_id: str,
        minor: int = 100,
        currency: str = "EUR",
        key: UUID | None = None,
    ) -> None:
        message = bank.PaymentReceived(
            payment_id=payment_id,
            order_id=order_id,
            kind="deposit",
            amount=Amount(minor=minor, currency=currency),
            received_at=AT,
        )
        self.send(topics.PAYMENTS, key or order_id, message)

    def ask(self, command: Command) -> None:
        self.shop.desk.handle(Ask(command=command, actor="clerk-1"))

    def reserve(self, order_id: UUID | None = None, deposit: int = 50_000) -> UUID:
        order_id = order_id or uuid4()
        self.ask(
            ReserveOrder(
                order_id=order_id,
                customer_id=uuid4(),
                buyer=Clear("Erika Mustermann"),
                brand="BMW",
                model="i4",
                powertrain="BEV",
                market="DE",
                channel="maker_online",
                deposit=Money(deposit, "EUR"),
            )
        )
        return order_id

    def produce(self, order_id: UUID | None = None) -> UUID:
        """Order a car from the plant."""
        vehicle_id = uuid4()
        self.ask(
            OrderProduction(
                vehicle_id=vehicle_id,
                production_no=f"P{vehicle_id.hex[:8]}",
                brand="BMW",
                model="i4",
                powertrain="BEV",
                options=(),
                plant="LEJ",
                market="DE",
                order_id=order_id,
            )
        )
        return vehicle_id

    @contextmanager
    def running(self, *names: str) -> Iterator[Event]:
        """Consumers in a thread of this process, stopped when the block ends; the event is set when they end.
        Raises what stopped them."""
        stop, ended = Event(), Event()
        faults: list[BaseException] = []

        def work() -> None:
            try:
                run(names, self.shop, stop, bootstrap=self.kafka, prefix=self.prefix)
            except BaseException as fault:
                faults.append(fault)
            ended.set()

        thread = Thread(target=work)
        thread.start()
        try:
            yield ended
        finally:
            stop.set()
            thread.join(SECONDS)
        assert not thread.is_alive()
        if faults:
            raise faults[0]

    def taken(self, *names: str) -> None:
        """Run consumers until every message was taken."""
        self.sent_all()
        with closing(Offsets(self.kafka, self.prefix, CONSUMERS.values())) as offsets, self.running(*names):

            def all_taken() -> bool:
                with self.shop.pool.connection() as connection:
                    return not any(lag.waiting for lag in offsets.lags(connection))

            assert wait_until(all_taken, seconds=SECONDS)

    def cut_off(self, database: str) -> None:
        """Let nobody use the order book any more."""
        with psycopg.connect(make_conninfo(self.book, dbname="postgres"), autocommit=True) as server:
            server.execute(
                sql.SQL("alter database {} allow_connections false").format(sql.Identifier(database))
            )
            server.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [database]
            )

    def let_in(self, database: str) -> None:
        with psycopg.connect(make_conninfo(self.book, dbname="postgres"), autocommit=True) as server:
            server.execute(
                sql.SQL("alter database {} allow_connections true").format(sql.Identifier(database))
            )

    def members(self) -> int:
        """How many processes share out the topics; 0 while they are at it."""
        with closing(admin(self.kafka)) as client:
            try:
                (group,) = client.describe_groups([self.prefix + GROUP]).values()
            except RetriableError:
                return 0
        return len(group["members"]) if group["group_state"] == "Stable" else 0

    def places(self, topic: str) -> list[TopicPartition]:
        return [TopicPartition(topic, number) for number in range(PARTITIONS)]

    def start(self, names: str, *, clock: str = "", before: int = 0, after: int = 0) -> Process:
        """Consumers in a process of their own, as `consuming.py` tells; it is gone when the test is."""
        arguments = [self.book, self.keys, self.kafka, self.prefix, names, clock, str(before), str(after)]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.consumers.consuming", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def parked(self) -> list[ParkedMessage]:
        with self.shop.pool.connection() as connection:
            return PARKED_MESSAGES.waiting(connection)

    def retry(self, row: ParkedMessage) -> None:
        with self.shop.pool.connection() as connection:
            PARKED_MESSAGES.retry(connection, row.id, actor="clerk-1", now=AT)

    def drop(self, row: ParkedMessage, why: str) -> None:
        with self.shop.pool.connection() as connection:
            PARKED_MESSAGES.drop(connection, row.id, actor="clerk-1", now=AT, why=why)

    def parked_state(self, row: ParkedMessage) -> str:
        with self.shop.pool.connection() as connection:
            return PARKED_MESSAGES.find(connection, row.id).state

    def history(self, stream_id: UUID) -> list[Recorded]:
        return self.shop.log.history(stream_id)

    def payments(self, order_id: UUID) -> list[str]:
        """The ids of the payments that the order's history holds, in order."""
        events = [recorded.event for recorded in self.history(order_id)]
        return [event.payment_id for event in events if isinstance(event, PaymentReceived)]

    def rows(self, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.book) as connection:
            return connection.execute(statement, values).fetchall()


def make_topics(kafka: str, prefix: str, partitions: int = PARTITIONS) -> None:
    with closing(admin(kafka)) as client:
        topics.apply(client, kafka, topics.wanted(prefix, partitions))


@pytest.fixture
def keys_database(postgres: str) -> Iterator[str]:
    name = f"keys_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    migrate(make_conninfo(postgres, dbname=name), KEYS)
    yield make_conninfo(postgres, dbname=name)
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def prefix(kafka: str) -> str:
    """The prefix of topics that exist and are empty."""
    name = f"t{uuid4().hex[:12]}."
    make_topics(kafka, name)
    return name


@contextmanager
def workshop(book: str, keys: str, clock: Clock | None = None) -> Iterator[Workshop]:
    """A workshop as a process opens it."""
    clock = clock or SystemClock()
    with (
        Log(book, clock, learn_within_s=3) as log,
        closing(Vault(kek=KEK, keys=keys, book=book, clock=clock)) as vault,
    ):
        desk = Desk(log, vault, load_markets(), clock, digest_key=vault.digest_key())
        with Workshop.opened(conninfo=book, desk=desk, log=log, vault=vault, clock=clock) as shop:
            yield shop


@contextmanager
def opened(book: str, keys: str, kafka: str, prefix: str) -> Iterator[Scene]:
    """A scene on these servers."""
    producer = KafkaProducer(bootstrap_servers=kafka, linger_ms=5, batch_size=256 * 1024)
    with workshop(book, keys) as shop, closing(producer):
        scene = Scene(book, keys, kafka, prefix, shop, producer)
        try:
            yield scene
        finally:
            for process in scene.processes:
                process.kill()
                process.communicate()


@pytest.fixture
def scene(database: str, keys_database: str, kafka: str, prefix: str) -> Iterator[Scene]:
    with opened(database, keys_database, kafka, prefix) as scene:
        yield scene
