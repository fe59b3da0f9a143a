"""Many commands in flight at once, those that meet in a stream one after the other.

A command waits for those before it that write what it reads, or read what it writes; and all wait for one that loads
rows of a market. All others go on meanwhile, so what takes a round trip of its own for one caller shares groups here.
What is read ahead is bounded, so a file of any size takes the same memory.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Set
from queue import SimpleQueue
from threading import Semaphore, Thread
from uuid import UUID

from domain.markets.book import MarketBook
from infra.errors import InputError
from infra.handle import Answer, Ask, Desk

READ_AHEAD = 1_024  # commands; well below what the log's queue holds
MARKETS = UUID(int=0)  # stands for all markets: every decision looks at their rows


class _Entry:
    """One of the commands; `waits_for` counts those before it that it must wait for, `followers` wait for it."""

    def __init__(self, number: int, asked: Ask | InputError, came: SimpleQueue[_Came]) -> None:
        self.number = number
        self.asked = asked
        self.came = came
        self.reads: Set[UUID] = frozenset()
        self.waits_for = 0
        self.followers: list[_Entry] = []
        self.end: Answer | Exception | None = None

    def set_result(self, answer: Answer) -> None:
        self.came.put((self, answer))

    def set_exception(self, fault: Exception) -> None:
        self.came.put((self, fault))


class _Turn:
    """Who is at work on one stream: the last of those who write it, and who came after and only looks."""

    def __init__(self) -> None:
        self.writer: _Entry | None = None
        self.readers: set[_Entry] = set()


class _AllRead:
    """All that was to be read is read, or `fault` ended the reading."""

    def __init__(self, fault: Exception | None) -> None:
        self.fault = fault


_Came = _Entry | _AllRead | tuple[_Entry, Answer | Exception]
Numbered = tuple[int, Ask | InputError]


class Bulk:
    """Carries out what an iterator yields, once. Commands are read in a thread of their own, so that the answers
    come as they are durable, also while the next command is not known yet."""

    def __init__(self, desk: Desk, *, read_ahead: int = READ_AHEAD) -> None:
        self._desk = desk
        self._room = Semaphore(read_ahead)
        self._came: SimpleQueue[_Came] = SimpleQueue()
        self._entries: deque[_Entry] = deque()
        self._turns: defaultdict[UUID, _Turn] = defaultdict(_Turn)
        self._stopped = False

    def carry_out(self, asked: Iterable[Numbered]) -> Iterator[tuple[int, Answer | Exception]]:
        """What became of each, under its number and in their order. What could not be read comes as the
        `InputError` that it is.

        Raises what `asked` raises, once everything before is told.
        """
        Thread(target=self._read, args=(iter(asked),), name="carnet-bulk", daemon=True).start()
        read: _AllRead | None = None
        while self._entries or not (read or self._stopped):
            match self._came.get():
                case _Entry() as entry:
                    self._begin(entry)
                case _AllRead() as read:
                    pass
                case entry, end:
                    self._end(entry, end)
            while self._entries and (told := self._entries[0].end) is not None:
                number = self._entries.popleft().number
                self._room.release()
                yield number, told
        if read and read.fault:
            raise read.fault

    def stop(self) -> None:
        """Read nothing more: `carry_out` ends when all that was begun has ended."""
        self._stopped = True
        self._room.release()
        self._came.put(_AllRead(None))

    def _read(self, asked: Iterator[Numbered]) -> None:
        fault = None
        try:
            for number, one in asked:
                self._room.acquire()
                if self._stopped:
                    return
                self._came.put(_Entry(number, one, self._came))
        except Exception as error:
            fault = error
        self._came.put(_AllRead(fault))

    def _begin(self, entry: _Entry) -> None:
        self._entries.append(entry)
        if isinstance(entry.asked, InputError):
            entry.end = entry.asked
            return
        command = entry.asked.command
        reads = command.reads()
        entry.reads = {MARKETS, *(stream.id for stream in reads)}
        writes = {MARKETS if stream.state is MarketBook else stream.id for stream in command.writes(reads)}
        before = {turn.writer for one in entry.reads if (turn := self._turns[one]).writer}
        before.update(*(self._turns[one].readers for one in writes))
        for one in entry.reads:
            turn = self._turns[one]
            if one in writes:
                turn.writer, turn.readers = entry, set()
            else:
                turn.readers.add(entry)
        entry.waits_for = len(before)
        for earlier in before:
            assert earlier is not None
            earlier.followers.append(entry)
        if not before:
            self._submit(entry)

    def _submit(self, entry: _Entry) -> None:
        assert isinstance(entry.asked, Ask)
        self._desk.enter(entry.asked, entry)

    def _end(self, entry: _Entry, end: Answer | Exception) -> None:
        entry.end = end
        for one in entry.reads:
            turn = self._turns[one]
            turn.readers.discard(entry)
            if turn.writer is entry:
                turn.writer = None
            if turn.writer is None and not turn.readers:
                del self._turns[one]
        for follower in entry.followers:
            follower.waits_for -= 1
            if not follower.waits_for:
                self._submit(follower)
