"""SIGTERM and Ctrl-C ask a process to stop: it finishes what it took, then ends with exit code 0."""

from __future__ import annotations

import _thread
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def stop_signals() -> Iterator[Event]:
    """An event that is set by SIGTERM or SIGINT while the block runs. A second signal ends the process at once."""
    stop = Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        # In a thread of its own: the signal may come while this one is inside `stop.wait()` and holds the lock
        # that `set` takes; it would then wait for itself, for ever.
        _thread.start_new_thread(stop.set, ())
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
