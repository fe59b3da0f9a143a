"""From a command and the states it reads to the item that the log is asked to append. Pure but for new ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from msgspec import Struct

from domain.context import Context
from domain.kernel import Command, Event, Refused, Report, State, States, Stream
from domain.money import CurrencyMismatch
from domain.orders.refusing import CommandRefused
from domain.partners.asking import PartnerCommand
from domain.partners.refusing import PartnerCommandRefused
from infra import refusal
from infra.ask import Ask
from infra.bounds import BODY_BYTES_MAX, OutOfBounds, moment
from infra.codec import encode
from infra.errors import Contended, InputError
from infra.ids import new_id
from infra.item import Item, NewEvent
from infra.states import Versioned
from infra.vault.sealing import SealedRow

FUTURE_MAX = timedelta(minutes=5)

Happening = list[tuple[Stream[State], Event]]


class Told(Struct, frozen=True):
    """An ask that is ready to be decided. `reads` and `writes` are the streams that its command names."""

    ask: Ask
    command: Command
    command_id: UUID
    digest: bytes
    sealed: tuple[SealedRow, ...]
    now: datetime
    occurred_at: datetime
    reads: tuple[Stream[State], ...]
    writes: tuple[Stream[State], ...]


class Decided(Struct, frozen=True):
    """What to write (None if nothing at all), what it makes of the streams that it writes, and the refusal it
    records."""

    item: Item | None
    events: tuple[Event, ...]
    written: Mapping[UUID, Versioned]
    refused: Refused | None = None


def occurred(ask: Ask, now: datetime) -> datetime:
    """When the command happens, in UTC: now, or for a report when it was told to have happened.

    Raises:
        InputError: it is told of a request, has no zone, or lies in the future or before 1900.
    """
    if ask.occurred_at is None:
        return now
    if not isinstance(ask.command, Report):
        raise InputError(f"{type(ask.command).__name__} happens now: only a report tells when it happened.")
    try:
        occurred_at = moment(ask.occurred_at)
    except OutOfBounds as error:
        raise InputError(f"{type(ask.command).__name__}: occurred_at: {error}.") from None
    if occurred_at > now + FUTURE_MAX:
        raise InputError(
            f"{type(ask.command).__name__} is told as of {occurred_at}, and it is only {now}.",
            hint="A report tells what has happened.",
        )
    return occurred_at


def decide(told: Told, found: Mapping[UUID, Versioned], context: Context) -> Decided:
    """Decide on the states of the streams that it reads, and fold the events onto those that it writes.

    Raises:
        Refused: it may not happen, and no rule says so.
        Contended: the command was meant for another version.
        InputError: an id is that of another kind of stream, amounts of two currencies met, or an event is too large.
        TypeError: the command wrote to a stream that is not among its `writes`.
    """
    ask = told.ask
    states, versions = _states_of(told, found)
    _check_version(told, versions)
    happens, refused = _happens(told, states, context)
    if not (happens or refused or ask.command_id or ask.tracking):
        return Decided(None, (), {})
    written: dict[UUID, Versioned] = {}
    events: list[NewEvent] = []
    for stream, event in happens:
        if stream not in told.writes:
            raise _not_to_write(told, stream, event)
        before = written.get(stream.id) or found[stream.id]
        after = written[stream.id] = Versioned(event.evolve(before.state), before.version + 1)
        events.append(_new_event(stream.id, event, after))
    item = Item(
        command_id=told.command_id,
        occurred_at=told.occurred_at,
        actor=ask.actor,
        correlation_id=ask.correlation_id or told.command_id,
        causation_id=ask.causation_id,
        digest=told.digest,
        answer=refusal.to_answer(refused) if refused else None,
        expected=versions,
        events=tuple(events),
        # A refused message is parked by its consumer, which then moves the source on in the same item.
        tracking=None if refused else ask.tracking,
        sealed=() if refused else told.sealed,
    )
    return Decided(item, tuple([event for _, event in happens]), written, refused)


def _states_of(told: Told, found: Mapping[UUID, Versioned]) -> tuple[dict[UUID, State], dict[UUID, int]]:
    """The states and the versions of the streams that it reads. Raises InputError: an id is that of another kind."""
    states: dict[UUID, State] = {}
    versions: dict[UUID, int] = {}
    for stream in told.reads:
        one = found.get(stream.id)
        if one is None or type(one.state) is not stream.state:
            raise _another_kind(stream)
        states[stream.id], versions[stream.id] = one.state, one.version
    return states, versions


def _happens(told: Told, states: Mapping[UUID, State], context: Context) -> tuple[Happening, Refused | None]:
    """What happens, or the evidence of a refusal by a rule, and that refusal."""
    try:
        return list(told.command.decide(States(states), context)), None
    except CurrencyMismatch as error:
        raise InputError(f"{type(told.command).__name__}: {error}.") from error
    except Refused as refused:
        if refused.rule is None:
            raise
        return _evidence(told, refused), refused


def _check_version(told: Told, versions: Mapping[UUID, int]) -> None:
    """Raise Contended if the command was meant for another version."""
    about, expected = told.reads[0], told.ask.expected_version
    if expected not in {None, versions[about.id]}:
        raise Contended(
            f"{about.state.__name__} {about.id} is at version {versions[about.id]}, you expected {expected}.",
            hint="Look at what has changed and ask again.",
        )


def _another_kind(stream: Stream[State]) -> InputError:
    return InputError(
        f"{stream.id} is not the id of {_a(stream.state.__name__.lower())}: another kind of stream has it.",
        hint="Every order, vehicle, visit and account has an id of its own.",
    )


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


class _Evidence(TypedDict):
    command: str
    code: str
    rule: str
    rule_version: int
    grounds: tuple[str, ...]
    rows: tuple[str, ...]
    source: str


def _evidence(told: Told, refused: Refused) -> Happening:
    """The record of a refusal by a rule: on the order that the command writes, or on the partner that it is about."""
    assert refused.rule is not None
    record = _Evidence(
        command=type(told.command).__name__,
        code=refused.code,
        rule=refused.rule.id,
        rule_version=refused.rule.version,
        grounds=refused.grounds,
        rows=refused.rows,
        source=refused.source,
    )
    if isinstance(told.command, PartnerCommand):
        return [(told.writes[0], PartnerCommandRefused(partner_id=told.command.partner_id, **record))]
    orders = [stream for stream in told.writes if stream.state.family == CommandRefused.family]
    return [(stream, CommandRefused(**record)) for stream in orders[:1]]


def _not_to_write(told: Told, stream: Stream[State], event: Event) -> TypeError:
    return TypeError(
        f"{type(told.command).__name__} made {type(event).__name__} happen to {stream.state.__name__} "
        f"{stream.id}, which is not among the streams that its writes() names"
    )


def _new_event(stream_id: UUID, event: Event, after: Versioned) -> NewEvent:
    """The event as the log takes it, with what its stream is after it."""
    body = encode(event)
    if len(body) > BODY_BYTES_MAX:
        raise InputError(
            f"{type(event).__name__} would hold {len(body):,} bytes; an event may hold {BODY_BYTES_MAX:,}.",
            hint="Shorten its texts, or give fewer of them.",
        )
    return NewEvent(
        stream_id=stream_id,
        version=after.version,
        event_id=new_id(),
        name=type(event).__name__,
        schema_version=event.schema_version,
        market=after.state.market,
        body=body,
    )
