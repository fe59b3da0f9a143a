"""What waits to be written, and which of it may be written together.

A group is independent: no stream that one writes is read or written by another, and there is one per command
id, per source and per unique text. The rest wait, in their order, for the next group. So nothing in a group
can make another lose, and the database function can work on the whole group at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Future
from uuid import UUID

from infra.item import Item, Outcome, Tracking
from infra.vault.sealing import SealedRow

GROUP_MAX = 256


class Waiting(ABC):
    """An item on its way into the log, or what becomes one in time (`item` is None until then).

    `names` are the ids that only one of a group may have; `end` is how it ended.
    """

    __slots__ = ("end", "item", "names", "reads", "writes")

    def __init__(
        self,
        item: Item | None,
        *,
        reads: AbstractSet[UUID],
        writes: AbstractSet[UUID],
        names: AbstractSet[object],
    ) -> None:
        self.item = item
        self.reads = reads
        self.writes = writes
        self.names = names
        self.end: Outcome | Exception | None = None

    @abstractmethod
    def prepare(self, group: Sequence[Waiting]) -> None:
        """Make the item, and those of the others in the group that can be made along with it; or end."""

    @abstractmethod
    def tell(self) -> None:
        """Let whoever waits for it know the end."""


class Handed(Waiting):
    """An item that is ready to be written; `outcome` tells the end."""

    __slots__ = ("outcome",)

    def __init__(self, item: Item) -> None:
        writes = {event.stream_id for event in item.events}
        names = names_of(item.command_id, item.sealed, item.tracking)
        super().__init__(item, reads=writes.union(item.expected), writes=writes, names=names)
        self.outcome: Future[Outcome] = Future()

    def prepare(self, group: Sequence[Waiting]) -> None:
        """It is ready."""

    def tell(self) -> None:
        assert self.end is not None
        if not self.outcome.set_running_or_notify_cancel():
            return  # nobody waits any more; what is written stays written
        if isinstance(self.end, Exception):
            self.outcome.set_exception(self.end)
        else:
            self.outcome.set_result(self.end)


def names_of(
    command_id: UUID | None, sealed: Iterable[SealedRow], tracking: Tracking | None
) -> AbstractSet[object]:
    """The ids that only one of a group may have: of a command (None of one whose id was minted, which no other has),
    of unique texts, of a source."""
    if not (command_id or sealed or tracking):
        return frozenset()
    names: set[object] = {row.lookup for row in sealed if row.lookup}
    if command_id:
        names.add(command_id)
    if tracking:
        names.add(tracking.source)
    return names


def take_independent(
    queue: deque[Waiting], most: int = GROUP_MAX, on_its_way: Collection[Waiting] = ()
) -> list[Waiting]:
    """Take from the queue, in order, at most so much of what depends on nothing before it and nothing on its way."""
    group: list[Waiting] = []
    left: list[Waiting] = []
    written: set[UUID] = set().union(*(waiting.writes for waiting in on_its_way))
    read: set[UUID] = set().union(*(waiting.reads for waiting in on_its_way))
    names: set[object] = set().union(*(waiting.names for waiting in on_its_way))
    while queue and len(group) < most and len(left) < GROUP_MAX:
        waiting = queue.popleft()
        free = (
            written.isdisjoint(waiting.reads)
            and read.isdisjoint(waiting.writes)
            and names.isdisjoint(waiting.names)
        )
        (group if free else left).append(waiting)
        written |= waiting.writes
        read |= waiting.reads
        names |= waiting.names
    queue.extendleft(reversed(left))
    return group
