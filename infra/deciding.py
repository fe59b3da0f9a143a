"""From a command and the states it reads to the item that the log is asked to append. Pure but for new ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """What to write (None if nothing at all), what it makes of the streams that it reads, and the refusal it
    records."""

    item: Item | None
    events: tuple[Event, ...]
    states: Mapping[UUID, Versioned]
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


def check_version(ask: Ask, about: Stream[State], read: Mapping[UUID, Versioned]) -> None:
    """Raise Contended if the command was meant for another version."""
    if ask.expected_version is None:
        return
    version = read[about.id].version
    if ask.expected_version != version:
        raise Contended(
            f"{about.state.__name__} {about.id} is at version {version}, you expected {ask.expected_version}.",
            hint="Look at what has changed and ask again.",
        )


def decide(told: Told, read: Mapping[UUID, Versioned], context: Context) -> Decided:
    """Decide, and fold the events onto the states.

    Raises:
        Refused: it may not happen, and no rule says so.
        InputError: amounts of two currencies met, or an event is too large.
        TypeError: the command wrote to a stream that is not among its `writes`.
    """
    refused = None
    try:
        happens = list(told.command.decide(States({i: one.state for i, one in read.items()}), context))
    except CurrencyMismatch as error:
        raise InputError(f"{type(told.command).__name__}: {error}.") from error
    except Refused as error:
        if error.rule is None:
            raise
        refused = error
        happens = _evidence(told, error)
    ask = told.ask
    if not (happens or refused or ask.command_id or ask.tracking):
        return Decided(None, (), {})
    _check_writes(told, happens)
    states = dict(read)
    item = Item(
        command_id=told.command_id,
        occurred_at=told.occurred_at,
        actor=ask.actor,
        correlation_id=ask.correlation_id or told.command_id,
        causation_id=ask.causation_id,
        digest=told.digest,
        answer=refusal.to_answer(refused) if refused else None,
        expected={stream_id: one.version for stream_id, one in read.items()},
        events=tuple([_new_event(stream, event, states) for stream, event in happens]),
        # A refused message is parked by its consumer, which then moves the source on in the same item.
        tracking=None if refused else ask.tracking,
        sealed=() if refused else told.sealed,
    )
    return Decided(item, tuple([event for _, event in happens]), states, refused)


def _check_writes(told: Told, happens: Sequence[tuple[Stream[State], Event]]) -> None:
    for stream, event in happens:
        if stream not in told.writes:
            raise TypeError(
                f"{type(told.command).__name__} made {type(event).__name__} happen to {stream.state.__name__} "
                f"{stream.id}, which is not among the streams that its writes() names"
            )


class _Evidence(TypedDict):
    command: str
    code: str
    rule: str
    rule_version: int
    grounds: tuple[str, ...]
    rows: tuple[str, ...]
    source: str


def _evidence(told: Told, refused: Refused) -> list[tuple[Stream[State], Event]]:
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


def _new_event(stream: Stream[State], event: Event, states: dict[UUID, Versioned]) -> NewEvent:
    """The event as the log takes it; `states` go on to what it makes of its stream."""
    body = encode(event)
    if len(body) > BODY_BYTES_MAX:
        raise InputError(
            f"{type(event).__name__} would hold {len(body):,} bytes; an event may hold {BODY_BYTES_MAX:,}.",
            hint="Shorten its texts, or give fewer of them.",
        )
    before = states[stream.id]
    after = Versioned(event.evolve(before.state), before.version + 1)
    states[stream.id] = after
    return NewEvent(
        stream_id=stream.id,
        version=after.version,
        event_id=new_id(),
        name=type(event).__name__,
        schema_version=event.schema_version,
        market=after.state.market,
        body=body,
    )
