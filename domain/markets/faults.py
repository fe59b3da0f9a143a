"""A fault of a row, as the checks tell it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.markets.claims import Place
from domain.markets.rows import Row


@dataclass(frozen=True, slots=True)
class Fault:
    """A field of a row (None: of the file), and what is wrong with it. `key` is "" for the row as a whole;
    `steps 2` is the second of its steps."""

    row: Row | Place | None
    key: str
    says: str

    def __str__(self) -> str:
        named = self.row.market if isinstance(self.row, Place) else self.row.id if self.row else ""
        return f"{named}: {self.says}" if named else self.says
