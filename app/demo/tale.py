"""The script of a season: who asks or tells what, in which week. Pure: the same seed writes the same script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from consumers.kernel import Message
from domain.kernel import Command
from domain.vin import CHECK_POSITION, check_digit

START = datetime(2026, 1, 5, 10, tzinfo=UTC)  # a Monday
WEEKS = 26


def week_start(week: int) -> datetime:
    """What the clock says in a week of the season, counted from 0."""
    return START + timedelta(weeks=week)


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that somebody gives at a door. With `refusable` a refusal belongs to the story."""

    command: Command
    actor: str
    refusable: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A record that another party sends: a message of theirs, or bytes that are none."""

    topic: str
    key: UUID
    message: Message | bytes


@dataclass
class Tale:
    """The story of one order, week by week: what is asked in a week comes before what is sent in it."""

    week: int
    asked: dict[int, list[Asked]] = field(default_factory=dict)
    sent: dict[int, list[Sent]] = field(default_factory=dict)

    def later(self, weeks: int = 1) -> None:
        """Let so many weeks pass."""
        self.week += weeks

    @property
    def now(self) -> datetime:
        return week_start(self.week)

    def ask(self, command: Command, actor: str, *, refusable: bool = False) -> None:
        self.asked.setdefault(self.week, []).append(Asked(command, actor, refusable))

    def send(self, topic: str, key: UUID, message: Message | bytes) -> None:
        self.sent.setdefault(self.week, []).append(Sent(topic, key, message))


def new_id(rng: Random) -> UUID:
    """A random UUID of version 4, from the seed."""
    return UUID(int=rng.getrandbits(128), version=4)


def sha256_hex(rng: Random) -> str:
    """The hash of a document that only its owner has."""
    return f"{rng.getrandbits(256):064x}"


VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def vins(rng: Random) -> Iterator[str]:
    """VINs with a right check digit, no two alike."""
    serial = rng.randrange(1_000_000)
    while True:
        serial = (serial + 7919) % 1_000_000
        draft = "WMW" + "".join(rng.choices(VIN_LETTERS, k=5)) + "0T7" + f"{serial:06}"
        yield draft[:CHECK_POSITION] + check_digit(draft) + draft[CHECK_POSITION + 1 :]
