"""What `decide` may not fetch for itself: the time, and the dated rows of markets and calendars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.markets.resolver import Markets


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`now` is the clock's; `occurred_at` is when the told fact happened (for a request it equals `now`).
    Both are aware, in UTC. `actor` is the opaque id of who asks."""

    now: datetime
    occurred_at: datetime
    actor: str
    markets: Markets
