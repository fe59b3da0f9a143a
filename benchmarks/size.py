"""How much is measured: the sizes of a short run and of a full one. Both give the same figures."""

from __future__ import annotations

from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Size:
    """Seconds are those of one run of one side, its warm-up aside. `groups` are of 500 items, `appended_groups` of 64,
    to logs of `log_sizes` events."""

    name: str
    season_orders: int
    warm_up_seconds: float
    seconds: float
    groups: int
    appended_groups: int
    rebuilt_events: int
    stock_seconds: float
    relayed_events: int
    log_sizes: tuple[int, int, int]
    replays: int
    load_seconds: float
    burst_seconds: float
    memory_seconds: float


SHORT = Size(
    name="short",
    season_orders=100,
    warm_up_seconds=0.15,
    seconds=0.4,
    groups=20,
    appended_groups=40,
    rebuilt_events=40_000,
    stock_seconds=1.5,
    relayed_events=20_000,
    log_sizes=(10_000, 30_000, 100_000),
    replays=300,
    load_seconds=1,
    burst_seconds=8,
    memory_seconds=15,
)
FULL = Size(
    name="full",
    season_orders=1000,
    warm_up_seconds=0.5,
    seconds=1.2,
    groups=80,
    appended_groups=150,
    rebuilt_events=200_000,
    stock_seconds=8,
    relayed_events=60_000,
    log_sizes=(100_000, 1_000_000, 10_000_000),
    replays=2_000,
    load_seconds=5,
    burst_seconds=180,
    memory_seconds=240,
)
