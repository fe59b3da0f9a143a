"""What `carnet.append` answers, as one outcome an item: see the function of that name in infra/sql/book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from uuid import UUID

import msgspec
from msgspec import Struct

from infra.item import Appended, Behind, Conflict, Duplicate, Item, Outcome, Taken


class _Duplicate(Struct, frozen=True, tag_field="verdict", tag="duplicate"):
    item: int
    at: int
    events: int
    digest: str | None
    answer: str | None


class _Behind(Struct, frozen=True, tag_field="verdict", tag="behind"):
    item: int
    key: str
    at: int


class _Conflict(Struct, frozen=True, tag_field="verdict", tag="conflict"):
    item: int
    key: UUID
    at: int


class _Taken(Struct, frozen=True, tag_field="verdict", tag="taken"):
    item: int
    key: UUID


Verdict = _Duplicate | _Behind | _Conflict | _Taken

RANK = (_Duplicate, _Behind, _Conflict, _Taken)
ANSWER = msgspec.json.Decoder(int | list[Verdict])


def outcomes(answer: bytes, group: Sequence[Item]) -> list[Outcome | None]:
    """One outcome an item of the group; None for those that did not lose in a group that others lost.

    Raises:
        msgspec.MsgspecError: it is no answer of `append`.
    """
    told = ANSWER.decode(answer)
    if isinstance(told, int):
        return [Appended(told + end) for end in accumulate(len(item.events) for item in group)]
    return _losses(told, len(group))


def _losses(verdicts: Sequence[Verdict], items: int) -> list[Outcome | None]:
    """An item may lose in several ways: the first of RANK is told."""
    lost: list[Outcome | None] = [None] * items
    streams: defaultdict[int, dict[UUID, int]] = defaultdict(dict)
    for verdict in sorted(verdicts, key=lambda verdict: RANK.index(type(verdict))):
        outcome: Outcome
        match verdict:
            case _Duplicate(_, at, events, digest, answer):
                outcome = Duplicate(at, events, None if digest is None else bytes.fromhex(digest), answer)
            case _Behind(_, source, at):
                outcome = Behind(source, at)
            case _Conflict(item, stream_id, at):
                streams[item][stream_id] = at
                outcome = Conflict(streams[item])
            case _Taken(_, subject):
                outcome = Taken(subject)
        lost[verdict.item - 1] = lost[verdict.item - 1] or outcome
    return lost
