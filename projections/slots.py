"""Slots: the fixed shares into which the rows of every build are cut, so that several processes can fill one.

A slot is folded by itself, and whoever writes it holds its lock on the very connection that writes. When that
connection dies the lock goes, and nothing uncommitted stands: another process can take the slot over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

SLOTS: Final = 64
ALL: Final = tuple(range(SLOTS))


def slot_of(key: UUID) -> int:
    """The slot of a key. In SQL it is `get_byte(uuid_send(key), 15) & 63`."""
    return key.int % SLOTS


def shares(workers: int) -> list[tuple[int, ...]]:
    """The slots of each of so many workers; a fixed share each, whoever dies."""
    return [ALL[worker::workers] for worker in range(workers)]


def listed(slots: Sequence[int]) -> str:
    """Slots for people: all of them, or their numbers."""
    return "all slots" if len(slots) == SLOTS else f"slots {', '.join(map(str, slots))}"
