"""What can be wrong with rows that are well formed each: told with the place where it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`path` leads to the place: names of fields, and numbers (from 0) within lists."""

    path: tuple[str | int, ...]
    says: str

    def under(self, *path: str | int) -> Fault:
        return Fault((*path, *self.path), self.says)

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.says}"
