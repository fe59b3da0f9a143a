"""Slots: the fixed shares into which the rows of every build are cut, so that several processes can fill one.

A slot is folded by itself, and whoever writes it holds its lock on the very connection that writes. When that
connection dies the lock goes, and nothing uncommitted stands: another process can take the slot over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from domain.kernel import Event
from infra.paging import Share
from projections.kernel import Projection

SLOTS: Final = 64
ALL: Final = tuple(range(SLOTS))


def slot_of(key: UUID) -> int:
    """The slot of a key. In SQL it is `get_byte(uuid_send(key), 15) & 63`."""
    return key.int % SLOTS


def shares(workers: int) -> list[tuple[int, ...]]:
    """The slots of each of so many workers, 64 at most."""
    return [ALL[worker::workers] for worker in range(workers)]


def lock_names(build: str, slots: Sequence[int]) -> list[str]:
    """What a process holds that writes these slots of a build."""
    return [f"carnet project {build}, slot {slot}" for slot in sorted(slots)]


def share(projections: Sequence[Projection], slots: Sequence[int]) -> Share:
    """The part of the log that some slots of these projections need. Events are never left out because this
    code does not know their names: nobody can tell what they would change."""
    unneeded = {
        name
        for name, event in Event.named.items()
        if not any(projection.wanted(event) for projection in projections)
    }
    if len(slots) == SLOTS:
        return Share(None, unneeded=tuple(sorted(unneeded)))
    names = {
        name
        for name, event in Event.named.items()
        for projection in projections
        if projection.wanted(event) and (event in projection.elsewhere or event in projection.everywhere)
    }
    return Share(tuple(slots), tuple(sorted(names)), tuple(sorted(unneeded)))
