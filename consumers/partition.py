"""One partition of a topic, worked through by a thread of its own, in order."""

from __future__ import annotations

from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic

from consumers.inbox import Inbox, Taken

LOOK_EVERY_S = 0.25
FULL = 2000
ROOM = 500


@dataclass(frozen=True, slots=True)
class Passed:
    """Nothing before this offset is left to read: what stood there were marks of transactions."""

    offset: int


class PartitionThread:
    """Takes the messages of one source. The first fault stops it; `failed` is set, for whoever watches."""

    def __init__(self, inbox: Inbox, failed: Event) -> None:
        self.inbox = inbox
        self.fault: BaseException | None = None
        self.given = inbox.next
        self._failed = failed
        self._queue: SimpleQueue[Taken | Passed] = SimpleQueue()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=inbox.source.name, daemon=True)
        self._thread.start()

    def give(self, message: Taken | Passed) -> None:
        """Add to what is to be taken; `given` is the offset after it."""
        self._queue.put(message)
        self.given = message.offset if isinstance(message, Passed) else message.offset + 1

    @property
    def is_full(self) -> bool:
        return self._queue.qsize() >= FULL

    @property
    def has_room(self) -> bool:
        return self._queue.qsize() <= ROOM

    @property
    def is_idle(self) -> bool:
        return self._queue.empty()

    def stop(self) -> None:
        """Finish the message at hand and leave the others; they come again."""
        self._stopping.set()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as fault:
            self.fault = fault
            self._failed.set()

    def _work(self) -> None:
        self.inbox.drain()
        looked = monotonic()
        while not self._stopping.is_set():
            if monotonic() - looked > LOOK_EVERY_S:
                self.inbox.drain()
                looked = monotonic()
            try:
                match self._queue.get(timeout=LOOK_EVERY_S):
                    case Passed(offset):
                        self.inbox.advance(offset)
                    case message:
                        self.inbox.take(message)
            except Empty:
                continue
