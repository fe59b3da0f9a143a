"""How far a long work on the log has come: a bar on a terminal, lines elsewhere, always on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from app.output import err, err_line
from projections import rebuilding

LINE_EVERY_S = 5.0


@contextmanager
def shown(what: str) -> Iterator[rebuilding.Progress]:
    """Show what is told, with events/s and the time left, until the block ends. What was there at first counts for
    no speed."""
    if not err.is_terminal:
        yield Lines(what)
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} events"),
        _Rate(),
        TimeRemainingColumn(),
        console=err,
    ) as bar:
        tasks: list[TaskID] = []

        def tell(position: int, wanted: int) -> None:
            if tasks:
                bar.update(tasks[0], completed=position, total=wanted)
            else:
                tasks.append(bar.add_task(what, completed=position, total=wanted))

        yield tell


class Lines:
    """Progress for a log: a line at first, then every five seconds, and one at the end."""

    def __init__(
        self, what: str, *, say: Callable[[str], None] = err_line, clock: Callable[[], float] = monotonic
    ) -> None:
        self._what = what
        self._say = say
        self._clock = clock
        self._start: tuple[int, float] | None = None
        self._last = 0.0

    def __call__(self, position: int, wanted: int) -> None:
        now = self._clock()
        if self._start is None:
            self._start = position, now
        elif position < wanted and now - self._last < LINE_EVERY_S:
            return
        self._last = now
        speed = self._speed(position, wanted, now)
        self._say(f"{self._what}: {position:,} of {wanted:,} events{speed}")

    def _speed(self, position: int, wanted: int, now: float) -> str:
        assert self._start is not None
        first, since = self._start
        if position == first or now == since:
            return ""
        rate = (position - first) / (now - since)
        left = f", {(wanted - position) / rate:,.0f} s left" if position < wanted else ""
        return f", {rate:,.0f} events/s{left}"


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Events a second."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} events/s" if speed else "", style="progress.data.speed")
