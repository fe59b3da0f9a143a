"""What falls due: one row a timer, written by a projection and read by the process that fires timers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID, uuid5

PROJECTION: Final = "deadlines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """From `due_at` on (aware, UTC) the command of class name `kind` is to be asked of `stream_id`, under
    `command_id`, so that however often a timer fires it takes effect once. The row goes when it is moot."""

    table: ClassVar[str] = "due"
    key: ClassVar[tuple[str, ...]] = ("timer_id",)
    indexes: ClassVar[tuple[str, ...]] = ("due_at",)

    timer_id: UUID
    due_at: datetime
    stream_id: UUID
    kind: str
    command_id: UUID

    @staticmethod
    def of(stream_id: UUID, kind: str, due_at: datetime) -> Due:
        """The timer for this, always under the same ids. Another time is another timer."""
        timer_id = uuid5(stream_id, f"{kind} {due_at.isoformat()}")
        return Due(
            timer_id=timer_id,
            due_at=due_at,
            stream_id=stream_id,
            kind=kind,
            command_id=uuid5(timer_id, "command"),
        )
