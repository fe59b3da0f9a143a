"""On which line of a TOML file a value stands: the parser of the standard library does not tell.

It reads only what `tomllib` has accepted, so it looks for keys and brackets, and passes over the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

Keys = tuple[str | int, ...]
Token = tuple[int, str]

TOKENS: Final = re.compile(
    r"""[ \t\r]+|\#[^\n]*|(?P<told>"{3}(?:\\.|[^\\])*?"{3,5}|'{3}.*?'{3,5}"""
    r"""|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[\[\]{},=.\n]|[^\s\[\]{},=.#"']+)""",
    re.DOTALL,
)


def lines_of(text: str) -> Mapping[Keys, int]:
    """The line (from 1) of every table, key and list entry, by its path: `("line", 0, "model_year", 2, "year")`."""
    return _Scan(text).found


def line_at(found: Mapping[Keys, int], path: Keys) -> int:
    """The line of a path, or of the innermost part of it that stands in the file."""
    return next((found[path[:n]] for n in range(len(path), 0, -1) if path[:n] in found), 1)


class _Scan:
    def __init__(self, text: str) -> None:
        self.found: dict[Keys, int] = {}
        self._tokens = [*_tokens(text), (0, "\n"), (0, "")]
        self._at = 0
        self._counts: dict[Keys, int] = {}
        table: Keys = ()
        while self._next != "":
            if self._next == "\n":
                self._take()
            elif self._next == "[":
                table = self._header()
            else:
                self._pair(table)

    @property
    def _next(self) -> str:
        return self._tokens[self._at][1]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _keys(self, path: Keys, ends: str) -> tuple[Keys, int]:
        line = self._tokens[self._at][0]
        while self._next != ends:
            if (part := self._take()[1]) != ".":
                path = (*path, part.strip("\"'"))
        self._take()
        return path, line

    def _header(self) -> Keys:
        """`[a.b]`, or `[[a.b]]`: the next of a list. What stands above it may be the last of a list."""
        self._take()
        if many := self._next == "[":
            self._take()
        told, line = self._keys((), "]")
        if many:
            self._take()
        path: Keys = ()
        for part in told[:-1]:
            path = (*path, part)
            self.found.setdefault(path, line)
            path = (*path, self._counts[path] - 1) if path in self._counts else path
        path = (*path, told[-1])
        if many:
            self._counts[path] = self._counts.get(path, 0) + 1
            self.found.setdefault(path, line)
            path = (*path, self._counts[path] - 1)
        self.found[path] = line
        return path

    def _pair(self, table: Keys) -> None:
        path, line = self._keys(table, "=")
        for inner in range(len(table) + 1, len(path) + 1):
            self.found.setdefault(path[:inner], line)
        self._value(path)

    def _value(self, path: Keys) -> None:
        if self._next not in ("[", "{"):
            while self._next not in (",", "]", "}", "\n"):
                self._take()
            return
        ends = "]" if self._take()[1] == "[" else "}"
        number = 0
        while self._next != ends:
            if self._next in (",", "\n"):
                self._take()
            elif ends == "}":
                self._pair(path)
            else:
                self.found[*path, number] = self._tokens[self._at][0]
                self._value((*path, number))
                number += 1
        self._take()


def _tokens(text: str) -> Iterator[Token]:
    line = 1
    for match in TOKENS.finditer(text):
        if match["told"]:
            yield line, match["told"]
        line += match[0].count("\n")
