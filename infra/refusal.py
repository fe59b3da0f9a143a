"""A refusal as the answer that is stored under its command's id, and back."""

from __future__ import annotations

import msgspec

from domain.kernel import Refused, Rule
from infra.learnt import learnt


class _Answer(msgspec.Struct, frozen=True):
    code: str
    sentence: str
    fields: dict[str, str]
    rule: str
    rule_version: int
    grounds: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    source: str = ""


def to_answer(refused: Refused) -> str:
    """The JSON of a refusal by a rule."""
    assert refused.rule is not None
    rule = refused.rule
    told = _Answer(
        refused.code,
        str(refused),
        dict(refused.fields),
        rule.id,
        rule.version,
        refused.grounds,
        refused.rows,
        refused.source,
    )
    return msgspec.json.encode(told).decode()


def from_answer(answer: str) -> Refused:
    """The refusal that was stored."""
    told = msgspec.json.decode(answer, type=learnt(_Answer))
    sentence = told.sentence.replace("{", "{{").replace("}", "}}")
    return Refused(
        told.code,
        sentence,
        rule=Rule(told.rule, told.rule_version),
        grounds=told.grounds,
        rows=told.rows,
        source=told.source,
        **told.fields,
    )
