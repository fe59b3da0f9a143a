"""A vault over an order book and a keys database, both empty."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from domain.sealed import Clear, Group, Personal, Sealed
from infra.clock import SystemClock
from infra.item import Appended, Item, Outcome
from infra.log import Log
from infra.migrate import KEYS, migrate
from infra.vault import SealedRow, Vault

KEK = bytes(range(32))


@dataclass
class Setting:
    """The two databases, the log, and vaults that are closed at the end."""

    book: str
    keys: str
    log: Log
    opened: list[Vault] = field(default_factory=list)

    def vault(self, kek: bytes = KEK) -> Vault:
        """A vault as another process would open it."""
        vault = Vault(kek=kek, keys=self.keys, book=self.book, clock=SystemClock())
        self.opened.append(vault)
        return vault

    def write(self, *rows: SealedRow) -> Outcome:
        """Write rows as a command of their own would."""
        command = uuid4()
        item = Item(
            command_id=command,
            occurred_at=datetime.now(UTC),
            actor="clerk-1",
            correlation_id=command,
            sealed=rows,
        )
        return self.log.append(item).result(timeout=20)

    def keep(self, vault: Vault, subject: UUID, text: str, group: Group = "contract") -> Sealed:
        """Seal a text and write it."""
        sealed, row = vault.seal(Clear(text), Personal("customer_id", group), subject)
        assert isinstance(self.write(row), Appended)
        return sealed

    def in_book(self, statement: LiteralString, *values: object) -> list[tuple[object, ...]]:
        return run(self.book, statement, values)

    def in_keys(self, statement: LiteralString, *values: object) -> list[tuple[object, ...]]:
        return run(self.keys, statement, values)


def run(database: str, statement: LiteralString, values: tuple[object, ...]) -> list[tuple[object, ...]]:
    """As the server's owner, past the vault."""
    with psycopg.connect(database) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def keys_template(postgres: str) -> str:
    name = "template_keys"
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    migrate(make_conninfo(postgres, dbname=name), KEYS)
    return name


@pytest.fixture
def new_keys(postgres: str, keys_template: str) -> Iterator[Callable[[], str]]:
    """Makes empty keys databases."""
    names: list[str] = []

    def make() -> str:
        names.append(f"keys_{uuid4().hex}")
        with psycopg.connect(postgres, autocommit=True) as server:
            create = sql.SQL("create database {} template {}")
            server.execute(create.format(sql.Identifier(names[-1]), sql.Identifier(keys_template)))
        return make_conninfo(postgres, dbname=names[-1])

    yield make
    with psycopg.connect(postgres, autocommit=True) as server:
        for name in names:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def setting(database: str, order_book: Log, new_keys: Callable[[], str]) -> Iterator[Setting]:
    setting = Setting(database, new_keys(), order_book)
    yield setting
    for vault in setting.opened:
        vault.close()
