"""The rows of one projection between two writes: what a batch reads, and what it has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, cast
from uuid import UUID

from projections.columns import shape
from projections.kernel import Change, Gone, Key, Row

R = TypeVar("R", bound=Row)
Load = Callable[[type[Row], Sequence[Key]], Iterable[Row]]


class _Place:
    """Where a row stands, or would stand: `row` is None if there is none."""

    __slots__ = ("changed", "key", "row")

    def __init__(self, key: Key, row: Row | None = None) -> None:
        self.key = key
        self.row = row
        self.changed = False


Places = dict[object, _Place]


class Memory:
    """Rows by key, among them those that are known not to exist.

    Rows stay after they were written: only one process writes a table, so they are what the table holds. Of
    more than `kept` the longer unused go, in two generations. `empty` says that the tables were empty at the
    start: until a generation goes, what is not here does not exist.
    """

    def __init__(self, rows: Sequence[type[Row]], load: Load, *, kept: int, empty: bool = False) -> None:
        self._load = load
        self._kept = kept
        self._complete = empty
        self._rows = rows
        self._young: dict[type[Row], Places] = {row: {} for row in rows}
        self._old: dict[type[Row], Places] = {row: {} for row in rows}
        self._changed: dict[type[Row], list[_Place]] = {row: [] for row in rows}
        self._key_of = {row: shape(row).key_of for row in rows}

    def get(self, row: type[R], key: Key, /) -> R | None:
        """The row of this key, fetched if it has to be."""
        place = self._find(row, key)
        if place is None:
            if self._complete:
                return None
            self._fetch(row, {_hashable(key): key})
            place = self._young[row][_hashable(key)]
        return cast("R | None", place.row)

    def prefetch(self, wanted: Iterable[tuple[type[Row], Key]]) -> None:
        """Fetch the rows that are not here yet, in one query a class."""
        if self._complete:
            return
        missing: dict[type[Row], dict[object, Key]] = {row: {} for row in self._rows}
        for row, key in wanted:
            if self._find(row, key) is None:
                missing[row][_hashable(key)] = key
        for row, keys in missing.items():
            if keys:
                self._fetch(row, keys)

    def take(self, change: Change) -> None:
        """Remember a change until it is written."""
        if isinstance(change, Gone):
            row, key, now = change.row, change.key, None
        else:
            row, now = type(change), change
            key = self._key_of[row](change)
        place = self._find(row, key)
        if place is None:
            place = self._young[row][_hashable(key)] = _Place(key)
        place.row = now
        if not place.changed:
            place.changed = True
            self._changed[row].append(place)

    @property
    def changes(self) -> int:
        """How many rows wait to be written."""
        return sum(map(len, self._changed.values()))

    def changed(self, row: type[R]) -> tuple[list[R], list[Key]]:
        """The rows to put and the keys to remove since the last write."""
        places = self._changed[row]
        put = [cast("R", place.row) for place in places if place.row is not None]
        return put, [place.key for place in places if place.row is None]

    def written(self) -> None:
        """Everything changed stands in the tables now."""
        for places in self._changed.values():
            for place in places:
                place.changed = False
            places.clear()
        if sum(map(len, self._young.values())) > self._kept:
            if any(self._old.values()):
                self._complete = False
            self._old, self._young = self._young, {row: {} for row in self._rows}

    def _find(self, row: type[Row], key: Key) -> _Place | None:
        hashable = _hashable(key)
        young = self._young[row]
        place = young.get(hashable)
        if place is None and (place := self._old[row].get(hashable)) is not None:
            young[hashable] = place
        return place

    def _fetch(self, row: type[Row], keys: dict[object, Key]) -> None:
        young, key_of = self._young[row], self._key_of[row]
        young.update((hashable, _Place(key)) for hashable, key in keys.items())
        for found in self._load(row, list(keys.values())):
            young[_hashable(key_of(found))].row = found


# A UUID is hashed and compared in Python; its number is not, which saves a tenth of a rebuild.
def _hashable(key: Key) -> object:
    return key.int if type(key) is UUID else key
