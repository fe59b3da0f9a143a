"""Whether two read models are the same: SHA-256 over every row of a projection, in the order of its keys."""

from __future__ import annotations

import hashlib
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

from infra.errors import NotFound
from projections import builds
from projections.kernel import Projection
from projections.tables import Table, tables


def digest(connection: Connection[Any], projection: Projection, *, schema: str | None = None) -> str:
    """SHA-256 (hex) over the names and rows of a build's tables, of every slot, as COPY writes them, in UTC.

    The same events give the same, however many processes wrote them. Without a schema it is the live build.

    Raises:
        NotFound: the projection has never run.
    """
    found = hashlib.sha256()
    with connection.transaction():
        connection.execute("set local timezone to 'UTC'")
        connection.execute("set local datestyle to 'ISO'")
        for table in tables(projection, schema or _live(connection, projection)).values():
            found.update(f"{table.row.table}\n".encode())
            with connection.cursor() as cursor, cursor.copy(_rows(table)) as copy:
                for block in copy:
                    found.update(block)
    return found.hexdigest()


def _live(connection: Connection[Any], projection: Projection) -> str:
    build = builds.find(connection, projection, "live")
    if build is None:
        raise NotFound(f"Projection {projection.name} was never built.", hint="Run `carnet project`.")
    return build.schema


def _rows(table: Table[Any]) -> Composed:
    key = SQL(", ").join(map(Identifier, table.key))
    return SQL("copy (select {} from {} order by {}) to stdout").format(table.columns, table.name, key)
