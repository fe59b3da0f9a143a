"""The sessions of PostgreSQL in which builds are written and read: their settings, and what their errors say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.errors import UndefinedColumn, UndefinedTable
from psycopg.sql import SQL, Identifier

from infra.errors import IntegrityFault
from infra.only_one import introduce
from infra.postgres import Connection, connect, fault


def opened(conninfo: str, what: str) -> Connection:
    """A connection for work on builds; `what` it is for is its name. Raises PostgresFault."""
    connection = connect(conninfo, "carnet_writer")
    try:
        with explained():
            _prepare(connection)
            introduce(connection, what)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def explained() -> Iterator[None]:
    """The errors of the server in our words.

    Raises:
        IntegrityFault: a table is gone or of another shape.
        PostgresFault: every other.
    """
    try:
        yield
    except (UndefinedTable, UndefinedColumn) as error:
        raise IntegrityFault(
            f"A table that Carnet wrote has been dropped or altered: {error.diag.message_primary}.",
            hint="Run `carnet project rebuild` for its projection.",
        ) from error
    except psycopg.Error as error:
        raise fault(error) from error


def renew_temporary(connection: Connection) -> None:
    """Empty the temporary tables of this session, outside of a transaction. Nobody else can vacuum them: left as they
    are, they would keep the server from forgetting old transactions, until it takes no more."""
    names = connection.execute(
        "select relname from pg_class where relnamespace = pg_my_temp_schema() and relkind = 'r'"
    ).fetchall()
    if names:
        tables = SQL(", ").join(Identifier("pg_temp", name) for (name,) in names)
        connection.execute(SQL("truncate {}").format(tables))


def _prepare(connection: Connection) -> None:
    connection.execute("set timezone to 'UTC'")
    # What a crash of the server takes, rows and checkpoint together, is projected again.
    connection.execute("set synchronous_commit to off")
    # A lock must not outlive its process because the server waits for something.
    connection.execute("set client_connection_check_interval to '1s'")
    # Rows are found by key, also where statistics are older than the rows.
    for plan in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
        connection.execute("select set_config(%s, 'off', false)", [plan])
