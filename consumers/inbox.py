"""One source, taken in order: each message makes its command exactly once, or is parked.

The position of the source commits in the item that holds the command's events, so a message that comes
again finds its place taken. The id of the command comes from the message, so a retry takes effect once too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4, uuid5

import structlog

from consumers.kernel import Wanted
from consumers.workshop import Place, Workshop
from domain.kernel import Refused
from infra import parked_messages
from infra.errors import InputError, NotFound
from infra.item import AlreadyTaken, Tracking
from infra.parked_messages import PARKED_MESSAGES, ParkedMessage

NAMESPACE = UUID("5b0c8f0e-6a0d-4c57-9c5e-2f8f1c1b7a10")

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where messages come from, one after the other.

    `name` is what tracking calls it; `topic` and `partition` name the queues of its parked messages, and
    outlive a topic that is made anew. `read` says what a payload asks for, and raises InputError.
    """

    name: str
    topic: str
    partition: int
    read: Callable[[bytes], Wanted | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One message: its place in the source, the name that its command's id is made of, the key whose order it
    keeps (opaque: no text of a person), and its bytes."""

    offset: int
    identity: str
    key: str | None
    payload: bytes = field(repr=False)


class Inbox:
    """Takes the messages of one source. One thread uses it; of two that share a source the slower one finds
    its place taken, and does nothing. `next` is the first offset that has not been taken."""

    def __init__(self, source: Source, workshop: Workshop, offset: int) -> None:
        self.source = source
        self.next = offset
        self._shop = workshop
        self._blocked: set[str | None] = set()
        self.look_again()

    def take(self, message: Taken, wanted: Callable[[], Wanted | None] | None = None) -> None:
        """Carry out what a message asks, or park it with the reason. `wanted` stands for reading its payload.

        Raises:
            Contended, PostgresFault: nothing was taken; the same message may be taken again.
        """
        try:
            self._take(message, wanted)
        except AlreadyTaken:
            # Whoever took it may have parked it.
            self._blocked.add(message.key)
            logger.info("consume.taken_elsewhere", source=self.source.name, offset=message.offset)
        self.next = message.offset + 1

    def advance(self, offset: int) -> None:
        """Remember that nothing before `offset` is left to take."""
        if offset <= self.next:
            return
        try:
            self._shop.carry_out(None, uuid4(), Tracking(self.source.name, offset))
        except AlreadyTaken:
            self.look_again()
            logger.info("consume.taken_elsewhere", source=self.source.name, offset=offset)
        self.next = offset

    def drain(self) -> None:
        """Try again what may be tried again: each queue in order, up to the first message that fails."""
        while self._blocked:
            with self._shop.pool.connection() as connection:
                firsts = parked_messages.ready(connection, self.source.topic, self.source.partition)
                if not firsts:
                    if not parked_messages.any_waits(connection, self.source.topic, self.source.partition):
                        self._blocked.clear()
                    return
            for first in firsts:
                row: ParkedMessage | None = first
                while row is not None:
                    row = self._try_again(row)

    def look_again(self) -> None:
        """Find out which keys wait; needed where others park messages of this source too."""
        with self._shop.pool.connection() as connection:
            self._blocked = parked_messages.blocked_keys(connection, self.source.topic, self.source.partition)

    def _try_again(self, row: ParkedMessage) -> ParkedMessage | None:
        """Take a message that waits, the first of its queue; what may be taken after it."""
        with self._shop.pool.connection() as connection:
            with parked_messages.trying(connection, row) as mine:
                if not mine:
                    return None
                try:
                    want = self.source.read(self._shop.vault.open_bytes(row.payload))
                    self._shop.carry_out(want, uuid5(row.id, str(row.retries + 1)), None)
                except (Refused, InputError, NotFound) as reason:
                    PARKED_MESSAGES.failed(connection, row, str(reason), self._shop.clock.now())
                    return None
                PARKED_MESSAGES.done(connection, row, self._shop.clock.now())
            return parked_messages.behind(connection, row)

    def _must_wait(self, key: str | None) -> bool:
        """Whether others wait with this key. Those that are known may be done by now, or dropped."""
        if key is None or key not in self._blocked:
            return False
        with self._shop.pool.connection() as connection:
            waits = parked_messages.is_blocked(connection, self.source.topic, self.source.partition, key)
        if not waits:
            self._blocked.discard(key)
        return waits

    def _take(self, message: Taken, wanted: Callable[[], Wanted | None] | None) -> None:
        tracking = Tracking(self.source.name, message.offset + 1)
        command_id = uuid5(NAMESPACE, message.identity)
        reason = parked_messages.WAITS
        if not self._must_wait(message.key):
            try:
                want = wanted() if wanted else self.source.read(message.payload)
                self._shop.carry_out(want, command_id, tracking)
            except (Refused, InputError) as refusal:
                reason = str(refusal)
            else:
                return
        self._shop.park(
            Place(self.source.name, self.source.topic, self.source.partition, message.offset),
            key=message.key,
            payload=message.payload,
            command_id=command_id,
            reason=reason,
            tracking=tracking,
        )
        self._blocked.add(message.key)
