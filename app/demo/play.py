"""Plays a season, week by week: sets the clock, asks every command, sends every message, waits until all is done.

Within a week the orders go side by side; what happens to one order goes in its order. So the same script gives
the same history of every order, whatever the processes' interleaving was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic, sleep
from uuid import UUID

from kafka import KafkaProducer

from app.demo.season import Season
from app.demo.tale import START, WEEKS, Asked, Sent, week_start
from consumers.kernel import Message, encode
from domain.kernel import Refused
from domain.settlements.closing import ClosePeriod
from domain.settlements.periods import end_of, next_period, period_of
from infra.ask import Ask
from infra.clock import SimulatedClock
from infra.errors import CarnetError
from infra.handle import Desk

CALLERS = 32
SETTLE_WITHIN_S = 120.0
LOOK_EVERY_S = 0.05
OFFICE = "office"


class Stuck(CarnetError):
    """The processes did not finish a week's work."""


@dataclass(frozen=True)
class Stage:
    """What a season is played on. `left_to_do` names what is not done yet, each with how much; `check` raises
    if a process of the season has fallen."""

    desk: Desk
    clock: SimulatedClock
    bootstrap: str
    topic_prefix: str
    check: Callable[[], None]
    left_to_do: Callable[[], dict[str, int]]


def play(season: Season, stage: Stage, progress: Callable[[int], None]) -> None:
    """Play the whole season. `progress` is told each week that is done.

    Raises:
        Refused: a command was refused that the story does not want refused.
        Stuck: a week's work was not finished in time.
    """
    producer = KafkaProducer(
        bootstrap_servers=stage.bootstrap, acks="all", linger_ms=5, compression_type="lz4"
    )
    months = _months()
    with closing(producer), ThreadPoolExecutor(CALLERS, "caller") as callers:
        stage.clock.set(START - timedelta(days=1))
        for plan in season.cast.plans:
            _ask(stage.desk, Asked(plan, OFFICE))
        for week in range(WEEKS):
            stage.clock.set(week_start(week))
            while months and end_of(months[0]) <= week_start(week):
                _close(season, stage.desk, months.pop(0), callers)
            _settle(stage)  # the timers that came due
            shares = (tale.asked.get(week, ()) for tale in season.tales)
            for _ in callers.map(lambda share: _ask_all(stage.desk, share), shares):
                pass
            _settle(stage)  # the policies that the commands set off
            _send(producer, stage.topic_prefix, (s for tale in season.tales for s in tale.sent.get(week, ())))
            _settle(stage)
            progress(week + 1)


def _months() -> list[str]:
    """The months of the season, the first one first."""
    months = [period_of(START, "UTC")]
    while months[-1] < period_of(week_start(WEEKS), "UTC"):
        months.append(next_period(months[-1]))
    return months


def _close(season: Season, desk: Desk, month: str, callers: ThreadPoolExecutor) -> None:
    def close(agent: UUID) -> None:
        _ask(desk, Asked(ClosePeriod(partner_id=agent, period=month), OFFICE))

    for _ in callers.map(close, season.cast.agents):
        pass


def _ask_all(desk: Desk, share: Iterable[Asked]) -> None:
    for asked in share:
        _ask(desk, asked)


def _ask(desk: Desk, asked: Asked) -> None:
    try:
        desk.handle(Ask(command=asked.command, actor=asked.actor))
    except Refused as refused:
        if not asked.refusable:
            refused.add_note(f"It was {asked.command}, which the story does not want refused.")
            raise


def _send(producer: KafkaProducer, prefix: str, messages: Iterable[Sent]) -> None:
    futures = [
        producer.send(
            prefix + sent.topic,
            key=str(sent.key).encode(),
            value=encode(sent.message) if isinstance(sent.message, Message) else sent.message,
        )
        for sent in messages
    ]
    for future in futures:
        future.get(timeout=60)


def _settle(stage: Stage) -> None:
    """Wait until nothing is left to do."""
    give_up = monotonic() + SETTLE_WITHIN_S
    while left := stage.left_to_do():
        stage.check()
        if monotonic() > give_up:
            raise Stuck(f"After {SETTLE_WITHIN_S:.0f} s there is still something to do: {left}.")
        sleep(LOOK_EVERY_S)
