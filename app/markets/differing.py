"""How the rows of market files differ from those that a log holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from domain.kernel import fold
from domain.markets.book import (
    MarketBook,
    MarketClaimRecorded,
    MarketClaimWithdrawn,
    MarketEvent,
    MarketRuled,
    PlanEvent,
    book_id,
    difference,
)
from domain.markets.plans import Distribution
from domain.markets.rows import MarketRows, Row
from infra.log import Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What happens to the rows of a place, in words that begin with the row's id. `first`: nothing was loaded for
    it before."""

    market: str
    first: bool
    added: tuple[str, ...]
    changed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    steps: tuple[str, ...]
    rulings: tuple[str, ...]


def differences(log: Log, rows: Sequence[MarketRows], *, author: str, reason: str) -> Iterator[Difference]:
    """The places for which anything changes, in their order."""
    held = log.histories(book_id(one.market) for one in rows)
    for one in rows:
        history = held.get(book_id(one.market), [])
        before = fold(MarketBook(), (recorded.event for recorded in history)).rows
        events = list(difference(before, one, author=author, reason=reason))
        if events:
            yield _told(before, one, events, first=not history)


def _told(before: MarketRows, after: MarketRows, events: Sequence[MarketEvent], *, first: bool) -> Difference:
    old = {row.id: row for row in _rows(before)}
    new = {row.id: row for row in _rows(after)}
    recorded = [event.claim_id for event in events if isinstance(event, MarketClaimRecorded)]
    return Difference(
        market=after.market,
        first=first,
        added=tuple(one for one in recorded if one not in old),
        changed=tuple(f"{one}: {_fields(old[one], new[one])}" for one in recorded if one in old),
        withdrawn=tuple(event.claim_id for event in events if isinstance(event, MarketClaimWithdrawn)),
        steps=tuple(_step(event) for event in events if isinstance(event, PlanEvent)),
        rulings=tuple(event.ruling.id for event in events if isinstance(event, MarketRuled)),
    )


def _rows(rows: MarketRows) -> list[Row]:
    return [*rows.claims(), *rows.rulings]


def _step(event: PlanEvent) -> str:
    effective = f", effective {event.step.effective}" if event.step.effective else ""
    return f"{event.claim_id}: {event.step.step} {event.step.on}{effective}"


def _fields(before: Row, after: Row) -> str:
    """Which fields changed; a plan whose told steps changed begins anew."""
    if type(before) is not type(after):
        return "another kind of row"
    names = [one.name for one in fields(after) if getattr(before, one.name) != getattr(after, one.name)]
    anew = isinstance(after, Distribution) and "steps" in names
    return ", ".join(names) + (" (the plan begins anew)" if anew else "")
