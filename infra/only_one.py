"""One process where only one may run: an advisory lock of PostgreSQL, held as long as its session lives.

It ends with the process, however that ends.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from psycopg.errors import LockNotAvailable

from infra.errors import AlreadyRunning
from infra.postgres import Connection, connect, faults

# PostgreSQL notices within this time that the process which held the lock has been killed.
PATIENCE_S = 2
APPLICATION_NAME_BYTES_MAX = 63

HOLDER = """
select pid, application_name, backend_start
from pg_locks join pg_stat_activity using (pid)
where locktype = 'advisory' and granted and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32) | objid::bigint = hashtextextended(%s, 0)"""


MISSING = """
select what from unnest(%s::text[]) with ordinality as asked (what, turn)
where not exists (
    select from pg_locks
    where locktype = 'advisory' and pid = pg_backend_pid() and objsubid = 1
        and (classid::bigint << 32) | objid::bigint = hashtextextended(what, 0)
)
order by turn limit 1"""


@contextmanager
def only_one(conninfo: str, what: str) -> Iterator[None]:
    """Be the only process that does `what` on this database.

    Raises:
        AlreadyRunning: another one does; the sentence names it.
        PostgresFault: the server cannot be reached.
    """
    connection = connect(conninfo)
    try:
        with faults():
            introduce(connection, what)
            hold(connection, what)
        yield
    finally:
        connection.close()


def introduce(connection: Connection, what: str) -> None:
    """Tell who asks for it what this session is for, and of which process."""
    name = f"{what}, process {os.getpid()} on {socket.gethostname()}"
    connection.execute(
        "select set_config('application_name', %s, false)", [name[:APPLICATION_NAME_BYTES_MAX]]
    )


def hold(connection: Connection, *whats: str) -> None:
    """Take the lock of each of these for as long as this connection lives, in this order.

    Raises:
        AlreadyRunning: another session holds one; the sentence names it.
    """
    connection.execute(f"set lock_timeout = '{PATIENCE_S}s'")
    try:
        connection.execute(
            "select pg_advisory_lock(hashtextextended(what, 0)) from unnest(%s::text[]) as what",
            [list(whats)],
        )
    except LockNotAvailable:
        what = _missing(connection, whats)
        raise AlreadyRunning(
            f"{what} runs already: {_holder(connection, what)}.", hint="Leave one of the two running."
        ) from None
    connection.execute("set lock_timeout to default")


def _missing(connection: Connection, whats: Sequence[str]) -> str:
    """The first of these locks that this session did not get."""
    row = connection.execute(MISSING, [list(whats)]).fetchone()
    return str(row[0]) if row else whats[0]


def _holder(connection: Connection, what: str) -> str:
    row = connection.execute(HOLDER, [what]).fetchone()
    if row is None:
        return f"{what}, which has just ended; start this one again"
    backend, application, since = row
    # A session with fewer rights is not told since when.
    started = f"since {since:%Y-%m-%d %H:%M:%S %Z}, " if since else ""
    return f"{application} ({started}PostgreSQL backend {backend})"
