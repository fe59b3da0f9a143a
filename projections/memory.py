"""The rows of one projection between two writes: what a batch reads, and what it has changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar, cast
from uuid import UUID

from projections.columns import shape
from projections.kernel import Change, Gone, Key, Row

R = TypeVar("R", bound=Row)
Load = Callable[[type[Row], Sequence[tuple[Key, int]]], Iterable[tuple[Row, int]]]


class _Place:
    """Where a row stands, or would stand: `row` is None if there is none."""

    __slots__ = ("changed", "key", "row", "slot")

    def __init__(self, key: Key, slot: int, row: Row | None = None) -> None:
        self.key = key
        self.slot = slot
        self.row = row
        self.changed = False


Places = dict[object, _Place]


class Memory:
    """Rows by key, among them those that are known not to exist.

    Rows stay after they were written: only one process writes a table, so they are what the table holds. Of
    more than `kept` the longer unused go, in two generations. `empty` says that the tables were empty at the
    start: until a generation goes, what is not here does not exist.

    `slot` is that of the event at hand: of rows that are `copied` it is the slot's own that is read and changed.
    """

    def __init__(
        self,
        rows: Sequence[type[Row]],
        load: Load,
        *,
        kept: int,
        empty: bool = False,
        copied: Collection[type[Row]] = (),
    ) -> None:
        self.slot = 0
        self._load = load
        self._copied = copied
        self._kept = kept
        self._complete = empty
        self._rows = rows
        self._young: dict[type[Row], Places] = {row: {} for row in rows}
        self._old: dict[type[Row], Places] = {row: {} for row in rows}
        self._changed: dict[type[Row], list[_Place]] = {row: [] for row in rows}
        self._before: list[tuple[_Place, Row | None]] = []
        self._key_of = {row: shape(row).key_of for row in rows}

    def get(self, row: type[R], key: Key, /) -> R | None:
        """The row of this key, fetched if it has to be."""
        hashable = self._hashable(row, key, self.slot)
        place = self._find(row, hashable)
        if place is None:
            if self._complete:
                return None
            self._fetch(row, {hashable: (key, self.slot)})
            place = self._young[row][hashable]
        return cast("R | None", place.row)

    def prefetch(self, wanted: Iterable[tuple[type[Row], Key, int]]) -> None:
        """Fetch the rows (class, key, slot) that are not here yet, in one query a class."""
        if self._complete:
            return
        missing: dict[type[Row], dict[object, tuple[Key, int]]] = {row: {} for row in self._rows}
        for row, key, slot in wanted:
            hashable = self._hashable(row, key, slot)
            if self._find(row, hashable) is None:
                missing[row][hashable] = key, slot
        for row, keys in missing.items():
            if keys:
                self._fetch(row, keys)

    def begin(self, slot: int) -> None:
        """An event of this slot comes next; `undo` takes back what is changed from here on."""
        self.slot = slot
        self._before.clear()

    def take(self, change: Change) -> None:
        """Remember a change until it is written."""
        if isinstance(change, Gone):
            row, key, now = change.row, change.key, None
        else:
            row, now = type(change), change
            key = self._key_of[row](change)
        hashable = self._hashable(row, key, self.slot)
        place = self._find(row, hashable)
        if place is None:
            place = self._young[row][hashable] = _Place(key, self.slot)
        self._before.append((place, place.row))
        place.row = now
        if not place.changed:
            place.changed = True
            self._changed[row].append(place)

    def undo(self) -> None:
        """Every row is again what it was before the event at hand; what has become the same is written again."""
        for place, row in reversed(self._before):
            place.row = row
        self._before.clear()

    @property
    def changes(self) -> int:
        """How many rows wait to be written."""
        return sum(map(len, self._changed.values()))

    def changed(self, row: type[R]) -> tuple[list[tuple[R, int]], list[tuple[Key, int]]]:
        """The rows to put and the keys to remove since the last write, each with its slot."""
        places = self._changed[row]
        put = [(cast("R", place.row), place.slot) for place in places if place.row is not None]
        return put, [(place.key, place.slot) for place in places if place.row is None]

    def written(self, *, crowded: bool = False) -> None:
        """Everything changed stands in the tables now. If it is `crowded`, a generation goes all the same."""
        for places in self._changed.values():
            for place in places:
                place.changed = False
            places.clear()
        if crowded or sum(map(len, self._young.values())) > self._kept:
            if any(self._old.values()):
                self._complete = False
            self._old, self._young = self._young, {row: {} for row in self._rows}

    def _find(self, row: type[Row], hashable: object) -> _Place | None:
        young = self._young[row]
        place = young.get(hashable)
        if place is None and (place := self._old[row].get(hashable)) is not None:
            young[hashable] = place
        return place

    def _fetch(self, row: type[Row], keys: dict[object, tuple[Key, int]]) -> None:
        young, key_of = self._young[row], self._key_of[row]
        young.update((hashable, _Place(*place)) for hashable, place in keys.items())
        for found, slot in self._load(row, list(keys.values())):
            young[self._hashable(row, key_of(found), slot)].row = found

    # A UUID is hashed and compared in Python; its number is not, which saves a tenth of a rebuild.
    def _hashable(self, row: type[Row], key: Key, slot: int) -> object:
        if row in self._copied:
            return slot, key
        return key.int if type(key) is UUID else key
