"""Numbered migrations of the order book and of the keys: `infra/sql/book/NNNN_what.sql` and `infra/sql/keys/…`.

Each is applied once, in one transaction of its own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import LiteralString

from psycopg import sql

from infra.errors import IntegrityFault
from infra.postgres import Connection, connect, faults

LOCK = 0x6361726E6574  # "carnet": two who migrate at once wait for each other
# Who makes a role without being a superuser may else grant it to others, and not take it himself.
TAKE_WHAT_IT_MAKES = "set createrole_self_grant = 'set, inherit'"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of database: the folder of its migrations, the schema that notes them, and the schema's owner
    ("none" is the login that migrates)."""

    folder: str
    schema: LiteralString
    owner: LiteralString
    holds: str


BOOK = Kind("book", "carnet", "carnet_owner", "order book")
KEYS = Kind("keys", "keys", "none", "keys of a vault")


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.text.encode()).digest()


def migrations(kind: Kind = BOOK) -> list[Migration]:
    """Every migration of a kind of database, in order."""
    found = [
        Migration(int(file.name[:4]), file.name[5:].removesuffix(".sql"), file.read_text(encoding="utf-8"))
        for file in (files("infra") / "sql" / kind.folder).iterdir()
        if file.name.endswith(".sql")
    ]
    return sorted(found, key=lambda migration: migration.number)


def migrate(conninfo: str, kind: Kind = BOOK) -> list[str]:
    """Bring a database to the schema of this version; returns the names of what was applied.

    The login must be able to create roles (a superuser, or CREATEROLE) the first time.

    Raises:
        PostgresFault: the server cannot be reached or refuses a statement.
        IntegrityFault: the database is of a newer version, was migrated by other files, or cannot hold every text.
    """
    with connect(conninfo) as connection, faults():
        _check_encoding(connection)
        connection.execute(TAKE_WHAT_IT_MAKES)
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        todo = _missing(kind, _applied(kind, connection))
        for migration in todo:
            with connection.transaction():
                connection.execute(sql.SQL(migration.text))  # our own file, not data
                connection.execute(f"set local role {kind.owner}")
                connection.execute(
                    f"insert into {kind.schema}.migrations (number, name, sha256) values (%s, %s, %s)",  # noqa: S608
                    [migration.number, migration.name, migration.sha256],
                )
        if kind is BOOK:
            _let_schemas_be_made(connection)
        return [f"{migration.number:04} {migration.name}" for migration in todo]


def _check_encoding(connection: Connection) -> None:
    """A database takes the encoding of its server's template, unless it is told another."""
    row = connection.execute("show server_encoding").fetchone()
    if row != ("UTF8",):
        name = connection.info.dbname
        raise IntegrityFault(
            f"Database {name} has the encoding {row and row[0]}, and names need UTF8.",
            hint=f"Make it anew: create database {name} encoding 'UTF8' template template0, in a locale that has it.",
        )


def _let_schemas_be_made(connection: Connection) -> None:
    """A database that was cloned or restored has kept the rights within it, and lost this one on it."""
    name = sql.Identifier(connection.info.dbname)
    row = connection.execute(
        "select has_database_privilege('carnet_owner', current_database(), 'create')"
    ).fetchone()
    if row != (True,):
        connection.execute(sql.SQL("grant create on database {} to carnet_owner").format(name))


def check_version(connection: Connection, kind: Kind = BOOK) -> None:
    """Refuse to work on a database of another schema version.

    Raises:
        IntegrityFault: it is older, newer, or of another kind.
    """
    applied = _applied(kind, connection)
    missing = _missing(kind, applied)
    if missing:
        last, at = missing[-1].number, max(applied, default=0)
        database = connection.info.dbname
        what = (
            f"is at schema version {at}, this version of Carnet needs {last}"
            if at
            else f"holds no {kind.holds}"
        )
        raise IntegrityFault(f"Database {database} {what}.", hint="Run `carnet db migrate`.")


def _applied(kind: Kind, connection: Connection) -> dict[int, bytes]:
    with faults():
        row = connection.execute(f"select to_regclass('{kind.schema}.migrations')").fetchone()
        if row is None or row[0] is None:
            return {}
        return dict(connection.execute(f"select number, sha256 from {kind.schema}.migrations").fetchall())  # noqa: S608


def _missing(kind: Kind, applied: dict[int, bytes]) -> list[Migration]:
    ours = migrations(kind)
    if applied and max(applied) > ours[-1].number:
        raise IntegrityFault(
            f"The database is at schema version {max(applied)}, this version of Carnet knows {ours[-1].number}.",
            hint="Run the newer version of Carnet.",
        )
    for migration in ours:
        if applied.get(migration.number, migration.sha256) != migration.sha256:
            raise IntegrityFault(
                f"Migration {migration.number:04} {migration.name} was applied with another text.",
                hint="Run the version of Carnet that migrated this database.",
            )
    return [migration for migration in ours if migration.number not in applied]
