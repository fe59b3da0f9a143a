"""Reading what is sealed: for a purpose, and recorded with it before any text is returned.

Reading asks the keys database every time, so that an erasure by another process holds at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from domain.sealed import Group, Sealed
from infra.clock import Clock
from infra.errors import InputError, IntegrityFault, NotFound
from infra.vault.erased import Erased, SubjectErased
from infra.vault.keystore import KeyStore, SubjectKeys
from infra.vault.sealing import SealedRow, damaged, unseal
from infra.vault.shelf import Access, Shelf


@dataclass(frozen=True, slots=True)
class Shown:
    """One sealed text. `sealed_id` is None for an erased group: its blobs are gone."""

    group: Group
    sealed_id: UUID | None
    text: str | Erased = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens what is sealed, with the keys of one database and the blobs of another."""

    store: KeyStore
    shelf: Shelf
    clock: Clock

    def text(self, sealed: Sealed, *, purpose: str, actor: str) -> str | Erased:
        """The text of a reference."""
        row = self.shelf.one(sealed.id, self.access(f"open {sealed.id}", purpose, actor))
        keys = self.store.read(sealed.subject)
        erased = self._erased(sealed.subject, keys)
        if erased:
            return erased
        if row is None or (row.subject, row.sha256.hex()) != (sealed.subject, sealed.sha256):
            raise damaged(sealed.id)
        return _unseal(row, keys).decode()

    def data(self, sealed_id: UUID, *, purpose: str, actor: str) -> bytes:
        """The bytes under an id."""
        row = self.shelf.one(sealed_id, self.access(f"open {sealed_id}", purpose, actor))
        if row is None:
            raise NotFound(f"The vault holds nothing under {sealed_id}.")
        keys = self.store.read(row.subject)
        if self._erased(row.subject, keys):
            raise SubjectErased(row.subject)
        return _unseal(row, keys)

    def everything(self, subject: UUID, *, purpose: str, actor: str) -> list[Shown]:
        """Everything about a subject, by group."""
        rows = self.shelf.of_subject(subject, self.access("show", purpose, actor))
        keys = self.store.read(subject)
        erased = self._erased(subject, keys)
        if erased:
            return [Shown(group, None, erased) for group in dict.fromkeys(key.group for key in keys.records)]
        if not rows:
            raise NotFound(f"The vault holds nothing about subject {subject}.")
        return [Shown(row.group, row.id, _readable(_unseal(row, keys))) for row in rows]

    def access(self, what: str, purpose: str, actor: str) -> Access:
        """What is recorded. Raises InputError if it would say nothing."""
        if not purpose.strip():
            raise InputError("Personal data is not opened without a purpose.", hint="Say why it is needed.")
        if not actor.strip():
            raise InputError(
                "Personal data is not opened without the id of who asks.", hint="Set CARNET_ACTOR."
            )
        return Access(self.clock.now(), actor, purpose, what)

    def _erased(self, subject: UUID, keys: SubjectKeys) -> Erased | None:
        """The order database has the last word: a keys database may come from a backup."""
        since = keys.tombstone or self.shelf.erased(subject)
        return Erased(since) if since else None


def _unseal(row: SealedRow, keys: SubjectKeys) -> bytes:
    for key in keys.live:
        if (key.group, key.incarnation) == (row.group, row.incarnation):
            return unseal(row, key)
    raise IntegrityFault(
        f"The key of the sealed text {row.id} is missing, but nobody erased its subject {row.subject}.",
        hint="Restore the keys database from a backup.",
    )


def _readable(data: bytes) -> str:
    """A parked message need not be text."""
    return data.decode(errors="backslashreplace")
