"""The work that is measured: the commands of one order's sale, each decided by the real domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from domain.context import Context
from domain.kernel import Command, State, States, extend
from domain.markets.resolver import Markets
from infra.codec import encode
from infra.ids import new_id
from infra.item import Item, NewEvent
from tests import examples

NOON = examples.NOON

# The buyer is a reference already, so no side seals: what is measured is load, decide and append.
SALE: tuple[Command, ...] = (
    examples.reserve,
    examples.pay_deposit,
    examples.quote,
    examples.inform,
    examples.sign,
    examples.change,
    examples.revise,
    examples.schedule,
    examples.pay_balance,
    examples.cancel,
)


def sale() -> list[Command]:
    """The commands of a new order, in order."""
    order_id = uuid4()
    return [extend(command, type(command), order_id=order_id) for command in SALE]


def reservation() -> Command:
    """The first command of a new order."""
    return replace(SALE[0], order_id=uuid4())


def decided(markets: Markets, sales: int) -> Iterator[list[Item]]:
    """So many sales side by side, step by step: what each step writes, decided and ready to be appended."""
    context = Context(now=NOON, occurred_at=NOON, actor="clerk", markets=markets)
    begun = [sale() for _ in range(sales)]
    stands: dict[UUID, tuple[State, int]] = {}
    for step in range(len(SALE)):
        yield [_item(commands[step], context, stands) for commands in begun]


def _item(command: Command, context: Context, stands: dict[UUID, tuple[State, int]]) -> Item:
    streams = command.reads()
    read = {stream.id: stands.get(stream.id, (stream.state(), 0)) for stream in streams}
    events = []
    for stream, event in command.decide(States({i: state for i, (state, _) in read.items()}), context):
        state, version = stands.get(stream.id, read[stream.id])
        after: State = event.evolve(state)
        stands[stream.id] = after, version + 1
        events.append(
            NewEvent(
                stream_id=stream.id,
                version=version + 1,
                event_id=new_id(),
                name=type(event).__name__,
                schema_version=event.schema_version,
                market=after.market,
                body=encode(event),
            )
        )
    command_id = new_id()
    return Item(
        command_id=command_id,
        occurred_at=context.occurred_at,
        actor=context.actor,
        correlation_id=command_id,
        digest=bytes(32),
        expected={stream_id: version for stream_id, (_, version) in read.items()},
        events=tuple(events),
    )


class NoonClock:
    """It is always noon, so that every run decides alike."""

    def now(self) -> datetime:
        return NOON.astimezone(UTC)
