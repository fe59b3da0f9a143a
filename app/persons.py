"""`carnet person`: what the vault holds about somebody, shown to who says why, or erased for ever."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from app.output import AsJson, out, print_json, print_table
from app.wiring import clock_of, configured, vault_of
from infra.vault import Erased

person = App(name="person", help="Personal data: shown with a purpose, which is recorded; or erased.")

Subject = Annotated[UUID, Parameter(name="ID", help="The id of a customer, or of a vehicle for its VIN.")]


@person.command
def show(subject: Subject, /, *, purpose: str, json: AsJson = False) -> None:
    """Open all that the vault holds about ID. Who looked, when and why is recorded first."""
    settings = configured()
    with vault_of(settings, clock_of(settings)) as vault:
        shown = vault.show(subject, purpose, settings.actor)
    if json:
        print_json([{"group": one.group, "sealed": one.sealed_id, "text": _text(one.text)} for one in shown])
    else:
        print_table(
            ("group", "sealed", "text"),
            [(one.group, one.sealed_id, _text(one.text) or "(erased)") for one in shown],
        )


@person.command
def erase(subject: Subject, /, *, reason: str = "the person asked", json: AsJson = False) -> None:
    """Destroy the keys and the data of ID for ever, record it, and try that nothing can be read any more."""
    settings = configured()
    with vault_of(settings, clock_of(settings)) as vault:
        receipt = vault.erase(subject, actor=settings.actor, reason=reason)
    if json:
        print_json(asdict(receipt))
    else:
        out.print(f"Erased {subject}: nothing of it can be read any more.")
        out.print(
            f"{receipt.blobs} sealed texts and {receipt.lookups} look-ups deleted at {_moment(receipt.erased_at)}."
        )
        print_table(
            ("key destroyed", "incarnation", "at"),
            [(key.group, key.incarnation, _moment(key.destroyed_at)) for key in receipt.keys],
        )


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z" if moment else "not yet"


def _text(text: str | Erased) -> str | None:
    return None if isinstance(text, Erased) else text
