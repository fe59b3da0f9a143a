"""Whether two read models are the same: SHA-256 over every row of a projection, in the order of its keys."""

from __future__ import annotations

import hashlib
from typing import Any

from psycopg import Connection
from psycopg.errors import UndefinedTable
from psycopg.sql import SQL, Identifier

from infra.errors import NotFound
from projections.columns import shape
from projections.kernel import Projection
from projections.view import LIVE


def digest(connection: Connection[Any], projection: Projection, *, schema: str = LIVE) -> str:
    """SHA-256 (hex) over the names and rows of the projection's tables, as COPY writes them, in UTC.

    Raises:
        NotFound: the projection has never run.
    """
    found = hashlib.sha256()
    with connection.transaction():
        connection.execute("set local timezone to 'UTC'")
        connection.execute("set local datestyle to 'ISO'")
        for row in projection.rows:
            found.update(f"{row.table}\n".encode())
            columns = SQL(", ").join(map(Identifier, shape(row).names))
            rows = SQL("copy (select {} from {} order by {}) to stdout").format(
                columns, Identifier(schema, row.table), SQL(", ").join(map(Identifier, row.key))
            )
            try:
                with connection.cursor() as cursor, cursor.copy(rows) as copy:
                    for block in copy:
                        found.update(block)
            except UndefinedTable as error:
                raise NotFound(
                    f"Projection {projection.name} was never built.", hint="Run `carnet project`."
                ) from error
    return found.hexdigest()
