"""Connections to PostgreSQL, and its errors in words that tell what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import (
    DiskFull,
    InsufficientPrivilege,
    InvalidCatalogName,
    OutOfMemory,
    QueryCanceled,
    ReadOnlySqlTransaction,
    TooManyConnections,
    UndefinedObject,
)
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from infra.errors import PostgresFault

Role = Literal["carnet_owner", "carnet_writer", "carnet_reader", "carnet_keeper"]
Connection = psycopg.Connection[TupleRow]
T = TypeVar("T")

CONNECT_TIMEOUT_S = 10
# A server that the network has lost would else be waited for until the system gives up, a quarter of an hour.
UNACKNOWLEDGED_MS = 30_000
PLANNED_EACH_TIME = "-c plan_cache_mode=force_custom_plan"


def as_role(conninfo: str, role: Role) -> str:
    """The same connection string, whose sessions have the rights of `role` and no others.

    The login must be a member of the role; the migration makes the one that migrates a member of them. A statement is
    planned by what the tables hold when it runs: a plan that is kept from when they were empty would read all of them
    for ever after. Who asks the same very often plans once, and sees to it that there is one plan only.
    """
    given = conninfo_to_dict(conninfo)
    return make_conninfo(
        conninfo,
        options=f"{PLANNED_EACH_TIME} {given.get('options') or ''} -c role={role} -c timezone=UTC",
        connect_timeout=CONNECT_TIMEOUT_S,
        tcp_user_timeout=given.get("tcp_user_timeout") or UNACKNOWLEDGED_MS,
        application_name=given.get("application_name") or role.replace("_", "-"),
        client_encoding="UTF8",  # texts are sent as bytes, whatever PGCLIENTENCODING says
    )


def connect(conninfo: str, role: Role | None = None) -> Connection:
    """An autocommit connection, with the rights of `role` if one is given.

    Raises:
        PostgresFault: the server cannot be reached, or the login is refused.
    """
    with faults():
        return psycopg.connect(as_role(conninfo, role) if role else conninfo, autocommit=True)


def check_durable(connection: Connection) -> None:
    """Refuse a session that would acknowledge what is not durable yet. Raises PostgresFault."""
    with faults():
        row = connection.execute("select current_setting('synchronous_commit')").fetchone()
    if row not in {("on",), ("remote_apply",)}:
        raise PostgresFault(
            f"synchronous_commit is {row and row[0]}: what is acknowledged could be lost.",
            hint="Set it to on for this database and login.",
        )


class ConnectionLost(PostgresFault):
    """An open connection went away while it was used; the server may be back already."""


class Pool:
    """Autocommit connections of one role, opened as they are needed and shared by threads."""

    def __init__(self, conninfo: str, role: Role, *, size: int = 8) -> None:
        self._conninfo = as_role(conninfo, role)
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            self._conninfo,
            kwargs={"autocommit": True},
            min_size=0,
            max_size=size,
            open=True,
            reconnect_timeout=CONNECT_TIMEOUT_S,
        )

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Borrow a connection. A server that was restarted is not noticed here but at the first statement;
        `forget` then drops every connection of before.

        Raises:
            PostgresFault: no connection could be made, or what was done with it failed.
        """
        with faults():
            connection = self._borrow()
            try:
                yield connection
            except psycopg.OperationalError as error:
                if connection.closed:
                    raise ConnectionLost(fault(error).message) from error
                raise
            finally:
                self._pool.putconn(connection)

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do work that may be repeated: once more, with a new connection, if the first did not survive a
        restart of the server. Raises PostgresFault."""
        try:
            with self.connection() as connection:
                return work(connection)
        except ConnectionLost:
            self.forget()
        with self.connection() as connection:
            return work(connection)

    def _borrow(self) -> Connection:
        """The pool alone would wait its time for a server that is down, and not say why."""
        for _ in range(CONNECT_TIMEOUT_S):
            try:
                return self._pool.getconn(timeout=1)
            except PoolTimeout:
                connect(self._conninfo).close()
        raise PostgresFault(
            f"All {self._pool.max_size} connections to PostgreSQL were in use for {CONNECT_TIMEOUT_S} s."
        )

    def forget(self) -> None:
        """Close the idle connections that no longer answer."""
        self._pool.check()

    def close(self) -> None:
        self._pool.close()


@contextmanager
def faults() -> Iterator[None]:
    """Turn what psycopg raises inside into a `PostgresFault`."""
    try:
        yield
    except psycopg.Error as error:
        raise fault(error) from error


def _refused_login(said: str) -> psycopg.Error | None:
    """What the server said while a session was opened: psycopg gives that no class of its own."""
    if re.search('FATAL: database "[^"]*" does not exist', said):
        return InvalidCatalogName()
    if re.search("FATAL: (permission denied to set role|role .* does not exist)", said):
        return InsufficientPrivilege()
    return None


def _rights(said: str) -> str:
    """What a login lacks that was refused."""
    if refused := re.search('permission denied to (?:set|grant) role "([^"]+)"', said):
        return f"Make the login a member of {refused[1]}: a superuser, or the login that made the role, may grant it."
    if re.search('role "carnet_[^"]+" does not exist', said):
        return "Run `carnet db migrate`, which makes the roles."
    return "Which rights a login needs stands in docs/how-to/your-own-servers.md."


def fault(error: psycopg.Error) -> PostgresFault:
    """The sentence for an error of psycopg, and what to do about it.

    What the server adds to its message is left out: it may quote values, and statements.
    """
    text = error.diag.message_primary or str(error)
    said = " ".join(text.split()).rstrip(".?") or type(error).__name__
    match _refused_login(said) or error:
        case DiskFull():
            return PostgresFault(
                f"PostgreSQL has no space left to write: {said}.",
                hint="Nothing of this was written. Free some space and ask again.",
            )
        case OutOfMemory() | TooManyConnections():
            return PostgresFault(f"PostgreSQL is out of resources: {said}.", hint="Ask again in a moment.")
        case QueryCanceled():
            return PostgresFault(
                f"PostgreSQL did not finish in time: {said}.",
                hint="Nothing of this was written. See in pg_stat_activity who holds it up, and ask again.",
            )
        case InvalidCatalogName():
            return PostgresFault(
                f"PostgreSQL has no such database: {said}.", hint="`carnet db migrate` creates it."
            )
        case InsufficientPrivilege() | UndefinedObject():
            return PostgresFault(
                f"PostgreSQL does not let this login do that: {said}.",
                hint=_rights(said),
            )
        case ReadOnlySqlTransaction():
            return PostgresFault(
                f"This PostgreSQL only reads: {said}.", hint="Point CARNET_POSTGRES at the primary."
            )
        case psycopg.OperationalError() | psycopg.InterfaceError():
            return PostgresFault(
                f"PostgreSQL cannot be reached: {said}.",
                hint="Check CARNET_POSTGRES and that the server runs.",
            )
        case _:
            return PostgresFault(f"PostgreSQL refused a statement: {said}.")
