"""The one way in for commands: seal, read, decide, append; all of it again if somebody else was faster.

Every door (command line, consumers, policies, timers) hands its commands to a `Desk`.
"""

from __future__ import annotations

import hmac
from uuid import uuid4

from domain.catalogue.book import Catalogue
from domain.context import NOTHING_LISTED, Context
from domain.kernel import Refused, State, Stream
from domain.markets.book import MarketEvent
from domain.markets.resolver import Markets
from infra import refusal
from infra.ask import Answer, Ask
from infra.case import Case
from infra.clock import Clock
from infra.codec import canonical
from infra.deciding import Decided, Told, occurred
from infra.door import Sealer, seal, unique_field
from infra.errors import Contended, InputError
from infra.item import (
    AlreadyTaken,
    Appended,
    Behind,
    Conflict,
    Duplicate,
    Outcome,
    OutcomeUnknown,
    Taken,
)
from infra.log import Log
from infra.markets.loaded import LoadedMarkets
from infra.states import REMEMBERED_MAX, States

__all__ = ["Answer", "Ask", "Desk"]

ATTEMPTS = 20
ANSWER_WITHIN_S = 90.0


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
        self._markets = LoadedMarkets(log, markets)
        self._catalogue = catalogue
        self._clock = clock
        self._digest_key = digest_key
        self._states = States(log, remembered_max=remembered_max)

    def handle(self, ask: Ask) -> Answer:
        """Carry out a command. It returns when the events are durable.

        Raises:
            Refused: it may not happen. If a rule said so, that is recorded, and a repeat is refused alike.
            InputError: a text, a time, or an id is not what it should be.
            Contended: it was decided on another version than expected, or the streams kept changing.
            AlreadyTaken: another process took the message that this command came from.
            PostgresFault: nothing was written; `OutcomeUnknown`: that could not be learnt.
        """
        told = self._told(ask)
        streams = told.command.reads()
        for _ in range(ATTEMPTS):
            answer = self._attempt(told, streams)
            if answer is not None:
                return answer
        raise Contended(
            f"{streams[0].state.__name__} {streams[0].id} changed {ATTEMPTS} times while this was decided.",
            hint="Ask again.",
        )

    def _told(self, ask: Ask) -> Told:
        now = self._clock.now()
        occurred_at = occurred(ask, now)
        command, sealed = seal(ask.command, self._sealer)
        markets = self._markets.now()
        content = type(command).__name__.encode() + b"\0" + canonical(ask.command)
        if ask.occurred_at:
            content += b"\0" + occurred_at.isoformat().encode()
        return Told(
            ask=ask,
            command=command,
            command_id=ask.command_id or uuid4(),
            digest=hmac.digest(self._digest_key, content, "sha256"),
            sealed=sealed,
            context=Context(
                now=now,
                occurred_at=occurred_at,
                actor=ask.actor,
                markets=markets,
                catalogue=self._catalogue,
                partner_rules=markets.partner_rules,
            ),
        )

    def _attempt(self, told: Told, streams: tuple[Stream[State], ...]) -> Answer | None:
        """One round; None if it must be decided again, on what the log then holds."""
        case = Case(told, streams, self._states)
        try:
            self._log.write(case)
            outcome = case.wait(ANSWER_WITHIN_S)
        except TimeoutError as error:
            late = f"PostgreSQL did not answer within {ANSWER_WITHIN_S:.0f} s"
            raise OutcomeUnknown(told.command_id, late) from error
        except (Refused, Contended, InputError):
            self._states.forget(stream.id for stream in streams)
            if case.from_memory:
                return None
            if told.ask.command_id and (first := self._log.command(told.command_id)):
                return self._repeated(told, first)
            raise
        if not case.decided.writes:
            return Answer(self._log.head().position, ())
        return self._settle(told, case.decided, outcome)

    def _settle(self, told: Told, decided: Decided, outcome: Outcome) -> Answer | None:
        match outcome:
            case Appended(position):
                if decided.refused:
                    raise decided.refused
                if any(isinstance(event, MarketEvent) for event in decided.events):
                    self._markets.refresh()
                return Answer(position, decided.events)
            case Duplicate():
                return self._repeated(told, outcome)
            case Conflict(streams):
                self._states.forget(streams)
                return None
            case Behind():
                raise AlreadyTaken(outcome)
            case Taken(subject):
                raise Refused(
                    "text_taken",
                    "the {field} is that of {subject} already",
                    field=unique_field(told.command),
                    subject=subject,
                )

    def _repeated(self, told: Told, first: Duplicate) -> Answer:
        if first.digest != told.digest:
            raise InputError(
                f"The command id {told.command_id} was used for another content.",
                hint="Mint a new id for a new command; repeat an id only with the very same content.",
            )
        if first.answer:
            raise refusal.from_answer(first.answer)
        recorded = self._log.read(first.position - first.events, first.events) if first.events else []
        return Answer(first.position, tuple(one.event for one in recorded), repeated=True)
