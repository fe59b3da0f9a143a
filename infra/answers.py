"""Answers for the callers of one event loop.

`asyncio.wrap_future` would do; but it wakes the loop from the writer's thread for every single answer, which costs
more than deciding the command. Answers come in groups, so here the loop is woken once for all that came meanwhile.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop
from asyncio import Future as Awaitable
from collections import deque
from concurrent.futures import Future

from infra.ask import Answer


class Answers:
    """What callers in this event loop await: `await answers.of(desk.submit(ask))`."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._came: deque[tuple[Awaitable[Answer], Future[Answer]]] = deque()
        self._waking = False

    def of(self, submitted: Future[Answer]) -> Awaitable[Answer]:
        """Ends as the future does. Who no longer waits may cancel it; the command is carried out all the same."""
        awaited: Awaitable[Answer] = self._loop.create_future()
        submitted.add_done_callback(lambda done: self._note(awaited, done))
        return awaited

    def _note(self, awaited: Awaitable[Answer], done: Future[Answer]) -> None:
        """Called in the thread that answers."""
        self._came.append((awaited, done))
        if not self._waking:
            self._waking = True
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._waking = False  # before the look: what comes after it wakes the loop again
        while self._came:
            awaited, done = self._came.popleft()
            if awaited.done():
                continue
            if fault := done.exception():
                awaited.set_exception(fault)
            else:
                awaited.set_result(done.result())
