"""The stories of a season, told again and again under other ids: what a log of any length is made of. Pure.

A story is what hangs together: an order, its car, its visits to the workshop. Ids that one story alone has are
renewed in every copy; partners, plans and whatever else stories share stay what they are. A copy keeps no list of
its ids: they follow from one random number, so that hundreds of thousands of stories can be open at a time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import groupby
from random import Random
from typing import NamedTuple

import domain.everything  # noqa: F401 -- registers every event
from domain.kernel import Event

UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_STORIES = frozenset({"orders", "vehicles", "service"})
STRIDE = 0x9E3779B1  # odd, so that no two ids of a copy are the same


class Told(NamedTuple):
    """An event of the season as text, as COPY takes it: the columns before the recorded time and those after it,
    and the digest and answer of its command."""

    position: int
    stream_id: str
    version: int
    name: str
    command_id: str
    before: str
    after: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a story: its columns with gaps for the position, for ids, for the recorded time, and again for
    ids. `stream` counts the story's streams."""

    stream: int
    text: str
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """What one command wrote. `at` is when, as a share of the season, counted from the story's beginning."""

    at: float
    command: int
    outcome: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """`streams` are the ids of its streams, as numbers of its ids."""

    acts: tuple[Act, ...]
    streams: tuple[int, ...]

    @property
    def events(self) -> int:
        return sum(len(act.lines) for act in self.acts)


class Stands(NamedTuple):
    """Where a stream stands in the log."""

    version: int
    first: int
    last: int


class Copy:
    """A story that is being told: how many of its acts are, and where each of its streams stands."""

    __slots__ = ("_middle", "_seed", "number", "starts", "story", "streams", "told")

    def __init__(self, number: int, story: Story, starts: float, rng: Random) -> None:
        self.number = number
        self.story = story
        self.starts = starts
        self.told = 0
        self.streams: dict[int, Stands] = {}
        self._seed = rng.getrandbits(32)
        digits = f"{rng.getrandbits(80):020x}"
        self._middle = f"-{digits[:4]}-4{digits[4:7]}-a{digits[7:10]}-{digits[10:]}"

    def id(self, number: int) -> str:
        """One of the ids of the story, as a random UUID is written: its beginning places it in an index, its end in
        a slot of a projection."""
        mixed = (self._seed + number * STRIDE) & 0xFFFFFFFF
        return f"{mixed:08x}{self._middle}{mixed & 0xFF:02x}"

    def line(self, line: Line, position: int, at: str) -> str:
        """An event of the story, told at this position and recorded at this time."""
        stood = self.streams.get(line.stream)
        self.streams[line.stream] = (
            Stands(stood.version + 1, stood.first, position) if stood else Stands(1, position, position)
        )
        return line.text % (position, *map(self.id, line.before), at, *map(self.id, line.after))


def stories(season: Sequence[Told]) -> list[Story]:
    """The stories of a season, in the order in which they begin."""
    told = [one for one in season if Event.named[one.name].family in OF_STORIES]
    together = _Together(one.stream_id for one in told)
    of_command: dict[str, str] = {}
    for one in told:
        together.join(one.stream_id, of_command.setdefault(one.command_id, one.stream_id))
        for mentioned in UUID_TEXT.findall(one.after):
            together.join(one.stream_id, mentioned)
    parts: defaultdict[str, list[Told]] = defaultdict(list)
    for one in told:
        parts[together.of(one.stream_id)].append(one)
    own = _own(season, list(parts.values()))
    length = season[-1].position - season[0].position + 1
    return [_story(part, own, length) for part in parts.values()]


def _own(season: Sequence[Told], parts: Sequence[Sequence[Told]]) -> set[str]:
    """The ids that one story alone has. A command that also wrote to a stream of others is another one in a copy."""
    story_at = {one.position: number for number, part in enumerate(parts) for one in part}
    met: dict[str, int] = {}
    shared: set[str] = set()
    for one in season:
        story = story_at.get(one.position, -1)
        for found in UUID_TEXT.findall(f"{one.before}\t{one.after}"):
            if met.setdefault(found, story) != story or story < 0:
                shared.add(found)
    return (met.keys() - shared) | {one.command_id for part in parts for one in part}


def _story(part: Sequence[Told], own: set[str], length: int) -> Story:
    numbers: dict[str, int] = {}
    streams: dict[str, int] = {}

    def gapped(text: str) -> tuple[str, tuple[int, ...]]:
        """The text with a gap for each id that is renewed, and which ids these are."""
        ids: list[int] = []

        def gap(found: re.Match[str]) -> str:
            if found[0] not in own:
                return found[0]
            ids.append(numbers.setdefault(found[0], len(numbers)))
            return "%s"

        return UUID_TEXT.sub(gap, text.replace("%", "%%")), tuple(ids)

    def line(told: Told) -> Line:
        (before, ids_before), (after, ids_after) = gapped(told.before), gapped(told.after)
        stream = streams.setdefault(told.stream_id, len(streams))
        return Line(stream, f"%s\t{before}\t%s\t{after}\n", ids_before, ids_after)

    acts = []
    for command_id, told in groupby(part, key=lambda one: one.command_id):
        written = list(told)
        lines = tuple(map(line, written))
        at = (written[0].position - part[0].position) / length
        acts.append(Act(at, numbers[command_id], written[0].outcome, lines))
    return Story(tuple(acts), tuple(numbers[stream] for stream in streams))


def retold(found: Sequence[Story], events: int, rng: Random, *, life: float) -> Iterator[tuple[Copy, Act]]:
    """The acts of so many events, as they would come: stories begin all the time, and the acts of one that took the
    whole season lie spread over `life` events of the log. The last act may go a few events beyond."""
    mean = sum(story.events for story in found) / len(found)
    coming: list[tuple[float, int, Copy]] = []
    started = written = 0
    while written < events:
        # The next one starts before anything that happens after its time.
        while not coming or coming[0][0] >= started * mean:
            copy = Copy(started, rng.choice(found), started * mean, rng)
            heappush(coming, (copy.starts, started, copy))
            started += 1
        copy = heappop(coming)[-1]
        act = copy.story.acts[copy.told]
        copy.told += 1
        written += len(act.lines)
        yield copy, act
        if copy.told < len(copy.story.acts):
            heappush(coming, (copy.starts + copy.story.acts[copy.told].at * life, copy.number, copy))


class _Together:
    """Which streams hang together: a union of sets."""

    def __init__(self, streams: Iterable[str]) -> None:
        self._parent = {stream: stream for stream in streams}

    def of(self, stream: str) -> str:
        while self._parent[stream] != stream:
            self._parent[stream] = stream = self._parent[self._parent[stream]]
        return stream

    def join(self, one: str, other: str) -> None:
        """Put two together; an id that is no stream of a story joins nothing."""
        if other in self._parent:
            self._parent[self.of(other)] = self.of(one)
