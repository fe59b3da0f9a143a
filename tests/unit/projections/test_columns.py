from __future__ import annotations

from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from hypothesis import given, strategies

import projections
from domain.money import Money
from projections.columns import fingerprint, shape
from projections.kernel import derived


@dataclass(frozen=True)
class Inner:
    names: frozenset[str] = frozenset()
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Everything:
    table: ClassVar[str] = "everything"
    key: ClassVar[tuple[str, ...]] = ("id", "kind")
    indexes: ClassVar[tuple[str, ...]] = ()

    id: UUID
    kind: Literal["a", "b"]
    count: int | None
    true: bool
    on: date
    at: datetime
    price: Money
    worth: Money | None
    inner: Inner
    several: tuple[Inner, ...] | None

    @derived
    def doubled(self) -> int:
        return 2 * (self.count or 0)


inners = strategies.builds(
    Inner,
    names=strategies.frozensets(strategies.text(max_size=3), max_size=4),
    counts=strategies.dictionaries(strategies.text(max_size=3), strategies.integers(0, 9), max_size=4),
)
amounts = strategies.builds(
    Money, strategies.integers(-(2**40), 2**40), strategies.sampled_from(["EUR", "JPY"])
)
everything = strategies.builds(
    Everything,
    count=strategies.none() | strategies.integers(0, 2**40),
    at=strategies.datetimes(timezones=strategies.just(UTC)),
    price=amounts,
    worth=strategies.none() | amounts,
    inner=inners,
    several=strategies.none() | strategies.tuples(inners, inners),
)


def test_each_field_has_its_column() -> None:
    columns = {column.name: (column.type, column.nullable) for column in shape(Everything).columns}
    assert columns == {
        "id": ("uuid", False),
        "kind": ("text", False),
        "count": ("bigint", True),
        "true": ("boolean", False),
        "on": ("date", False),
        "at": ("timestamptz", False),
        "price_minor": ("bigint", False),
        "price_currency": ("text", False),
        "worth_minor": ("bigint", True),
        "worth_currency": ("text", True),
        "inner": ("text", False),
        "several": ("text", True),
        "doubled": ("bigint", False),
    }


@given(everything)
def test_a_row_comes_back_from_its_columns(row: Everything) -> None:
    values = shape(Everything).values(row)
    assert shape(Everything).row(values[:-1]) == row
    assert shape(Everything).values(shape(Everything).row(values[:-1])) == values
    assert values[-1] == row.doubled
    assert shape(Everything).key_of(row) == (row.id, row.kind)


def test_a_change_deep_inside_a_row_changes_its_fingerprint() -> None:
    def row(inner: type) -> type:
        made = make_dataclass("Made", [("id", UUID), ("inner", tuple[inner, ...])], frozen=True)  # type: ignore[valid-type]
        made.table, made.key, made.indexes = "made", ("id",), ()  # type: ignore[attr-defined]
        return made

    before = row(make_dataclass("Deep", [("a", int)]))
    after = row(make_dataclass("Deep", [("a", int), ("b", str)]))
    assert fingerprint([before]) != fingerprint([after])
    assert fingerprint([before]) == fingerprint([row(make_dataclass("Deep", [("a", int)]))])
    assert fingerprint([before], "2026-03") != fingerprint([before], "2026-04")


def test_no_two_projections_share_a_name_or_a_table() -> None:
    names = [projection.name for projection in projections.ALL]
    tables = [row.table for projection in projections.ALL for row in projection.rows]
    assert len(set(names)) == len(names)
    assert len(set(tables)) == len(tables)
