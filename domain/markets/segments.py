"""One question asked of the resolver over all time: its answers, from one change of the rows to the next."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from domain.markets.answers import Answer, Ground
from domain.markets.doubts import Doubt, Spoken, doubts
from domain.markets.plans import DistributionModel
from domain.markets.questions import Question
from domain.markets.resolver import Markets
from domain.markets.validity import after
from domain.markets.verdicts import AnyReady


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """From `begins` (included; `date.min`: ever) to `ends` (excluded; `date.max`: until further notice). Without
    `ground` it may be sold by `model`. `doubt` says why it is undetermined; `overdue`: nobody looked again."""

    begins: date
    ends: date
    model: DistributionModel
    ground: Ground | None
    grounds: tuple[Ground, ...]
    precautionary: bool
    doubt: Doubt | None
    overdue: bool
    decided_by: tuple[str, ...]

    @property
    def story(self) -> Hashable:
        """What is told of it, whatever the days and the rows."""
        return self.model, self.grounds, self.precautionary, self.doubt, self.overdue


class Teller:
    """Asks the resolver one question on every day on which one of these rows changes."""

    def __init__(self, markets: Markets, rows: Iterable[AnyReady], spoken_rows: Spoken) -> None:
        self._markets = markets
        self._rows = spoken_rows
        self._days = _changes(rows)

    def segments(self, question: Question) -> tuple[Segment, ...]:
        """Its answers over time; neighbours that tell the same are one."""
        found: list[Segment] = []
        for begins, ends in pairwise((*self._days, date.max)):
            one = self._segment(question._replace(on=begins), ends)
            if found and found[-1].story == one.story:
                both = dict.fromkeys((*found[-1].decided_by, *one.decided_by))
                found[-1] = replace(found[-1], ends=ends, decided_by=tuple(both))
            else:
                found.append(one)
        return tuple(found)

    def _segment(self, question: Question, ends: date) -> Segment:
        answer = self._markets.resolve(question)
        open_ = doubts(answer, self._rows, question.on) if answer.ground == "undetermined" else {}
        return Segment(
            begins=question.on,
            ends=ends,
            model=answer.distribution_model,
            ground=answer.ground,
            grounds=answer.grounds,
            precautionary=answer.precautionary,
            doubt=_first(open_, answer),
            overdue=any(row.review_by < question.on for row in map(self._rows.get, answer.decided_by) if row),
            decided_by=answer.decided_by,
        )


def _first(open_: dict[str, Doubt], answer: Answer) -> Doubt | None:
    """One doubt for a segment: what the maker does comes before what the law lets him do."""
    if answer.ground != "undetermined":
        return None
    return open_.get("maker_policy") or open_.get("law") or "no_row"


def _changes(rows: Iterable[AnyReady]) -> list[date]:
    """Every day on which a row begins or ends, surely or maybe, or grows overdue."""
    days = {date.min}
    for row in rows:
        days |= {row.maybe_from, row.sure_from, row.maybe_to, row.sure_to, after(row.review_by)}
    return sorted(days - {date.max})
