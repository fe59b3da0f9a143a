"""`carnet show` and `carnet status`: an order as its customer sees it, and how the whole system is doing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from cyclopts import Parameter

import projections
from app import reaching
from app.output import AsJson, out, print_json, print_table
from app.wiring import clock_of, configured, connected
from consumers.lag import Offsets, policy_lags, timer_lag
from consumers.run import CONSUMERS
from domain.orders.status import Possibility
from infra.clock import Clock
from infra.errors import CarnetError, NotFound
from infra.parked_messages import PARKED_MESSAGES
from infra.position import NOTHING, shard_positions
from infra.postgres import Connection
from infra.settings import Settings
from projections import queries
from projections.lag import lag
from projections.parked_events import PARKED_EVENTS

OrderId = Annotated[UUID, Parameter(name="ORDER", help="The id of an order.")]


def show(order_id: OrderId, /, *, json: AsJson = False) -> None:
    """Show an order as its customer sees it: where it stands, what was promised, what can still be done."""
    settings = configured()
    now = clock_of(settings).now()
    with connected(settings, "carnet_reader") as connection:
        found = queries.order(connection, order_id)
    if found is None:
        raise NotFound(
            f"The read model has no order {order_id}.",
            hint="Check the id, and with `carnet status` whether customer_status is behind.",
        )
    possible = [can for can in found.possibilities if can.until is None or now < can.until]
    if json:
        print_json({**asdict(found), "can_do": possible})
        return
    out.print(f"Order [bold]{found.order_id}[/bold]: {found.brand} {found.model}, {found.market}")
    out.print(f"  order {found.order_status}, car {found.car_status}, money {found.money_status}")
    out.print(f"  promised {_span(found.promised_from, found.promised_to)}")
    out.print(f"  expected {_span(found.estimate_from, found.estimate_to)}")
    out.print(f"  the customer can {', '.join(map(_possibility, possible)) or 'do nothing more'}")


def status(*, json: AsJson = False) -> None:
    """Show the head of the log, how far every follower is behind it, and how much is parked."""
    settings = configured()
    clock = clock_of(settings)
    with connected(settings, "carnet_reader") as connection:
        head = _head(connection)
        followers = [
            *_projections(connection, clock),
            *_consumers(connection, clock, settings),
            *_relays(connection, clock, settings, head),
        ]
        waiting, waiting_events = PARKED_MESSAGES.count(connection), PARKED_EVENTS.count(connection)
    if json:
        told = {"head": head, "followers": followers, "parked": waiting, "parked_events": waiting_events}
        print_json(told)
        return
    out.print(
        f"Head of the log: position [bold]{head}[/bold]; parked messages: [bold]{waiting}[/bold]; "
        f"parked events: [bold]{waiting_events}[/bold]"
    )
    print_table(
        ("follower", "behind", "seconds", "note"),
        [(f.name, f.behind, None if f.seconds is None else f"{f.seconds:.1f}", f.note) for f in followers],
    )


class Follower(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `carnet status`: `behind` counts events or messages, None if nobody can tell."""

    name: str
    behind: int | None
    seconds: float | None = None
    note: str = ""


def _head(connection: Connection) -> int:
    row = connection.execute("select position from carnet.head").fetchone()
    return int(row[0]) if row else 0


def _projections(connection: Connection, clock: Clock) -> Iterator[Follower]:
    for one in lag(connection, projections.ALL, clock.now()):
        yield Follower(name=f"projection:{one.name}", behind=one.events, seconds=one.seconds)


def _consumers(connection: Connection, clock: Clock, settings: Settings) -> Iterator[Follower]:
    head = _head(connection)
    for one in policy_lags(connection):
        seconds = _waiting(connection, clock, head - one.waiting)
        yield Follower(name=one.name, behind=one.waiting, seconds=seconds)
    due = timer_lag(connection, clock.now())
    yield Follower(name=due.name, behind=due.waiting)
    try:
        offsets = Offsets(reaching.kafka(settings), settings.topic_prefix, CONSUMERS.values())
        with closing(offsets):
            for one in offsets.lags(connection):
                yield Follower(name=f"consumer:{one.name}", behind=one.waiting)
    except CarnetError as fault:
        yield Follower(name="consumers", behind=None, note=str(fault))


def _relays(connection: Connection, clock: Clock, settings: Settings, head: int) -> Iterator[Follower]:
    """The relay, or each of its shards."""
    try:
        published = shard_positions(reaching.kafka(settings), settings.topic_prefix) or [NOTHING]
    except CarnetError as fault:
        yield Follower(name="relay", behind=None, note=str(fault))
        return
    for shard, at in enumerate(published):
        yield Follower(
            name="relay" if len(published) == 1 else f"relay:{shard}",
            behind=head - at.position,
            seconds=_waiting(connection, clock, at.position),
        )


def _waiting(connection: Connection, clock: Clock, position: int) -> float:
    """For how many seconds the event after a position has been in the log."""
    row = connection.execute(
        "select recorded_at from carnet.events where position = %s", [position + 1]
    ).fetchone()
    return max(0.0, (clock.now() - row[0]).total_seconds()) if row else 0.0


def _span(start: object, end: object) -> str:
    return f"{start} to {end}" if start and end else "nothing yet"


def _possibility(can: Possibility) -> str:
    action = can.action.replace("_", " ")
    return f"{action} until {_moment(can.until)}" if can.until else action


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}Z"
