"""Two people decide between claims that disagree, with a reason and a source; or say that a court has it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from domain.markets.claims import sourced


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Of these claims the selected one decides, at its own confidence; a contested matter stays undetermined."""

    id: str
    of: tuple[str, ...]
    selects: str = ""
    contested: bool = False
    decided_by: tuple[str, ...]
    reason: str
    source: str
    on: date

    def faults(self) -> Iterator[tuple[str, str]]:
        """The fields in which it is no ruling, and why."""
        if len({_person(name) for name in self.decided_by} - {""}) < 2:
            yield "decided_by", "a ruling takes two different people"
        if not self.reason.strip():
            yield "reason", "a ruling takes a reason"
        if not sourced(self.source):
            yield "source", "a ruling takes a source"
        if self.contested == bool(self.selects):
            yield "selects", "a ruling `selects` one of the claims, or says `contested = true`"
        elif self.selects and self.selects not in self.of:
            yield "selects", f"{self.selects} is not one of the claims it rules on"
        if len(set(self.of)) != len(self.of):
            yield "of", "a claim stands here twice"
        if len(self.of) < (1 if self.contested else 2):
            yield "of", "there is nothing to rule on: name the claims that disagree"


def passed_over(rulings: Iterable[Ruling]) -> frozenset[str]:
    """The claims that rulings decided against."""
    return frozenset(
        claim for ruling in rulings if ruling.selects for claim in ruling.of if claim != ruling.selects
    )


def contested(rulings: Iterable[Ruling]) -> frozenset[str]:
    """The claims that a court has before it."""
    return frozenset(claim for ruling in rulings if ruling.contested for claim in ruling.of)


def _person(name: str) -> str:
    """A name as two people read it alike: letter case, accents however encoded, spaces and what cannot be seen
    make nobody else."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(one for one in plain if unicodedata.category(one) != "Cf").split())
