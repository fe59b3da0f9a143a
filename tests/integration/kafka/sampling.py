"""An example of any event, made from the types of its fields."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from domain.kernel import Event
from infra.avro.schema import hints_of, is_record, item, optional

MOMENT = datetime(2026, 3, 31, 21, 30, 0, 123456, tzinfo=UTC)
PLAIN: dict[object, object] = {
    str: "EUR",
    bool: True,
    int: -7_000_000_000,
    UUID: UUID(int=2**127 - 1),
    datetime: MOMENT,
    date: MOMENT.date(),
}


def sample(kind: type[Event]) -> Event:
    """An event of this kind with every optional field given and two items in every tuple."""
    event = _value(kind)
    assert isinstance(event, Event)
    return event


def plain(value: object, ids: type[UUID | str] = UUID) -> object:
    """A value as an Avro reader gives it: dicts and lists instead of ours; some readers give ids as text."""
    if isinstance(value, UUID):
        return value if ids is UUID else str(value)
    if isinstance(value, tuple):
        return [plain(one, ids) for one in value]
    if is_record(type(value)):
        return {name: plain(getattr(value, name), ids) for name in hints_of(type(value))}
    return value


# A value of the type that the hint names.
def _value(hint: object) -> Any:
    if (inner := optional(hint)) is not None:
        return _value(inner)
    if (inner := item(hint)) is not None:
        return (_value(inner), _value(inner))
    if get_origin(hint) is Literal:
        return get_args(hint)[-1]
    if is_record(hint):
        assert isinstance(hint, type)
        return hint(**{name: _value(inner) for name, inner in hints_of(hint).items()})
    return PLAIN[hint]
