"""Runs the policies: reads our own log, and asks what it asks for, in the log's order for each order.

A fixed number of slots share out the orders. Each policy has a source in each slot, `policy:<name>/<slot>`,
whose next position is tracked; a thread a slot works them through, so that group commit carries them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from queue import Empty, Full, Queue
from threading import Event, Thread
from time import monotonic

import msgspec

from consumers.inbox import Inbox, Source, Taken
from consumers.kernel import Policy, S, Wanted
from consumers.workshop import Workshop
from domain.kernel import Recorded, Stream, fold
from infra.errors import InputError
from infra.log import Log

SLOTS = 8
BATCH = 1000
QUEUED_MAX = 1000
IDLE_S = 0.05
LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Task:
    """An event, and which policy it concerns."""

    policy: int
    recorded: Recorded


def source_name(policy: str, slot: int) -> str:
    return f"policy:{policy}/{slot}"


class PolicyRunner:
    """Runs policies until it is told to stop."""

    def __init__(self, policies: Sequence[Policy], workshop: Workshop) -> None:
        self._policies = tuple(policies)
        self._log = workshop.log
        self._failed = Event()
        self._slots = [Slot(number, self._policies, workshop, self._failed) for number in range(SLOTS)]

    def run(self, stop: Event) -> None:
        """Follow the log until `stop`; then finish the event at hand in each slot.

        Raises:
            PostgresFault, Contended: it could not go on; what was not asked is asked again.
            IntegrityFault: an event cannot be read.
        """
        for slot in self._slots:
            slot.start()
        position = min(slot.start_after for slot in self._slots)
        try:
            while not stop.is_set() and not self._failed.is_set():
                batch = self._log.read(position, BATCH)
                if not batch:
                    stop.wait(IDLE_S)
                    continue
                # Once one is not handed out, nothing after it may be: a slot that takes a later one passes it over.
                if not all(self._hand_out(recorded, stop) for recorded in batch):
                    break
                position = batch[-1].position
                for slot in self._slots:
                    slot.read_to = position
        finally:
            for slot in self._slots:
                slot.stop()
            for slot in self._slots:
                slot.join()
        if faults := [slot.fault for slot in self._slots if slot.fault]:
            raise faults[0]

    def _hand_out(self, recorded: Recorded, stop: Event) -> bool:
        """Give an event to whom it concerns; False if that ended before all had it."""
        for number, policy in enumerate(self._policies):
            if type(recorded.event) not in policy.events:
                continue
            if order_id := policy.order(recorded):
                slot = self._slots[order_id.int % SLOTS]
                while not slot.give(Task(number, recorded)):
                    if stop.is_set() or self._failed.is_set():
                        return False
        return True


class Slot:
    """The thread of one slot. `read_to` is the position up to which all of its tasks were given."""

    def __init__(self, number: int, policies: Sequence[Policy], workshop: Workshop, failed: Event) -> None:
        self.read_to = 0
        self.fault: BaseException | None = None
        self._policies = policies
        self._log = workshop.log
        self._inboxes = [self._inbox(policy, number, workshop) for policy in policies]
        self._tasks: Queue[Task] = Queue(QUEUED_MAX)
        self._failed = failed
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=f"policies/{number}", daemon=True)

    @property
    def start_after(self) -> int:
        """The position after which there is something to do."""
        return min(inbox.next for inbox in self._inboxes) - 1

    def start(self) -> None:
        self._thread.start()

    def give(self, task: Task) -> bool:
        """Queue a task; False if the queue stayed full for a moment."""
        try:
            self._tasks.put(task, timeout=IDLE_S)
        except Full:
            return False
        return True

    def stop(self) -> None:
        self._stopping.set()

    def join(self) -> None:
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as fault:
            self.fault = fault
            self._failed.set()

    def _work(self) -> None:
        looked = 0.0
        while not self._stopping.is_set():
            read_to = self.read_to
            try:
                self._take(self._tasks.get(timeout=IDLE_S))
                idle = False
            except Empty:
                idle = True
            if monotonic() - looked > LOOK_EVERY_S:
                looked = monotonic()
                for inbox in self._inboxes:
                    inbox.drain()
                    if idle:
                        inbox.advance(read_to + 1)

    def _take(self, task: Task) -> None:
        policy, inbox, recorded = self._policies[task.policy], self._inboxes[task.policy], task.recorded
        if recorded.position < inbox.next:
            return
        message = Taken(
            offset=recorded.position,
            identity=f"policy:{policy.name}:{recorded.event_id}",
            key=str(policy.order(recorded)),
            payload=msgspec.json.encode(recorded.position),
        )
        inbox.take(message, partial(policy.want, recorded, At(self._log, recorded.position)))

    def _inbox(self, policy: Policy, number: int, workshop: Workshop) -> Inbox:
        name = source_name(policy.name, number)
        source = Source(
            name=name, topic=f"policy:{policy.name}", partition=number, read=partial(self._read, policy)
        )
        return Inbox(source, workshop, workshop.log.taken(name) or 1)

    def _read(self, policy: Policy, payload: bytes) -> Wanted | None:
        """What a parked event asks for, when it is tried again."""
        position = msgspec.json.decode(payload or b"0", type=int)
        found = self._log.read(position - 1, 1) if position else []
        if not found:
            raise InputError("The parked position is lost with the subject that it was sealed under.")
        return policy.want(found[0], At(self._log, position))


@dataclass(frozen=True, slots=True)
class At:
    """The streams as of a position."""

    log: Log
    position: int

    def __call__(self, stream: Stream[S], /) -> S:
        history = self.log.history(stream.id, until_position=self.position)
        return fold(stream.state(), [recorded.event for recorded in history])
