"""`carnet parked`: messages and events that could not be processed, and what a person decides about them."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from app.output import AsJson, out, print_json, print_table
from app.wiring import clock_of, configured, connected, vault_of
from infra.errors import NotFound
from infra.parked import ParkedTable
from infra.parked_messages import PARKED_MESSAGES, ParkedMessage
from infra.postgres import Connection
from projections.parked_events import PARKED_EVENTS, ParkedEvent

parked = App(
    name="parked",
    help="Messages and events that could not be processed: nothing is lost, and all can be retried.",
)

Id = Annotated[UUID, Parameter(name="ID", help="As `carnet parked list` shows it.")]


@parked.command(name="list")
def list_them(*, json: AsJson = False) -> None:
    """List the messages that wait for a consumer, and the events that wait in a projection, as they were parked."""
    with connected(configured(), "carnet_reader") as connection:
        waiting: list[ParkedMessage | ParkedEvent] = [
            *PARKED_MESSAGES.waiting(connection),
            *PARKED_EVENTS.waiting(connection),
        ]
    waiting.sort(key=lambda one: one.parked_at)
    if json:
        print_json([_told(one) for one in waiting])
    else:
        print_table(
            ("id", "where", "state", "parked", "reason"),
            [
                (one.id, one.where, one.state, f"{one.parked_at:%Y-%m-%d %H:%M}", one.reason)
                for one in waiting
            ],
        )


@parked.command
def show(parked_id: Id, /, *, purpose: str, json: AsJson = False) -> None:
    """Open one message. It may hold personal data: who looked, when and why is recorded first.

    An event holds none; `carnet replay` of its order tells what it says.
    """
    settings = configured()
    with connected(settings, "carnet_reader") as connection:
        one = _table(connection, parked_id).find(connection, parked_id)
    told = _told(one)
    if isinstance(one, ParkedMessage):
        with vault_of(settings, clock_of(settings)) as vault:
            payload = vault.open_bytes(one.payload, purpose=purpose, actor=settings.actor)
        told["payload_base64" if json else "payload"] = (
            base64.b64encode(payload).decode() if json else repr(payload)[2:-1]
        )
    if json:
        print_json(told)
    else:
        print_table(("", ""), list(told.items()))


@parked.command
def retry(parked_id: Id, /) -> None:
    """Ask that its queue be tried again; the consumer or projection that it waits for does so, in order."""
    settings = configured()
    with connected(settings, "carnet_writer") as connection:
        now = clock_of(settings).now()
        table = _table(connection, parked_id)
        _say(table.retry(connection, parked_id, actor=settings.actor, now=now))


@parked.command
def drop(parked_id: Id, /, *, why: str) -> None:
    """Take one out for good. Who did so and why is recorded; what waited behind it goes on."""
    settings = configured()
    with connected(settings, "carnet_writer") as connection:
        now = clock_of(settings).now()
        table = _table(connection, parked_id)
        _say(table.drop(connection, parked_id, actor=settings.actor, now=now, why=why))


def _table(connection: Connection, parked_id: UUID) -> ParkedTable[ParkedMessage] | ParkedTable[ParkedEvent]:
    """The table in which this one stands; that of the messages if it stands nowhere."""
    try:
        PARKED_EVENTS.find(connection, parked_id)
    except NotFound:
        return PARKED_MESSAGES
    return PARKED_EVENTS


def _told(one: ParkedMessage | ParkedEvent) -> dict[str, object]:
    return {"where": one.where, **asdict(one)}


def _say(one: ParkedMessage | ParkedEvent) -> None:
    out.print(f"{one.id}: {one.state}")
