"""How a person is erased: fence, destroy the keys, delete the blobs, record it, try to read.

Each step may be repeated, so whoever was stopped between two of them begins anew. The tombstone stands in
the keys database from the first step on; that the subject was erased, and by whom, stands in the order
database, in `vault.erased` and `vault.access`. No event tells it yet: that belongs to the whole protocol,
with holds and the receipts of those who hold copies.

Destroyed means overwritten: an older version of the row may live on in the pages, in the write-ahead log and
in backups of the keys database, wrapped under the key-encryption key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra.clock import Clock
from infra.errors import IntegrityFault, NotFound
from infra.vault.erased import SubjectErased
from infra.vault.keystore import KeyRecord, KeyStore
from infra.vault.ring import KeyRing
from infra.vault.shelf import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was erased. A repeated erasure gives the same receipt: `fenced_at` and `erased_at` are of the first,
    `blobs` and `lookups` count the rows deleted in all."""

    subject: UUID
    fenced_at: datetime
    erased_at: datetime
    keys: tuple[KeyRecord, ...]
    blobs: int
    lookups: int


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases subjects from the keys database, from this process and from the order database."""

    store: KeyStore
    ring: KeyRing
    shelf: Shelf
    clock: Clock

    def erase(self, subject: UUID, *, actor: str, reason: str) -> Receipt:
        """Erase everything sealed for a subject.

        Raises:
            NotFound: nothing was ever sealed for it.
            IntegrityFault: something can still be read.
        """
        if not self.store.read(subject).records:
            raise NotFound(f"The vault holds nothing about subject {subject}.")
        fenced_at = self.store.fence(subject, actor=actor, reason=reason)
        self.ring.forget(subject)
        self.store.destroy(subject)
        deletion = self.shelf.erase(subject, now=self.clock.now(), actor=actor, reason=reason)
        self._probe(subject)
        return Receipt(
            subject=subject,
            fenced_at=fenced_at,
            erased_at=deletion.at,
            keys=self.store.read(subject).records,
            blobs=deletion.blobs,
            lookups=deletion.lookups,
        )

    def _probe(self, subject: UUID) -> None:
        """Try what a reader and a writer would do."""
        keys = self.store.read(subject)
        alive = [record.group for record in keys.records if record.destroyed_at is None]
        left = self.shelf.left(subject)
        if alive or left or self._can_seal(subject, keys.records[0]):
            raise IntegrityFault(
                f"Subject {subject} is not wholly erased: {len(alive)} keys and {left} rows are left.",
                hint="Erase it again, and find out what writes past the vault.",
            )

    def _can_seal(self, subject: UUID, record: KeyRecord) -> bool:
        try:
            self.ring.key(subject, record.group)
        except SubjectErased:
            return False
        return True
