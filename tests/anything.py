"""Any value of a class that events are made of, from its annotations: for properties."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st

import domain.everything  # noqa: F401 -- fills the registries
from domain.kernel import Event
from domain.money import Money
from domain.orders.state import OrderEvent
from domain.sealed import Sealed

IDS: Final = st.integers(1, 3).map(lambda number: UUID(int=number))
MOMENTS: Final = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- the zone is an argument of its own
AMOUNTS: Final = st.builds(Money, st.integers(-(10**9), 10**9), st.sampled_from(["EUR", "USD", "JPY"]))
SEALED: Final = st.builds(Sealed, IDS, IDS, st.just("contract"), st.just("a" * 64))

PLAIN: Final[dict[type, st.SearchStrategy[Any]]] = {
    bool: st.booleans(),
    int: st.integers(-(10**6), 10**6),
    str: st.sampled_from(["", "a", "b", "c"]),
    date: st.dates(),
    datetime: MOMENTS,
    UUID: IDS,
    Money: AMOUNTS,
    Sealed: SEALED,
    NoneType: st.none(),
}


@cache
def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of this annotation: a plain type, a Literal, a union, a tuple of one type, or a dataclass."""
    if kind in PLAIN:
        return PLAIN[kind]
    arguments = get_args(kind)
    origin = get_origin(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of([anything(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=2).map(tuple)
    assert is_dataclass(kind), f"no strategy for {kind}"
    assert isinstance(kind, type)
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: anything(hints[field.name]) for field in fields(kind)})


ORDER_EVENTS: Final = sorted(
    (kind for kind in Event.named.values() if issubclass(kind, OrderEvent)), key=lambda kind: kind.__name__
)
ANY_ORDER_EVENT: Final[st.SearchStrategy[Any]] = st.one_of([anything(kind) for kind in ORDER_EVENTS])
