"""The vault: personal data, encrypted under keys that can be destroyed.

    sealing.py    text into a blob and back            keystore.py   the keys, in their own database
    ring.py       the keys at hand                     shelf.py      blobs, look-ups, who looked
    opening.py    reading, recorded                    erasing.py    how a person is erased

Blobs stand in `vault.sealed` of the order database, written by the log with the events that name them. Keys
stand in another database, and are there before anything is sealed under them: a crash leaves at most an
unused key.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from uuid import UUID, uuid4

from domain.sealed import Clear, Group, Personal, Sealed
from infra.clock import Clock
from infra.errors import IntegrityFault
from infra.migrate import KEYS, check_version
from infra.postgres import Pool, check_durable, connect
from infra.vault.erased import Erased, SubjectErased
from infra.vault.erasing import Eraser, Receipt
from infra.vault.keystore import KeyStore, Owner
from infra.vault.opening import Opener, Shown
from infra.vault.ring import KeyRing
from infra.vault.sealing import SealedRow, derive, digest_text, fingerprint, seal, unseal
from infra.vault.shelf import Shelf

__all__ = ["Erased", "Receipt", "SealedRow", "Shown", "SubjectErased", "Vault"]


class Vault:
    """Seals, opens and erases, from any thread.

    `keys` and `book` are connection strings of the two databases, `kek` the key-encryption key, 32 bytes.

    Raises:
        PostgresFault: a server cannot be reached, or would acknowledge keys that are not durable.
        IntegrityFault: a database is of another schema version, the key-encryption key is another one, or
            the keys database is not the one that this order book was first opened with, nor a copy of it.
    """

    def __init__(self, *, kek: bytes, keys: str, book: str, clock: Clock) -> None:
        names = _check(keys, book)
        self._pools = Pool(keys, "carnet_keeper", size=4), Pool(book, "carnet_writer", size=4)
        self._store = KeyStore(self._pools[0], kek, clock)
        self._ring = KeyRing(self._store)
        self._shelf = Shelf(self._pools[1])
        self._opener = Opener(self._store, self._shelf, clock)
        self.eraser = Eraser(self._store, self._ring, self._shelf, clock)
        try:
            root = self._root(*names)
        except BaseException:
            self.close()
            raise
        self._lookup_key = derive(root, "look-up")
        self._digest_key = derive(root, "digest")

    def digest_key(self) -> bytes:
        """The key of the digests of command contents, 32 bytes."""
        return self._digest_key

    def ensure_keys(self, owners: Iterable[Owner]) -> None:
        """Have the keys of these subjects and groups at hand, in one round trip for all that are new."""
        self._ring.ensure(owners)

    def seal(self, clear: Clear, how: Personal, subject: UUID) -> tuple[Sealed, SealedRow]:
        """Seal a text, checked before, about `subject`: the reference for events, and the row for the log.

        Raises SubjectErased.
        """
        lookup = digest_text(self._lookup_key, how.group, clear.text) if how.unique else None
        row = seal(clear.text.encode(), self._ring.key(subject, how.group), uuid4(), lookup)
        return Sealed(row.id, subject, how.group, row.sha256.hex()), row

    def known(self, clear: Clear, how: Personal, subject: UUID) -> Sealed | None:
        """The reference under which a unique text is held about this subject already, so that a repeat is
        known as one. None for a text that need not be unique. Nobody is shown anything, so nothing is recorded.

        Raises:
            SubjectErased: the subject was erased.
            IntegrityFault: what is held is damaged.
        """
        if not how.unique:
            return None
        key, lookup = self._ring.key(subject, how.group), digest_text(self._lookup_key, how.group, clear.text)
        for row in self._shelf.alike(lookup, subject, how.group):
            if digest_text(self._lookup_key, how.group, unseal(row, key).decode()) == lookup:
                return Sealed(row.id, subject, how.group, row.sha256.hex())
        return None

    def seal_bytes(self, data: bytes, subject: UUID) -> SealedRow:
        """Seal a message that is parked. Raises SubjectErased."""
        return seal(data, self._ring.key(subject, "parked"), uuid4())

    def open(self, sealed: Sealed, *, purpose: str, actor: str) -> str | Erased:
        """The text of a reference. Who looked, when and why is recorded first.

        Raises:
            InputError: no purpose or no actor is given.
            IntegrityFault: the blob or its key is missing or damaged, and nobody erased the subject.
        """
        return self._opener.text(sealed, purpose=purpose, actor=actor)

    def open_bytes(
        self, sealed_id: UUID, *, purpose: str = "to try a parked message again", actor: str = "carnet"
    ) -> bytes:
        """The bytes of a parked message. Who looked, when and why is recorded first.

        Raises:
            InputError: no purpose or no actor is given.
            NotFound: nothing is sealed under this id (any more).
            SubjectErased: its subject was erased.
            IntegrityFault: the blob or its key is missing or damaged.
        """
        return self._opener.data(sealed_id, purpose=purpose, actor=actor)

    def show(self, subject: UUID, purpose: str, actor: str) -> list[Shown]:
        """Everything sealed about a subject, by group. Who looked, when and why is recorded first.

        Raises:
            InputError: no purpose or no actor is given.
            NotFound: nothing was ever sealed about it.
            IntegrityFault: a blob or its key is missing or damaged, and nobody erased the subject.
        """
        return self._opener.everything(subject, purpose=purpose, actor=actor)

    def find(self, group: Group, text: str, *, purpose: str, actor: str) -> UUID | None:
        """Whose unique text this is, case and spaces aside. Who found it, when and why is recorded first.

        Raises InputError if no purpose or no actor is given.
        """
        digest = digest_text(self._lookup_key, group, text)
        return self._shelf.whose(digest, self._opener.access(f"find by {group}", purpose, actor))

    def erase(self, subject: UUID, *, actor: str, reason: str = "the person asked") -> Receipt:
        """Erase a subject, wholly and for ever; again if it was stopped half-way.

        Raises:
            InputError: no reason or no actor is given.
            NotFound: nothing was ever sealed about it.
            IntegrityFault: something can still be read afterwards.
        """
        self._opener.access("erase", reason, actor)
        return self.eraser.erase(subject, actor=actor, reason=reason)

    def close(self) -> None:
        """Close the connections."""
        for pool in self._pools:
            pool.close()

    def __enter__(self) -> Vault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _root(self, keys: str, book: str) -> bytes:
        """The root secret; made if neither database has known one. The arguments are the databases' names."""
        # In this order: whoever opens them at the same moment makes the root secret first, and claims then.
        known, root = self._shelf.fingerprint(), self._store.root()
        if root is None and known is None:
            root = self._store.make_root()
        if root is None:
            raise _other_vault(
                f"The keys database {keys} is new, but the order book {book} has keys already."
            )
        if self._shelf.claim(fingerprint(root)) != fingerprint(root):
            raise _other_vault(f"The keys database {keys} holds the keys of another order book than {book}.")
        return root


def _other_vault(message: str) -> IntegrityFault:
    return IntegrityFault(
        message,
        hint="Point CARNET_KEYS_DATABASE at the keys of this order book, or restore them from a backup.",
    )


def _check(keys: str, book: str) -> tuple[str, str]:
    """The names of the two databases. Refuses those that are not what they must be; at once, where a pool would
    try again for a while."""
    with connect(keys, "carnet_keeper") as connection:
        check_durable(connection)
        check_version(connection, KEYS)
        keys_name = connection.info.dbname
    with connect(book, "carnet_writer") as connection:
        check_version(connection)
        return keys_name, connection.info.dbname
