"""The blobs, the look-ups and the record of who looked, in the order database beside the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import TupleRow, class_row

from domain.sealed import Group
from infra.postgres import Connection, Pool
from infra.vault.sealing import SealedRow

SEALED: LiteralString = """
select id, subject, grp as "group", incarnation, format, blob, sha256 from vault.sealed"""
OF_SUBJECT: LiteralString = SEALED + " where subject = %s order by grp, id"
ONE: LiteralString = SEALED + " where id = %s"
ALIKE: LiteralString = (
    SEALED
    + """ s where subject = %s and grp = %s
        and exists (select from vault.lookup l where l.digest = %s and l.subject = s.subject)
    order by id"""
)


@dataclass(frozen=True, slots=True)
class Access:
    """Who looks, when and why; `what` says at which part of the vault."""

    at: datetime
    actor: str
    purpose: str
    what: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """When a subject was erased first, and how many rows were deleted in all."""

    at: datetime
    blobs: int
    lookups: int


class Shelf:
    """Reads and deletes; what is sealed comes in through the log's `append`.

    An access that finds something is recorded, durably, before anything is returned.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def of_subject(self, subject: UUID, access: Access) -> list[SealedRow]:
        """Everything sealed for a subject, by group."""
        return self._pool.run(lambda connection: _take(connection, OF_SUBJECT, subject, access))

    def one(self, sealed_id: UUID, access: Access) -> SealedRow | None:
        """One blob, or None."""
        rows = self._pool.run(lambda connection: _take(connection, ONE, sealed_id, access))
        return rows[0] if rows else None

    def whose(self, digest: bytes, access: Access) -> UUID | None:
        """Whose unique text has this look-up digest."""
        return self._pool.run(lambda connection: _look_up(connection, digest, access))

    def alike(self, digest: bytes, subject: UUID, group: Group) -> list[SealedRow]:
        """What is sealed for a subject in a group, if a unique text with this look-up digest is among it."""

        def read(connection: Connection) -> list[SealedRow]:
            with connection.cursor(row_factory=class_row(SealedRow)) as cursor:
                return cursor.execute(ALIKE, [subject, group, digest]).fetchall()

        return self._pool.run(read)

    def erased(self, subject: UUID) -> datetime | None:
        """Since when a subject is erased, if it is."""
        found = self._first("select at from vault.erased where subject = %s", [subject])
        return found[0] if found else None

    def erase(self, subject: UUID, *, now: datetime, actor: str, reason: str) -> Deletion:
        """Delete what is sealed for a subject and record it, in one transaction. `append` leaves out whatever
        would still come in.

        The look-ups go too, so a unique text is unique among subjects that are not erased: a VIN may be given
        to another vehicle afterwards. Its digest, kept, would lead whoever has the keys and the VIN back to the
        erased vehicle and its orders.
        """
        found = self._first(
            "select at, blobs, lookups from vault.erase_subject(%s, %s, %s, %s)",
            [subject, now, actor, reason],
        )
        assert found is not None
        return Deletion(*found)

    def left(self, subject: UUID) -> int:
        """How many rows there are of a subject, blobs and look-ups."""
        found = self._first(
            """select (select count(*) from vault.sealed where subject = %s)
                + (select count(*) from vault.lookup where subject = %s)""",
            [subject, subject],
        )
        return int(found[0]) if found else 0

    def fingerprint(self) -> bytes | None:
        """Which vault this order book belongs to; None if none has opened it yet."""
        found = self._first("select fingerprint from vault.root", [])
        return found[0] if found else None

    def claim(self, fingerprint: bytes) -> bytes:
        """Say which vault this order book belongs to, for ever. Returns what was said first, by whomever."""
        found = self._first("select vault.claim(%s)", [fingerprint])
        assert found is not None
        first: bytes = found[0]
        return first

    def _first(self, statement: LiteralString, values: list[object]) -> TupleRow | None:
        return self._pool.run(lambda connection: connection.execute(statement, values).fetchone())


def _take(connection: Connection, query: LiteralString, wanted: UUID, access: Access) -> list[SealedRow]:
    """The rows of one subject, and the record that they were taken."""
    with connection.transaction():
        with connection.cursor(row_factory=class_row(SealedRow)) as cursor:
            rows = cursor.execute(query, [wanted]).fetchall()
        if rows:
            _record(connection, rows[0].subject, access)
    return rows


def _look_up(connection: Connection, digest: bytes, access: Access) -> UUID | None:
    with connection.transaction():
        found = connection.execute("select subject from vault.lookup where digest = %s", [digest]).fetchone()
        if found is None:
            return None
        _record(connection, found[0], access)
    subject: UUID = found[0]
    return subject


def _record(connection: Connection, subject: UUID, access: Access) -> None:
    connection.execute(
        "insert into vault.access (at, subject, actor, purpose, what) values (%s, %s, %s, %s, %s)",
        [access.at, subject, access.actor, access.purpose, access.what],
    )
