"""The rows of one projection between two writes: what a batch reads, and what it has changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar, cast
from uuid import UUID

from domain.kernel import Recorded
from projections.columns import shape
from projections.kernel import Gone, Key, Project, Row

R = TypeVar("R", bound=Row)
Load = Callable[[type[Row], Sequence[tuple[Key, int]]], Iterable[tuple[Row, int]]]


class _Place:
    """Where a row stands, or would stand: `row` is None if there is none. `absent` is the table's side of it: surely
    none of this key stands there."""

    __slots__ = ("absent", "changed", "key", "row", "slot")

    def __init__(self, key: Key, slot: int, *, absent: bool) -> None:
        self.key = key
        self.slot = slot
        self.row: Row | None = None
        self.absent = absent
        self.changed = False


Places = dict[object, _Place]


class Changes(NamedTuple, Generic[R]):
    """Rows and keys with their slots: those that surely stand in no table yet, those to put in place of what may
    stand there, and the keys of those to remove."""

    new: list[tuple[R, int]]
    put: list[tuple[R, int]]
    gone: list[tuple[Key, int]]


class Memory:
    """Rows by key, among them those that are known not to exist.

    Rows stay after they were written: only one process writes a table, so they are what the table holds. Of
    more than `kept` the longer unused go, in two generations, none before it was written. `empty` says that the
    tables were empty at the start: until a generation goes, what is not here does not exist.

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
        self._unread: list[tuple[type[Row], object]] = []  # what the event at hand changed unseen, by name
        self._shapes = {row: shape(row) for row in rows}

    def get(self, row: type[R], key: Key, /) -> R | None:
        """The row of this key, fetched if it has to be."""
        name: object = key.int if type(key) is UUID else _hashable(key)
        if row in self._copied:
            name = self.slot, name
        place = self._young[row].get(name) or self._older(row, name)
        if place is None:
            if self._complete:
                return None
            self._fetch(row, {name: (key, self.slot)})
            place = self._young[row][name]
        return cast("R | None", place.row)

    def prefetch(self, wanted: Iterable[tuple[type[Row], Key, int]]) -> None:
        """Fetch the rows (class, key, slot) that are not here yet, in one query a class."""
        if self._complete:
            return
        missing: dict[type[Row], dict[object, tuple[Key, int]]] = {row: {} for row in self._rows}
        for row, key, slot in wanted:
            name = self._name(row, _hashable(key), slot)
            if name not in self._young[row] and self._older(row, name) is None:
                missing[row][name] = key, slot
        for row, keys in missing.items():
            if keys:
                self._fetch(row, keys)

    def fold(self, project: Project, recorded: Recorded, slot: int) -> None:
        """Remember what an event of this slot changes until that is written. Where it fails, `undo` takes back what
        it had changed."""
        self.slot = slot
        self._before.clear()
        self._unread.clear()
        for change in project(recorded, self):
            if isinstance(change, Gone):
                row, name, now = change.row, _hashable(change.key), None
            else:
                row, now = type(change), change
                name = self._shapes[row].name(change)
            if row in self._copied:
                name = slot, name
            place = self._young[row].get(name) or self._older(row, name)
            if place is None:
                key = change.key if isinstance(change, Gone) else self._shapes[row].key_of(change)
                place = self._young[row][name] = _Place(key, slot, absent=self._complete)
                if not self._complete:
                    self._unread.append((row, name))
            self._before.append((place, place.row))
            place.row = now
            if not place.changed:
                place.changed = True
                self._changed[row].append(place)

    def work_out(self) -> None:
        """Work out every column of what the event at hand has changed. Raises what a `derived` one does."""
        for place, _ in self._before:
            if place.row is not None:
                self._shapes[type(place.row)].values(place.row)

    def undo(self) -> None:
        """Every row is again what it was before the event at hand; what has become the same is written again. What
        nobody had read is forgotten: only its table knows it."""
        for place, before in reversed(self._before):
            place.row = before
        for row, name in self._unread:
            self._changed[row].remove(self._young[row].pop(name))
        self._before.clear()
        self._unread.clear()

    @property
    def changes(self) -> int:
        """How many rows wait to be written."""
        return sum(map(len, self._changed.values()))

    def changed(self, row: type[R]) -> Changes[R]:
        """What has changed since the last `handed_over`."""
        found: Changes[R] = Changes([], [], [])
        for place in self._changed[row]:
            if place.row is not None:
                rows = found.new if place.absent else found.put
                rows.append((cast("R", place.row), place.slot))
            elif not place.absent:
                found.gone.append((place.key, place.slot))
        return found

    def handed_over(self) -> None:
        """Everything changed will stand in the tables before what changes from here on is written."""
        for places in self._changed.values():
            for place in places:
                place.changed = False
                place.absent = place.row is None
            places.clear()

    def written(self, *, crowded: bool = False) -> None:
        """Everything handed over stands in the tables now. If it is `crowded`, a generation goes all the same."""
        if crowded or sum(map(len, self._young.values())) > self._kept:
            if any(self._old.values()):
                self._complete = False
            self._old, self._young = self._young, {row: {} for row in self._rows}

    def _older(self, row: type[Row], name: object) -> _Place | None:
        """A place that was not used since the last generation went, which is young again now."""
        place = self._old[row].get(name)
        if place is not None:
            self._young[row][name] = place
        return place

    def _fetch(self, row: type[Row], keys: dict[object, tuple[Key, int]]) -> None:
        young, name_of = self._young[row], self._shapes[row].name
        young.update((name, _Place(*place, absent=True)) for name, place in keys.items())
        for found, slot in self._load(row, list(keys.values())):
            place = young[self._name(row, name_of(found), slot)]
            place.row, place.absent = found, False

    def _name(self, row: type[Row], name: object, slot: int) -> object:
        return (slot, name) if row in self._copied else name


def _hashable(key: Key) -> object:
    """The `Shape.name` of the row of this key."""
    if isinstance(key, tuple):
        return tuple([_hashable(one) for one in key])
    return key.int if isinstance(key, UUID) else key
