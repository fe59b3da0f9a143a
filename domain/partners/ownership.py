"""Who owns how much of whom, directly or through others. Pure and exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final
from uuid import UUID

ROUNDS_MIN: Final = 32
WHOLE_BP: Final = 10_000
HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """From `since` on the owner holds `share_bp` hundredths of a percent of the owned company; 0 when it sold
    them. `makes` are the brands that the owner makes, none if it is no maker."""

    owner_id: UUID
    owned_id: UUID
    share_bp: int
    since: date
    makes: tuple[str, ...] = ()


def held_pct(
    stakes: Iterable[Stake], owned_id: UUID, brands: Collection[str], on: date
) -> Mapping[UUID, Fraction]:
    """How many percent of a company each maker of one of these brands holds on a day.

    A stake that is held through another company counts in full if more than half of that company is held, and
    in proportion otherwise; companies that own one another are followed round until nothing is left to see.
    """
    standing = _standing(stakes, on)
    makers = {stake.owner_id for stake in standing if set(stake.makes) & set(brands)}
    shares = ((maker, _shares(maker, standing).get(owned_id, Fraction(0))) for maker in makers)
    return {maker: 100 * share for maker, share in shares if share}


def total_bp(stakes: Iterable[Stake], owned_id: UUID, on: date) -> int:
    """What all owners of a company hold of it together, in hundredths of a percent."""
    return sum(stake.share_bp for stake in _standing(stakes, on) if stake.owned_id == owned_id)


def _standing(stakes: Iterable[Stake], on: date) -> tuple[Stake, ...]:
    """Of each pair of companies the stake that was told last among the latest that hold on that day."""
    latest: dict[tuple[UUID, UUID], Stake] = {}
    for stake in sorted((stake for stake in stakes if stake.since <= on), key=lambda stake: stake.since):
        latest[stake.owner_id, stake.owned_id] = stake
    return tuple(latest.values())


def _shares(maker: UUID, stakes: tuple[Stake, ...]) -> Mapping[UUID, Fraction]:
    """What a maker holds of each company. A chain of companies is as long as there are stakes; the round that
    changes nothing is the last."""
    held: Mapping[UUID, Fraction] = {}
    for _ in range(max(ROUNDS_MIN, len(stakes))):
        further: defaultdict[UUID, Fraction] = defaultdict(Fraction)
        for stake in stakes:
            through = Fraction(1) if stake.owner_id == maker else held.get(stake.owner_id, Fraction(0))
            if through:
                counted = Fraction(1) if through > HALF else through
                further[stake.owned_id] += counted * Fraction(stake.share_bp, WHOLE_BP)
        if further == held:
            break
        held = further
    return held
