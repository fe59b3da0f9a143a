"""Which rows answer: those that come with Carnet, or those that a log held at a position."""

from __future__ import annotations

import re
from typing import Final

from app import reaching
from app.wiring import configured
from domain.markets.resolver import Markets
from infra.errors import InputError
from infra.log_reader import LogReader
from infra.markets import load_markets
from infra.markets.loaded import LoadedMarkets

POSITION: Final = re.compile("[0-9]{1,18}")


def markets_at(position: str | None) -> Markets:
    """The markets as the log knew them at a position; without one as they are shipped, and nothing need run.

    Raises:
        InputError: it is no position of the log.
    """
    shipped = load_markets()
    if position is None:
        return shipped
    if not POSITION.fullmatch(position):
        raise InputError("--known-at is no position.", hint="Write the number of an event, such as 1234.")
    settings = configured()
    with LogReader(reaching.postgres(settings, settings.database)) as log:
        if int(position) > (head := log.head().position):
            raise InputError(f"--known-at is after the end of the log, which is at position {head}.")
        return LoadedMarkets(log, shipped).at(int(position))
