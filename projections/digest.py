"""Whether two read models are the same: SHA-256 over every row of a build, in the order of its keys."""

from __future__ import annotations

import hashlib

from psycopg.sql import SQL, Composed, Identifier

from infra.postgres import Connection
from projections.builds import Build, check_tables, live_to_read
from projections.kernel import Projection
from projections.stored import SLOT, Stored, stored


def digest(connection: Connection, projection: Projection) -> str:
    """The digest of what readers see.

    Raises:
        NotFound: the projection was never built.
        IntegrityFault: a table is gone.
    """
    return digest_of(connection, live_to_read(connection, projection))


def digest_of(connection: Connection, build: Build) -> str:
    """SHA-256 (hex) over the names and rows of a build's tables as of one moment, as COPY writes them, in UTC.

    Raises:
        IntegrityFault: a table is gone.
    """
    found = hashlib.sha256()
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        connection.execute("set local timezone to 'UTC'")
        connection.execute("set local datestyle to 'ISO'")
        check_tables(connection, build)
        for table in stored(connection, build.schema).values():
            found.update(f"{table.table}\n".encode())
            with connection.cursor() as cursor, cursor.copy(_rows(table)) as copy:
                for block in copy:
                    found.update(block)
    return found.hexdigest()


def _rows(table: Stored) -> Composed:
    slot = (SLOT,) if table.copied else ()
    columns, key = (SQL(", ").join(map(Identifier, (*names, *slot))) for names in (table.columns, table.key))
    return SQL("copy (select {} from {} order by {}) to stdout").format(columns, table.name, key)
