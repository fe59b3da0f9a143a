"""The ids that Carnet mints for commands and events: UUIDs of version 7 (RFC 9562).

They begin with the time, so the indexes of the log grow at their end, however long it is. Nothing rests on
nobody guessing them.
"""

from __future__ import annotations

from random import getrandbits
from struct import Struct
from time import time_ns
from typing import Final
from uuid import UUID

import msgspec

_VERSION: Final = 7 << 12
_VARIANT: Final = 2 << 62
_HALVES: Final = Struct("!QQ")


def new_id() -> UUID:
    """A new id: 48 bits of milliseconds since 1970, 74 random bits."""
    first = time_ns() // 1_000_000 << 16 | _VERSION | getrandbits(12)
    second = _VARIANT | getrandbits(62)
    return msgspec.convert(_HALVES.pack(first, second), UUID)  # a third of the time of UUID's own __init__
