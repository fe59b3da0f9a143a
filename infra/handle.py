"""The one way in for commands: seal, read, decide, append; all of it again if somebody else was faster.

Every door (command line, consumers, policies, timers) hands its commands to a `Desk`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Semaphore

from domain.catalogue.book import Catalogue
from domain.context import NOTHING_LISTED
from domain.kernel import Refused
from domain.markets.book import MarketBook
from domain.markets.resolver import Markets
from infra import refusal
from infra.ask import Answer, Answered, Ask
from infra.case import Basis, Case
from infra.clock import Clock
from infra.codec import canonical
from infra.deciding import Told, occurred
from infra.door import Sealer, clear_texts, seal, unique_field
from infra.errors import Contended, InputError
from infra.ids import new_id
from infra.item import AlreadyTaken, Appended, Behind, Busy, Conflict, Duplicate, OutcomeUnknown, Taken
from infra.log import Log
from infra.markets.loaded import LoadedMarkets
from infra.states import REMEMBERED_MAX, StateCache

__all__ = ["Answer", "Ask", "Desk"]

ATTEMPTS = 20
ANSWER_WITHIN_S = 90.0
ASIDE_THREADS = 4
SEALING_MAX = 10_000  # as many as the log's queue takes
WRITES_NOTHING = (Refused, Contended, InputError)  # what a decision may come to


class Desk:
    """Handles commands, from any thread.

    `markets` answer for places that were never loaded into the log; it decides by the rows of those that were.
    `digest_key` keys the digests that tell a repeated command from another one under the same id.
    """

    def __init__(
        self,
        log: Log,
        sealer: Sealer,
        markets: Markets,
        clock: Clock,
        *,
        digest_key: bytes,
        catalogue: Catalogue = NOTHING_LISTED,
        remembered_max: int = REMEMBERED_MAX,
    ) -> None:
        self._log = log
        self._sealer = sealer
        self._clock = clock
        self._keyed = hmac.new(digest_key, digestmod="sha256")
        self._basis = Basis(
            StateCache(log, remembered_max=remembered_max), LoadedMarkets(log, markets), catalogue
        )
        self._asides = ThreadPoolExecutor(ASIDE_THREADS, "carnet-desk")
        self._sealing = Semaphore(SEALING_MAX)

    def handle(self, ask: Ask) -> Answer:
        """Carry out a command. It returns when the events are durable.

        Raises:
            Refused: it may not happen. If a rule said so, that is recorded, and a repeat is refused alike.
            InputError: a text, a time, or an id is not what it should be.
            Contended: it was decided on another version than expected, or the streams kept changing.
            Busy: more waits to be written than the queue holds.
            AlreadyTaken: another process took the message that this command came from.
            PostgresFault: nothing was written; `OutcomeUnknown`: that could not be learnt.
        """
        told = self._told(ask)
        answer: Future[Answer] = _promised()
        self._log.write(Case(told, self._basis, self._settle, answer))
        try:
            return answer.result(ANSWER_WITHIN_S)
        except TimeoutError as error:
            late = f"PostgreSQL did not answer within {ANSWER_WITHIN_S:.0f} s"
            raise OutcomeUnknown(told.command_id, late) from error

    def submit(self, ask: Ask) -> Future[Answer]:
        """The same without waiting, for who has many commands in flight. The future ends as `handle` does, and
        cannot be cancelled. Commands on one stream that are in flight together may happen in any order. A callback
        of the future may run in the writer's thread, so it must not wait, least of all for another command."""
        answer = _promised()
        self.enter(ask, answer)
        return answer

    def enter(self, ask: Ask, answer: Answered) -> None:
        """The same, with the end told to `answer`."""
        if not clear_texts(ask.command):
            self._begin(ask, answer)
        elif self._sealing.acquire(blocking=False):  # to seal them asks databases
            self._aside(answer, lambda: self._seal_and_begin(ask, answer))
        else:
            answer.set_exception(
                Busy(f"{SEALING_MAX} commands wait to be sealed.", hint="Ask again in a moment.")
            )

    def _seal_and_begin(self, ask: Ask, answer: Answered) -> None:
        try:
            self._begin(ask, answer)
        finally:
            self._sealing.release()

    def _begin(self, ask: Ask, answer: Answered) -> None:
        try:
            told = self._told(ask)
        except Exception as error:
            answer.set_exception(error)
        else:
            self._send(Case(told, self._basis, self._settle, answer))

    def _told(self, ask: Ask) -> Told:
        now = self._clock.now()
        occurred_at = occurred(ask, now)
        command, sealed = seal(ask.command, self._sealer)
        digest = self._keyed.copy()  # its key is worked in already
        digest.update(type(command).__name__.encode() + b"\0" + canonical(ask.command))
        if ask.occurred_at:
            digest.update(b"\0" + occurred_at.isoformat().encode())
        reads = command.reads()
        return Told(
            ask=ask,
            command=command,
            command_id=ask.command_id or new_id(),
            digest=digest.digest(),
            sealed=sealed,
            now=now,
            occurred_at=occurred_at,
            reads=reads,
            writes=command.writes(reads),
        )

    def _send(self, case: Case) -> None:
        try:
            self._log.submit(case)
        except Exception as error:
            case.answer.set_exception(error)

    def _settle(self, case: Case) -> None:
        """Answer; or decide again, on what the log then holds; or have the log asked."""
        told, answer = case.told, case.answer
        match case.end:
            case Appended(position) if case.item is not None:
                self._basis.states.remember(case.decided.written)
                if case.decided.refused:
                    answer.set_exception(case.decided.refused)
                elif told.writes[0].state is MarketBook:
                    self._aside(answer, lambda: self._loaded(case, position))
                else:
                    answer.set_result(Answer(position, case.decided.events))
            case end if case.from_memory and isinstance(end, (Appended, *WRITES_NOTHING)):
                self._again(case)
            case Appended():
                self._aside(answer, lambda: answer.set_result(Answer(self._log.head().position, ())))
            case Exception() as fault if told.ask.command_id and isinstance(fault, WRITES_NOTHING):
                self._aside(answer, lambda: self._refused(case, fault))
            case Conflict():
                self._again(case)
            case Duplicate() as first:
                self._aside(answer, lambda: self._repeated(case, first))
            case Behind() as behind:
                answer.set_exception(AlreadyTaken(behind))
            case Taken(subject):
                taken = Refused(
                    "text_taken",
                    "the {field} is that of {subject} already",
                    field=unique_field(told.command),
                    subject=subject,
                )
                answer.set_exception(taken)
            case Exception() as fault:
                answer.set_exception(fault)

    def _again(self, case: Case) -> None:
        if case.attempt < ATTEMPTS:
            self._send(Case(case.told, self._basis, self._settle, case.answer, case.attempt + 1))
            return
        about = case.told.reads[0]
        fault = Contended(
            f"{about.state.__name__} {about.id} changed {ATTEMPTS} times while this was decided.",
            hint="Ask again.",
        )
        case.answer.set_exception(fault)

    def _loaded(self, case: Case, position: int) -> None:
        self._basis.markets.refresh()
        case.answer.set_result(Answer(position, case.decided.events))

    def _refused(self, case: Case, fault: Exception) -> None:
        """A command that took effect before has its first answer, also where it would be refused now."""
        if first := self._log.command(case.told.command_id):
            self._repeated(case, first)
        else:
            case.answer.set_exception(fault)

    def _repeated(self, case: Case, first: Duplicate) -> None:
        if first.digest != case.told.digest:
            raise InputError(
                f"The command id {case.told.command_id} was used for another content.",
                hint="Mint a new id for a new command; repeat an id only with the very same content.",
            )
        if first.answer:
            raise refusal.from_answer(first.answer)
        recorded = self._log.read(first.position - first.events, first.events) if first.events else []
        case.answer.set_result(Answer(first.position, tuple(one.event for one in recorded), repeated=True))

    def _aside(self, answer: Answered, ask: Callable[[], None]) -> None:
        """Do what asks a database where the writer does not wait for it."""

        def guarded() -> None:
            try:
                ask()
            except Exception as error:
                answer.set_exception(error)

        self._asides.submit(guarded)


def _promised() -> Future[Answer]:
    """A future that nobody cancels: what was submitted may be written already."""
    answer: Future[Answer] = Future()
    answer.set_running_or_notify_cancel()
    return answer
