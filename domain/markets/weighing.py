"""Which of the rows that match decides. The most specific does; if its days are imprecise, every reading counts.

Rows that hold surely, at the same rank, and disagree, decide nothing; nor do readings that disagree. What a row with
conditions says is what it says to this seller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from domain.markets.claims import SURENESS, UNCONDITIONAL, NetworkKind
from domain.markets.questions import Question
from domain.markets.scopes import Ready

V = TypeVar("V")
# A row, what it says (None: nobody knows), whether it holds surely, whether it is weak that day.
Match: TypeAlias = tuple[Ready[V], V | None, bool, bool]
Reading: TypeAlias = Callable[[Ready[V]], tuple[V | None, bool]]


class Weighed(NamedTuple, Generic[V]):
    """`value` is None where nothing is determined. `rows` are those that decided, or that could not agree.
    `weak`: in some reading only weak rows carry it; or, of None, weak rows or imprecise days keep it open."""

    value: V | None
    rows: tuple[Ready[V], ...] = ()
    weak: bool = False


NOTHING: Final[Weighed[NetworkKind]] = Weighed(None)


def weigh(
    rows: Sequence[Ready[V]],
    question: Question,
    *,
    network: Weighed[NetworkKind] = NOTHING,
    default: V | None = None,
    reading: Reading[V] | None = None,
) -> Weighed[V]:
    """What these rows, the most specific first, say to a question. `default` is what holds where none does;
    `reading` tells what a row with conditions says, and whether weak rows make it say so."""
    matches = _matches(rows, question, network, reading)
    if not matches:
        return Weighed(default)
    row, first, sure, weak = matches[0]
    if len(matches) == 1 and sure and first is not None and not row.contested:
        return Weighed(first, (row,), weak)
    agree = default == first or any(sure for _, _, sure, _ in matches)
    for row, value, _, _ in matches:
        if row.contested or value != first:
            agree = False
    if first is None or not agree:
        unsure = any(weak or not sure for _, _, sure, weak in matches)
        return Weighed(None, tuple(row for row, _, _, _ in matches), unsure)
    return _agreed(first, matches)


def _matches(
    rows: Sequence[Ready[V]],
    question: Question,
    network: Weighed[NetworkKind],
    reading: Reading[V] | None,
) -> list[Match[V]]:
    """Down to the rank at which a row holds surely: what is less specific does not count."""
    day = question.on
    found: list[Match[V]] = []
    settled = -1
    for row in rows:
        if row.rank < settled:
            break
        if day < row.maybe_from or day >= row.sure_to:
            continue
        if row.narrow and not _speaks_of(row, question):
            continue
        sure = row.sure_from <= day < row.maybe_to
        weak = row.weak or day > row.review_by
        if row.network:
            if not network.rows:
                continue
            if network.value is None:
                sure = False
            elif network.value != row.network:
                if not network.weak:
                    continue
                sure, weak = False, True
            else:
                weak = weak or network.weak
        value: V | None = row.value
        if reading and row.conditions is not UNCONDITIONAL:
            value, weakly = reading(row)
            weak = weak or weakly
        found.append((row, value, sure, weak))
        if sure:
            settled = row.rank
    return found


def _speaks_of(row: Ready[V], question: Question) -> bool:
    return (
        (not row.powertrains or question.powertrain in row.powertrains)
        and (not row.customers or question.customer_type in row.customers)
        and (not row.ages or question.age in row.ages)
        and (not row.channels or question.channel in row.channels)
    )


def _agreed(value: V, matches: list[Match[V]]) -> Weighed[V]:
    """Of rows that say the same, at each rank: of those that hold surely the strongest decide, and the others
    add nothing; of those that only may hold, all."""
    deciding: list[Ready[V]] = []
    weak = False
    for rank in dict.fromkeys(row.rank for row, _, _, _ in matches):
        level = [one for one in matches if one[0].rank == rank]
        sure = [one for one in level if one[2]]
        if strong := [row for row, _, _, row_weak in sure if not row_weak]:
            best = min(SURENESS.index(row.claim.confidence) for row in strong)
            deciding += [row for row in strong if SURENESS.index(row.claim.confidence) == best]
        else:
            weak = weak or any(row_weak for _, _, _, row_weak in level)
            deciding += [row for row, _, _, _ in sure or level]
    return Weighed(value, tuple(deciding), weak)
