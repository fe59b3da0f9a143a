"""The markets by which a book decides: the rows that were loaded into its log, and the shipped ones for places that
never were.

Nobody asks the log again within `FRESH_S` of the last time: what another process loads counts here that much
later. What this process loads counts at once.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import Final
from uuid import UUID

from domain.kernel import fold
from domain.markets.book import MarketBook, book_id, known, whole
from domain.markets.regions import COUNTRIES, PARTS
from domain.markets.resolver import Markets
from domain.markets.rows import MarketRows
from infra.log_reader import LogReader

FRESH_S: Final = 1.0


class LoadedMarkets:
    """What a log knows of the markets, over `shipped`. From any thread."""

    def __init__(self, log: LogReader, shipped: Markets, *, fresh_s: float = FRESH_S) -> None:
        self._log = log
        self._shipped = shipped
        self._fresh_s = fresh_s
        codes = {*COUNTRIES, *(f"{whole}-{part}" for whole, parts in PARTS.items() for part in parts)}
        self._ids = [book_id(code) for code in sorted(codes | shipped.regions.names)]
        self._versions: dict[UUID, int] = {}
        self._loaded: dict[UUID, MarketRows] = {}
        self._markets = shipped
        self._asked_at: float | None = None
        self._guard = Lock()

    def now(self) -> Markets:
        """The markets, at most `fresh_s` old.

        Raises:
            PostgresFault: the log cannot be read.
        """
        asked_at = self._asked_at
        if asked_at is None or monotonic() - asked_at >= self._fresh_s:
            self.refresh()
        return self._markets

    def refresh(self) -> None:
        """Read what was loaded since the last time.

        Raises:
            PostgresFault: the log cannot be read.
        """
        with self._guard:
            versions = self._log.versions(self._ids)
            if versions != self._versions:
                changed = [one for one, version in versions.items() if self._versions.get(one) != version]
                for stream_id, history in self._log.histories(changed).items():
                    book = fold(MarketBook(), (recorded.event for recorded in history))
                    self._loaded[stream_id] = book.rows
                self._markets = self._shipped.overlaid(self._loaded.values())
                self._versions = versions
            self._asked_at = monotonic()

    def at(self, position: int) -> Markets:
        """The markets as the log knew them at a position: "known to us at P". A load in the middle of which P
        lies is not known there."""
        histories = self._log.histories(self._ids).values()
        return known(self._shipped, (one for history in histories for one in whole(history, position)))
