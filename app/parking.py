"""`carnet parked`: messages that could not be processed, and what a person decides about them."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from app.output import AsJson, out, print_json, print_table
from app.wiring import clock_of, configured, connected, vault_of
from infra import parked as messages
from infra.parked import Parked

parked = App(
    name="parked", help="Messages that could not be processed: nothing is lost, and all can be retried."
)

Id = Annotated[UUID, Parameter(name="ID", help="As `carnet parked list` shows it.")]


@parked.command(name="list")
def list_them(*, json: AsJson = False) -> None:
    """List the messages that wait, in the order they were parked."""
    with connected(configured(), "carnet_writer") as connection:
        waiting = messages.waiting(connection)
    if json:
        print_json([asdict(one) for one in waiting])
    else:
        print_table(
            ("id", "where", "state", "parked", "reason"),
            [
                (
                    m.id,
                    f"{m.topic}[{m.partition}] {m.offset}",
                    m.state,
                    f"{m.parked_at:%Y-%m-%d %H:%M}",
                    m.reason,
                )
                for m in waiting
            ],
        )


@parked.command
def show(parked_id: Id, /, *, purpose: str, json: AsJson = False) -> None:
    """Open one message. It may hold personal data: who looked, when and why is recorded first."""
    settings = configured()
    with connected(settings, "carnet_writer") as connection:
        one = messages.find(connection, parked_id)
    with vault_of(settings, clock_of(settings)) as vault:
        payload = vault.open_bytes(one.payload, purpose=purpose, actor=settings.actor)
    if json:
        print_json({**asdict(one), "payload_base64": base64.b64encode(payload).decode()})
    else:
        print_table(("", ""), [*asdict(one).items(), ("payload", repr(payload)[2:-1])])


@parked.command
def retry(parked_id: Id, /) -> None:
    """Ask that the queue of this message be tried again; the consumer that owns it does so, in order."""
    settings = configured()
    with connected(settings, "carnet_writer") as connection:
        now = clock_of(settings).now()
        _say(messages.retry(connection, parked_id, actor=settings.actor, now=now))


@parked.command
def drop(parked_id: Id, /, *, why: str) -> None:
    """Take one message out for good. Who did so and why is recorded; what waited behind it goes on."""
    settings = configured()
    with connected(settings, "carnet_writer") as connection:
        now = clock_of(settings).now()
        _say(messages.drop(connection, parked_id, actor=settings.actor, now=now, why=why))


def _say(one: Parked) -> None:
    out.print(f"{one.id}: {one.state}")
