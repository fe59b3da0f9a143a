"""Text into a blob and back: AES-256-GCM under the key of one subject and group.

A blob is `format (1 byte) | incarnation of the key (4) | nonce (12) | ciphertext and tag`. The associated data
binds it to its id, subject, group, incarnation and format: moved to another place it opens no more.
"""

import hashlib
import hmac
import os
import struct
import unicodedata
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from domain.sealed import Group
from infra.errors import IntegrityFault

FORMAT = 1
NONCE_BYTES = 12
HEADER = struct.Struct(">BI")


@dataclass(frozen=True, slots=True)
class Key:
    """The key of one subject and group. `incarnation` counts from 1; `secret` is 32 bytes."""

    subject: UUID
    group: Group
    incarnation: int
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One row of `vault.sealed`, and with a `lookup` digest one of `vault.lookup`.

    `sha256` is that of the blob, 32 bytes; `lookup` is 32 bytes, or None where the text need not be unique.
    """

    id: UUID
    subject: UUID
    group: Group
    incarnation: int
    format: int
    blob: bytes = field(repr=False)
    sha256: bytes = field(repr=False)
    lookup: bytes | None = field(default=None, repr=False)


def seal(data: bytes, key: Key, sealed_id: UUID, lookup: bytes | None = None) -> SealedRow:
    """Encrypt `data` under `key` as the blob `sealed_id`. Two blobs of equal data differ."""
    nonce = os.urandom(NONCE_BYTES)
    bound = _bound(sealed_id, key.subject, key.group, key.incarnation, FORMAT)
    ciphertext = AESGCM(key.secret).encrypt(nonce, data, bound)
    blob = HEADER.pack(FORMAT, key.incarnation) + nonce + ciphertext
    digest = hashlib.sha256(blob).digest()
    return SealedRow(sealed_id, key.subject, key.group, key.incarnation, FORMAT, blob, digest, lookup)


def unseal(row: SealedRow, key: Key) -> bytes:
    """What `seal` was given.

    Raises:
        IntegrityFault: the blob is damaged, stands in another place than it was sealed for, or was sealed
            under another key.
    """
    if row.format != FORMAT:
        raise IntegrityFault(
            f"The sealed text {row.id} has the format {row.format}, which this version cannot read."
        )
    header, body = row.blob[: HEADER.size], row.blob[HEADER.size :]
    whole = hashlib.sha256(row.blob).digest() == row.sha256 and len(body) > NONCE_BYTES
    if not whole or HEADER.unpack(header) != (row.format, row.incarnation):
        raise damaged(row.id)
    bound = _bound(row.id, row.subject, row.group, row.incarnation, row.format)
    try:
        return AESGCM(key.secret).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], bound)
    except InvalidTag as error:
        raise damaged(row.id) from error


def damaged(sealed_id: UUID) -> IntegrityFault:
    return IntegrityFault(
        f"The sealed text {sealed_id} is not what was sealed under this id.",
        hint="Nobody erased it: restore the row from a backup and find out who changed it.",
    )


def derive(root: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose, from the vault's root secret."""
    return HKDFExpand(algorithm=SHA256(), length=32, info=b"carnet " + purpose.encode()).derive(root)


def fingerprint(root: bytes) -> bytes:
    """Tells two vaults apart, 32 bytes, and nothing about their root secrets."""
    return hmac.digest(derive(root, "fingerprint"), b"carnet vault", "sha256")


def digest_text(key: bytes, group: Group, text: str) -> bytes:
    """The look-up digest of a text, 32 bytes: equal for texts that differ in case and spaces alone."""
    normal = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hmac.digest(key, group.encode() + b"\0" + normal.encode(), "sha256")


def _bound(sealed_id: UUID, subject: UUID, group: Group, incarnation: int, fmt: int) -> bytes:
    """The associated data: fields of fixed width, then the group's name."""
    return b"carnet vault" + HEADER.pack(fmt, incarnation) + sealed_id.bytes + subject.bytes + group.encode()
