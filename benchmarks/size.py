"""How much is measured: the sizes of a short run and of a full one. Both give the same figures."""

from __future__ import annotations

from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Size:
    """Seconds are those of one run of one side, its warm-up aside."""

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
    season_orders=150,
    warm_up_seconds=0.25,
    seconds=0.6,
    groups=20,
    appended_groups=60,
    rebuilt_events=30_000,
    stock_seconds=2,
    relayed_events=20_000,
    log_sizes=(20_000, 50_000, 200_000),
    replays=500,
    load_seconds=2,
    burst_seconds=10,
    memory_seconds=10,
)
FULL = Size(
    name="full",
    season_orders=1000,
    warm_up_seconds=1,
    seconds=3,
    groups=80,
    appended_groups=400,
    rebuilt_events=300_000,
    stock_seconds=10,
    relayed_events=100_000,
    log_sizes=(100_000, 1_000_000, 10_000_000),
    replays=2_000,
    load_seconds=15,
    burst_seconds=180,
    memory_seconds=600,
)
