"""Writes groups of items, whatever happens to the connection.

After a lost connection the same group is sent again: what was committed comes back as a duplicate of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic, sleep

import psycopg
from psycopg.errors import QueryCanceled

from infra.append import Appender
from infra.clock import Clock
from infra.errors import PostgresFault
from infra.item import Appended, Duplicate, Item, Outcome, OutcomeUnknown
from infra.postgres import fault
from infra.waiting import Waiting

LEARN_WITHIN_S = 30.0
RECONNECT_EVERY_S = 0.1


class GroupWriter:
    """Writes one group at a time, for one thread at a time.

    `connect` opens a connection with the writer's rights. `learn_within_s` bounds how long a lost connection
    is made again to learn whether its group was committed; after that its items fail with `OutcomeUnknown`.
    `reached` is told the last position of each group.
    """

    def __init__(
        self,
        connect: Callable[[], Appender],
        clock: Clock,
        *,
        reached: Callable[[int], None],
        learn_within_s: float = LEARN_WITHIN_S,
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._reached = reached
        self._learn_within_s = learn_within_s
        self._appender: Appender | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._appender:
            self._appender.connection.close()

    def begin(self, group: list[Waiting]) -> bool:
        """Send it, without waiting. False if nothing was sent: why, comes up again when its outcome is asked."""
        if not group:
            return False
        try:
            self._appender = self._appender or self._connect()
            self._appender.send(_items(group), self._clock.now())
        except psycopg.Error:
            return self._appender is not None and self._appender.connection.closed  # some may have been sent
        except Exception:  # nothing is swallowed: `see_through` tries again, and tells those whom it concerns
            return False
        return True

    def see_through(self, group: list[Waiting], *, sent: bool) -> None:
        """See to it that every item of the group has its outcome or its fault."""
        try:
            self._until_written(group, sent=sent)
        except PostgresFault as error:
            _fail(group, error)
        except Exception as error:
            # Something is wrong with one of them: alone, it fails alone.
            if len(left := open_ones(group)) > 1:
                for waiting in left:
                    self.see_through([waiting], sent=False)
            else:
                _fail(left, fault(error) if isinstance(error, psycopg.Error) else error)

    def _until_written(self, group: list[Waiting], *, sent: bool) -> None:
        """Write the group, or hear of it if it was sent. Who loses is told; the others are sent again without them."""
        give_up: float | None = None
        while group:
            try:
                outcomes = self._write_or_hear(group, sent=sent, again=give_up is not None)
            except _Lost as lost:
                give_up = give_up or monotonic() + self._learn_within_s
                if monotonic() >= give_up:
                    for waiting in group:
                        assert waiting.item
                        waiting.end = OutcomeUnknown(waiting.item.command_id, str(lost))
                    return
                sleep(RECONNECT_EVERY_S)
            else:
                for waiting, outcome in zip(group, outcomes, strict=True):
                    waiting.end = outcome
                if isinstance(last := outcomes[-1], Appended):
                    self._reached(last.position)
                group = open_ones(group)
            sent = False

    def _write_or_hear(self, group: list[Waiting], *, sent: bool, again: bool) -> Sequence[Outcome | None]:
        try:
            appender = self._appender = self._appender or self._connect()
        except PostgresFault as error:
            if again:
                raise _Lost(error.message) from error
            raise
        items = _items(group)
        try:
            outcomes = appender.outcomes(items) if sent else appender.append(items, self._clock.now())
            if again:
                return [_own(appender, item, got) for item, got in zip(items, outcomes, strict=True)]
        except psycopg.Error as error:
            if appender.connection.closed or (again and _says_nothing_of_items(error)):
                appender.connection.close()
                self._appender = None
                raise _Lost(fault(error).message) from error
            if isinstance(error, QueryCanceled):  # no fault of any one item
                raise fault(error) from error
            raise
        return outcomes


class _Lost(Exception):
    """The connection went away after something was sent: it may have been committed."""


def _says_nothing_of_items(error: psycopg.Error) -> bool:
    """It is read-only, short of something or about to stop, so what the try before came to is still not known."""
    return (error.sqlstate or "")[:2] in {"25", "53", "57"}


def _own(appender: Appender, item: Item, outcome: Outcome | None) -> Outcome | None:
    """A duplicate of the same content whose last event is our own was written by the try that was lost."""
    if not isinstance(outcome, Duplicate):
        return outcome
    if (outcome.events, outcome.digest) != (len(item.events), item.digest):
        return outcome
    if item.events:
        row = appender.connection.execute(
            "select event_id from carnet.events where position = %s", [outcome.position]
        ).fetchone()
        if row is None or row[0] != item.events[-1].event_id:
            return outcome
    return Appended(outcome.position)


def _items(group: list[Waiting]) -> list[Item]:
    return [waiting.item for waiting in group if waiting.item]


def open_ones(group: list[Waiting]) -> list[Waiting]:
    """Those that have no end yet."""
    return [waiting for waiting in group if waiting.end is None]


def _fail(group: list[Waiting], error: Exception) -> None:
    for waiting in open_ones(group):
        waiting.end = error
