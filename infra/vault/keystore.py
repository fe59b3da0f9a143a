"""The keys, in a database of their own: one for each subject and group, wrapped under the key-encryption key."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from psycopg.rows import TupleRow

from domain.sealed import Group
from infra.clock import Clock
from infra.errors import IntegrityFault
from infra.postgres import Pool
from infra.vault.sealing import Key

Owner = tuple[UUID, Group]

SECRET_BYTES = 32
ROOT = "root"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as the database notes it, destroyed or not. It holds no secret."""

    group: Group
    incarnation: int
    destroyed_at: datetime | None


@dataclass(frozen=True, slots=True)
class SubjectKeys:
    """All that the keys database knows of a subject: its keys in order, and since when it has a tombstone.

    `live` is empty if there is one, even before the keys are destroyed.
    """

    records: tuple[KeyRecord, ...]
    live: tuple[Key, ...]
    tombstone: datetime | None


class KeyStore:
    """The keys database. Every statement may be repeated, so a lost connection is tried once more."""

    def __init__(self, pool: Pool, kek: bytes, clock: Clock) -> None:
        self._pool = pool
        self._kek = kek
        self._clock = clock

    def root(self) -> bytes | None:
        """The secret that the vault's own keys are derived from, 32 bytes; None in a new database.

        Raises IntegrityFault if the key-encryption key is not the one of this database.
        """
        found = self._run("select wrapped from keys.secrets where name = %s", [ROOT])
        return self._unwrap(found[0][0]) if found else None

    def make_root(self) -> bytes:
        """Make the root secret; of two makers both get the same one."""
        offered = aes_key_wrap(self._kek, secrets.token_bytes(SECRET_BYTES))
        self._run(
            "insert into keys.secrets values (%s, %s) on conflict do nothing returning name", [ROOT, offered]
        )
        root = self.root()
        assert root is not None
        return root

    def make(self, owners: Collection[Owner]) -> dict[Owner, Key]:
        """The newest key of each subject and group, made where there is none; in one durable round trip.

        Erased subjects are left out.
        """
        offered = [aes_key_wrap(self._kek, secrets.token_bytes(SECRET_BYTES)) for _ in owners]
        subjects, groups = [subject for subject, _ in owners], [group for _, group in owners]
        rows = self._run(
            "select subject, grp, incarnation, wrapped from keys.make(%s, %s::uuid[], %s::text[], %s::bytea[])",
            [self._clock.now(), subjects, groups, offered],
        )
        return {(row[0], row[1]): self._key(*row) for row in rows}

    def read(self, subject: UUID) -> SubjectKeys:
        """What there is of a subject. Raises IntegrityFault for a key that is gone without a tombstone."""
        rows = self._run(
            """select k.subject, k.grp, k.incarnation, k.wrapped, k.destroyed_at, t.at
            from keys.kept k left join keys.tombstones t on t.subject = k.subject
            where k.subject = %s order by k.grp, k.incarnation""",
            [subject],
        )
        records = tuple(KeyRecord(row[1], row[2], row[4]) for row in rows)
        tombstone: datetime | None = rows[0][5] if rows else None
        live = () if tombstone else tuple(self._key(*row[:4]) for row in rows)
        return SubjectKeys(records, live, tombstone)

    def fence(self, subject: UUID, *, actor: str, reason: str) -> datetime:
        """Put up the tombstone: from now on nobody reads or makes a key. Returns since when it stands."""
        found = self._run("select keys.fence(%s, %s, %s, %s)", [subject, self._clock.now(), actor, reason])
        since: datetime = found[0][0]
        return since

    def destroy(self, subject: UUID) -> int:
        """Destroy the keys of a fenced subject. Returns how many were left to destroy."""
        return len(
            self._run(
                """update keys.kept k set wrapped = null, destroyed_at = %s
                from keys.tombstones t
                where k.subject = %s and t.subject = k.subject and k.wrapped is not null
                returning k.grp""",
                [self._clock.now(), subject],
            )
        )

    def _key(self, subject: UUID, group: Group, incarnation: int, wrapped: bytes | None) -> Key:
        if wrapped is None:
            raise IntegrityFault(
                f"The key of subject {subject}, group {group}, is gone, but nobody erased the subject.",
                hint="Restore the keys database from a backup.",
            )
        return Key(subject, group, incarnation, self._unwrap(wrapped))

    def _unwrap(self, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self._kek, wrapped)
        except InvalidUnwrap as error:
            raise IntegrityFault(
                "The key-encryption key does not open the keys database.",
                hint="Give the one that this database was made with: CARNET_KEK or CARNET_KEK_FILE.",
            ) from error

    def _run(self, statement: LiteralString, parameters: list[object]) -> list[TupleRow]:
        return self._pool.run(lambda connection: connection.execute(statement, parameters).fetchall())
