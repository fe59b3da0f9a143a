"""The keys at hand: unwrapped, for a minute at most, and forgotten at once when this process erases.

Callers that miss a key at the same moment share one round trip: while one is under way the others queue; then
the first of them leads, and takes the whole queue along.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from threading import Lock
from typing import NamedTuple, get_args
from uuid import UUID

from domain.sealed import Group
from infra.vault.erased import SubjectErased
from infra.vault.keystore import KeyStore, Owner
from infra.vault.sealing import Key

SIZE_MAX = 10_000
KEPT_S = 60.0

Found = dict[Owner, Key]


class Wish(NamedTuple):
    """Keys that a caller waits for. The answer None says that it is the caller's turn to lead."""

    owners: list[Owner]
    answer: Future[Found | None]


class KeyRing:
    """Keys to seal with, from any thread. Reading never goes through it: it asks the keys database itself."""

    def __init__(self, store: KeyStore, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._elapsed = elapsed
        self._kept: OrderedDict[Owner, tuple[Key, float]] = OrderedDict()
        self._erased: set[UUID] = set()
        self._wishes: list[Wish] = []
        self._led = False
        self._lock = Lock()

    def key(self, subject: UUID, group: Group) -> Key:
        """The key of a subject and group, made if there is none.

        Raises:
            SubjectErased: the subject was erased.
            PostgresFault, IntegrityFault: the keys database does not answer, or holds another vault's keys.
        """
        owner = (subject, group)
        key = self._at_hand(owner) or self._fetch([owner]).get(owner)
        if key is None:
            raise SubjectErased(subject)
        return key

    def ensure(self, owners: Iterable[Owner]) -> None:
        """Have these keys at hand, in one round trip. Erased subjects are left to their own `key`."""
        missing = [owner for owner in dict.fromkeys(owners) if self._at_hand(owner) is None]
        if missing:
            self._fetch(missing)

    def forget(self, subject: UUID) -> None:
        """Drop the keys of a fenced subject, and those that a round trip under way may still bring."""
        with self._lock:
            self._erased.add(subject)
            for group in get_args(Group):
                self._kept.pop((subject, group), None)

    def _at_hand(self, owner: Owner) -> Key | None:
        with self._lock:
            key, until = self._kept.get(owner, (None, 0.0))
            if key is None or until < self._elapsed():
                return None
            self._kept.move_to_end(owner)
            return key

    def _fetch(self, owners: list[Owner]) -> Found:
        wish = Wish(owners, Future())
        with self._lock:
            self._wishes.append(wish)
            waits, self._led = self._led, True
        if waits and (found := wish.answer.result()) is not None:
            return found
        try:
            return self._lead(wish)
        finally:
            self._hand_over()

    def _lead(self, own: Wish) -> Found:
        with self._lock:
            wishes, self._wishes = self._wishes, []
        others = [wish.answer for wish in wishes if wish is not own]
        try:
            until = self._elapsed() + KEPT_S
            found = self._store.make(list({owner for wish in wishes for owner in wish.owners}))
            self._keep(found, until)
        except BaseException as fault:
            for answer in others:
                answer.set_exception(fault)
            raise
        for answer in others:
            answer.set_result(found)
        return found

    def _hand_over(self) -> None:
        with self._lock:
            self._led = bool(self._wishes)
            if self._wishes:
                self._wishes[0].answer.set_result(None)

    def _keep(self, keys: Found, until: float) -> None:
        with self._lock:
            for owner, key in keys.items():
                if key.subject not in self._erased:
                    self._kept[owner] = key, until
                    self._kept.move_to_end(owner)
            while len(self._kept) > SIZE_MAX:
                self._kept.popitem(last=False)
