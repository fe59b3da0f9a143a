"""What `decide` may not fetch for itself: the time, and the dated rows of markets, calendars and the
catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.catalogue.book import Catalogue
from domain.markets.resolver import Markets
from domain.partners.facts import SellerFacts
from domain.partners.rules import NO_PARTNER_RULES, PartnerRules

NOTHING_LISTED: Final = Catalogue()
NOBODY_KNOWN: Final[Mapping[UUID, SellerFacts]] = {}


class Context(NamedTuple):
    """`now` is the clock's; `occurred_at` is when the told fact happened (for a request it equals `now`).
    Both are aware, in UTC. `actor` is the opaque id of who asks. `sellers` are the partners that a command names,
    as far as the streams that it reads know them."""

    now: datetime
    occurred_at: datetime
    actor: str
    markets: Markets
    catalogue: Catalogue = NOTHING_LISTED
    partner_rules: PartnerRules = NO_PARTNER_RULES
    sellers: Mapping[UUID, SellerFacts] = NOBODY_KNOWN
