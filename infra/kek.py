"""The key-encryption key: 32 bytes that wrap every key of the vault.

It comes from `CARNET_KEK`, or from the file that `CARNET_KEK_FILE` names, which only its owner may read.
Whoever loses it loses all personal data; whoever has it and a copy of both databases reads all of it. Keep it
apart from them.
"""

import os
import secrets
import tempfile
from pathlib import Path

from infra.errors import InputError
from infra.settings import KEY_BYTES, Settings, key_from_file

FILE_NAME = "kek"


def load(settings: Settings, *, make_if_missing: bool) -> bytes:
    """The key, 32 bytes.

    `make_if_missing` is for embedded servers only: where no key is named, one is made in their data folder on
    first use. Elsewhere a new key would hide that the right one is lost.

    Raises:
        InputError: there is no key, it is malformed, or others may read its file.
    """
    if settings.kek is not None:
        return settings.kek
    if settings.kek_file is not None:
        return key_from_file(settings.kek_file)
    if not make_if_missing:
        raise InputError(
            "The vault has no key-encryption key.",
            hint="Set CARNET_KEK_FILE to a file of mode 0600 that holds 32 bytes as hex or base64; "
            "`openssl rand -hex 32` makes such a text.",
        )
    file = settings.data / FILE_NAME
    if not file.exists():
        _make(file)
    return key_from_file(file)


def _make(file: Path) -> None:
    """Write a new key. The file appears whole or not at all; of two makers the first one wins."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}.") as draft:  # of mode 0600
        draft.write(secrets.token_hex(KEY_BYTES) + "\n")
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, file)
        except FileExistsError:
            return
    _flush_folder(file.parent)


def _flush_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
