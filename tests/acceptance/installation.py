"""One installation of Carnet, used as people use it: through `carnet`, in this process or in one of its own."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from kafka import KafkaProducer, TopicPartition
from psycopg import sql
from psycopg.conninfo import make_conninfo

from app.__main__ import run
from consumers.kernel import Message, encode
from infra.kafka import admin, consumer
from infra.settings import Settings, read
from infra.topics import described, wanted

SECONDS = 60.0
KEPT = ("CARNET_CACHE", "CARNET_JAVA")

TABLES = """
select schemaname, tablename from pg_tables
where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2"""
# What a rebuild has begun, nobody reads: of builds, only the live ones count.
LIVE = "select format('read_%s_%s', projection, build) from read.builds where state = 'live'"
OF_LIVE = {
    "read.builds": sql.SQL("select * from read.builds where state = 'live' order by projection"),
    "read.build_numbers": sql.SQL("select"),
    "read.checkpoints": sql.SQL(
        """select c.* from read.checkpoints c join read.builds b using (projection, build)
        where b.state = 'live' order by projection, slot"""
    ),
}


@dataclass(frozen=True)
class Said:
    """What one command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed, decoded; the command must have succeeded."""
        assert self.code == 0, self
        return msgspec.json.decode(self.out)


class Process:
    """`carnet …` in a process of its own; all that it prints goes to the file `log`."""

    def __init__(self, arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as written:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "app", *arguments],
                env={**inherited(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
            )

    def ended(self) -> Said:
        """How it ended, which it must do within a minute."""
        code = self.popen.wait(SECONDS)
        return Said(code, "", self.log.read_text())

    def stop(self) -> Said:
        self.popen.send_signal(signal.SIGTERM)
        return self.ended()


@dataclass(frozen=True)
class Installation:
    """Two databases and a prefix of topics; `environment` names them. `folder` is for logs and files."""

    environment: Mapping[str, str]
    folder: Path
    started: list[Process] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return read({**inherited(), **self.environment})

    @property
    def book(self) -> str:
        """The connection string of the order book."""
        return make_conninfo(self.settings.postgres, dbname=self.settings.database)

    @property
    def keys(self) -> str:
        """The connection string of the vault's keys."""
        return make_conninfo(self.settings.postgres, dbname=self.settings.keys_database)

    def carnet(self, *arguments: str, **environment: str) -> Said:
        """One command line, in this process."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - inherited().keys():
                patch.delenv(name)
            for name, value in {**self.environment, **environment}.items():
                patch.setenv(name, value)
            with redirect_stdout(out), redirect_stderr(err):
                code = run(arguments)
        return Said(code, _text(out), _text(err))

    def start(self, *arguments: str, **environment: str) -> Process:
        """One command line in a process of its own, which is killed in the end if it still runs."""
        log = self.folder / f"{len(self.started)}-{arguments[0]}.log"
        process = Process(arguments, {**self.environment, **environment}, log)
        self.started.append(process)
        return process

    def send(self, topic: str, key: UUID | bytes | None, message: Message | bytes) -> None:
        """Publish as another party would."""
        value = encode(message) if isinstance(message, Message) else message
        told = str(key).encode() if isinstance(key, UUID) else key
        with closing(KafkaProducer(bootstrap_servers=self.settings.kafka, acks="all")) as producer:
            producer.send(self.settings.topic_prefix + topic, key=told, value=value).get(timeout=SECONDS)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the owner of the order book's database sees."""
        with psycopg.connect(self.book, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def tables(self) -> Iterator[tuple[str, bytes]]:
        """Every table of both databases, by `schema.table`: its rows as COPY writes them in binary."""
        for conninfo in (self.book, self.keys):
            with psycopg.connect(conninfo) as connection:
                live = {name for (name,) in connection.execute(LIVE)} if conninfo == self.book else set()
                for schema, table in connection.execute(TABLES).fetchall():
                    name = f"{schema}.{table}"
                    whole = sql.SQL("select * from {}").format(sql.Identifier(schema, table))
                    if not schema.startswith("read_") or schema in live:
                        yield name, copied(connection, OF_LIVE.get(name, whole))

    def places(self) -> list[TopicPartition]:
        """Every partition of every topic of ours that exists."""
        names = [topic.name for topic in wanted(self.settings.topic_prefix, 1)]
        with closing(admin(self.settings.kafka)) as client:
            found = described(client, names)
        return [TopicPartition(name, n) for name, topic in found.items() for n in range(topic.partitions)]

    def ends(self) -> dict[TopicPartition, int]:
        """Where each of these partitions ends."""
        with closing(consumer(self.settings.kafka)) as reader:
            ends: dict[TopicPartition, int] = reader.end_offsets(self.places())
        return ends

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Afterwards every table and every topic holds what it held before.

        All but `keys.kept`, for a key is made before what it seals and stays where that comes to nothing, and
        builds that are not live.
        """
        tables, ends = dict(self.tables()), self.ends()
        yield
        now = dict(self.tables())
        changed = {name for name in tables.keys() | now.keys() if now.get(name) != tables.get(name)}
        assert changed <= {"keys.kept"}, changed
        assert self.ends() == ends, "messages came in"

    def end(self) -> None:
        for process in self.started:
            process.popen.kill()
            process.popen.wait()


def inherited() -> dict[str, str]:
    """The environment of the tests, without what it says of servers."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("CARNET_") or name in KEPT
    }


def copied(connection: psycopg.Connection[Any], query: sql.Composable) -> bytes:
    """The rows of a query as COPY writes them in binary."""
    statement = sql.SQL("copy ({}) to stdout (format binary)").format(query)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        return b"".join(bytes(part) for part in copy)


def _text(written: io.TextIOWrapper) -> str:
    assert isinstance(written.buffer, io.BytesIO)
    return written.buffer.getvalue().decode()
