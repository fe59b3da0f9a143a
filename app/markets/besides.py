"""What an answer does not say, and who asks should know: lines that are sold otherwise, and plans not in force."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from app.markets.chart import plan_told
from domain.markets.answers import Answer
from domain.markets.doubts import spoken
from domain.markets.plans import Distribution
from domain.markets.questions import Question
from domain.markets.resolver import Markets
from domain.markets.timeline import ways

OPEN = frozenset({"announced", "postponed"})


def otherwise(question: Question, answer: Answer, markets: Markets) -> Iterator[str]:
    """Of a brand that was asked as a whole, the lines that are surely sold by another model, and the rows."""
    if question.line:
        return
    rows = spoken(markets, question)
    found: dict[tuple[str, ...], list[str]] = {}
    for line in sorted({line for row in rows.values() for line in row.lines}):
        other = markets.resolve(question._replace(line=line, published_by=None))
        if other.distribution_model not in {answer.distribution_model, "undetermined"}:
            deciding = tuple(one for one in other.decided_by if one in rows and line in rows[one].lines)
            found.setdefault(deciding, []).append(line)
    for deciding, lines in found.items():
        yield f"Other lines are sold otherwise: {' '.join(lines)} ({', '.join(deciding)})."


def planned(question: Question, markets: Markets) -> Iterator[str]:
    """What had been announced of this car by that day, and neither adopted nor given up."""
    for plan in ways(markets, question.brand, question.market):
        told = replace(plan, steps=tuple(step for step in plan.steps if step.on.last <= question.on))
        if told.steps and told.steps[-1].step in OPEN and _concerns(told, question):
            yield plan_told(question.brand, question.market, told)


def _concerns(plan: Distribution, question: Question) -> bool:
    of = plan.speaks_of
    return (
        _open_or_in(of.lines, question.line)
        and _open_or_in(of.ages, question.age)
        and _open_or_in(of.customers, question.customer_type)
        and _open_or_in(of.channels, question.channel)
        and (question.powertrain is None or _open_or_in(of.powertrains, question.powertrain))
    )


def _open_or_in(named: Collection[str], one: str) -> bool:
    return not named or one in named
