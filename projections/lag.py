"""How far projections are behind the log, in events and in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from infra.postgres import Connection, faults
from projections.kernel import Projection


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the rows that readers see are behind. `position` is that of the slowest slot: the last event
    whose rows are written there, 0 if the projection has never run; `head` is the log's. `seconds` is how long
    the next event has been waiting, 0 if none is."""

    name: str
    position: int
    head: int
    seconds: float

    @property
    def events(self) -> int:
        return self.head - self.position


def lag(connection: Connection, projections: Sequence[Projection], now: datetime) -> list[Lag]:
    """The lag of each of these projections, as of one snapshot. Raises PostgresFault."""
    with faults():
        rows = connection.execute(
            """select asked.name, at, head.position, next.recorded_at
            from unnest(%s::text[]) with ordinality as asked (name, turn)
            cross join lateral (
                select coalesce(min(position), 0) as at
                from read.builds join read.checkpoints using (projection, build)
                where projection = asked.name and state = 'live'
            ) as slowest
            cross join carnet.head
            left join carnet.events as next on next.position = at + 1
            order by asked.turn""",
            [[projection.name for projection in projections]],
        ).fetchall()
    return [Lag(name, at, head, _seconds(waiting_since, now)) for name, at, head, waiting_since in rows]


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
