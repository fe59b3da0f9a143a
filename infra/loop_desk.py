"""A desk for the callers of one event loop.

They could wrap the futures of `Desk.submit`; but each of those wakes the loop from the writer's thread, which costs as
much as deciding the command. Answers come in groups, so here the loop is woken once for all that came meanwhile.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future
from collections import deque
from contextlib import suppress

from infra.handle import Answer, Ask, Desk


class LoopDesk:
    """Handles commands for the callers in this event loop, which it never keeps waiting."""

    def __init__(self, desk: Desk, loop: AbstractEventLoop) -> None:
        self._desk = desk
        self._loop = loop
        self._came: deque[_Awaited] = deque()
        self._waking = False

    def handle(self, ask: Ask) -> Future[Answer]:
        """To be awaited; it ends as `Desk.handle` does. Who no longer waits may cancel it: the command is carried
        out all the same."""
        awaited: Future[Answer] = self._loop.create_future()
        self._desk.enter(ask, _Awaited(awaited, self))
        return awaited

    def note(self, came: _Awaited) -> None:
        """An answer came. Called in the thread that answers."""
        self._came.append(came)
        if not self._waking:
            self._waking = True
            with suppress(RuntimeError):  # the loop is closed, and with it whoever waited
                self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._waking = False  # before the look: what comes after it wakes the loop again
        while self._came:
            self._came.popleft().tell()


class _Awaited:
    """The answer that one caller awaits."""

    __slots__ = ("_awaited", "_desk", "_end")

    def __init__(self, awaited: Future[Answer], desk: LoopDesk) -> None:
        self._awaited = awaited
        self._desk = desk

    def set_result(self, answer: Answer) -> None:
        self._end: Answer | Exception = answer
        self._desk.note(self)

    def set_exception(self, fault: Exception) -> None:
        self._end = fault
        self._desk.note(self)

    def tell(self) -> None:
        if self._awaited.done():
            return
        if isinstance(self._end, Exception):
            self._awaited.set_exception(self._end)
        else:
            self._awaited.set_result(self._end)
