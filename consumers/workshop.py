"""What every consumer works with, and the two things it does: carry out what is asked, or park it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

import structlog

from consumers.kernel import Wanted
from infra.clock import Clock
from infra.handle import Ask, Desk
from infra.item import AlreadyTaken, Behind, Item, ParkedRow, Tracking
from infra.log import Log
from infra.postgres import Pool
from infra.vault import SealedRow, SubjectErased, Vault

ACTOR = "carnet"

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands. `topic` and `partition` name the queues of parked messages: they outlive a
    source that is made anew."""

    source: str
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The parts of an open order book. `conninfo` is that of its database; `pool` has the writer's rights."""

    conninfo: str
    desk: Desk
    log: Log
    vault: Vault
    clock: Clock
    pool: Pool

    @staticmethod
    @contextmanager
    def opened(*, conninfo: str, desk: Desk, log: Log, vault: Vault, clock: Clock) -> Iterator[Workshop]:
        """A workshop with a pool of its own, closed when the block ends."""
        pool = Pool(conninfo, "carnet_writer")
        try:
            yield Workshop(conninfo=conninfo, desk=desk, log=log, vault=vault, clock=clock, pool=pool)
        finally:
            pool.close()

    def carry_out(self, want: Wanted | None, command_id: UUID, tracking: Tracking | None) -> None:
        """Ask what is wanted, or only remember that nothing was. It is durable on return.

        Raises:
            Refused, InputError: it cannot be; nothing was tracked.
            AlreadyTaken: the source is further already.
            Contended, PostgresFault: it may be asked again.
        """
        if want is None:
            self._append(self._item(command_id, tracking))
            return
        self.desk.handle(
            Ask(
                command=want.command,
                command_id=command_id,
                actor=want.actor,
                occurred_at=want.occurred_at,
                correlation_id=want.correlation_id,
                causation_id=want.causation_id,
                tracking=tracking,
            )
        )

    def park(
        self,
        place: Place,
        *,
        key: str | None,
        payload: bytes,
        command_id: UUID,
        reason: str,
        tracking: Tracking | None,
    ) -> None:
        """Put a message aside, with its payload sealed under whom its key names.

        Raises:
            AlreadyTaken, PostgresFault: as `carry_out`.
        """
        sealed = self._seal(key, payload)
        row = ParkedRow(
            id=command_id,
            source=place.source,
            topic=place.topic,
            partition=place.partition,
            offset=place.offset,
            key=key,
            payload=sealed.id,
            reason=reason,
        )
        self._append(self._item(uuid5(command_id, "parked"), tracking, parked=(row,), sealed=(sealed,)))
        logger.warning(
            "consume.parked", source=place.source, offset=place.offset, id=str(command_id), reason=reason
        )

    def _seal(self, key: str | None, payload: bytes) -> SealedRow:
        """Of somebody who was erased, no payload is kept."""
        try:
            subject = UUID(key) if key else uuid4()
        except ValueError:
            subject = uuid4()
        try:
            return self.vault.seal_bytes(payload, subject)
        except SubjectErased:
            return self.vault.seal_bytes(b"", uuid4())

    def _item(
        self,
        command_id: UUID,
        tracking: Tracking | None,
        *,
        parked: tuple[ParkedRow, ...] = (),
        sealed: tuple[SealedRow, ...] = (),
    ) -> Item:
        return Item(
            command_id=command_id,
            occurred_at=self.clock.now(),
            actor=ACTOR,
            correlation_id=command_id,
            tracking=tracking,
            parked=parked,
            sealed=sealed,
        )

    def _append(self, item: Item) -> None:
        outcome = self.log.append(item).result()
        if isinstance(outcome, Behind):
            raise AlreadyTaken(outcome)
