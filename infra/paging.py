"""Reading the log page by page: as many events as fit in a bound of bytes, and only those that a reader needs.

Positions have no gaps, so a page is a range of positions, and the reader that has taken it has seen all of it,
whether or not the page told every event. Each page is a short transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, Protocol

from domain.kernel import Recorded
from infra.postgres import Connection

# An event of 64 KB is the largest; so many of them come in at once at most, beyond the bound of a page.
FETCH_ROWS = 256

FROM: LiteralString = "from carnet.events where position > %(after)s and position <= %(last)s"
SHARED: LiteralString = """
    and (get_byte(uuid_send(stream_id), 15) & 63 = any(%(slots)s) or name = any(%(names)s))"""
NEEDED: LiteralString = " and name <> all(%(unneeded)s)"


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the log that a reader needs: streams whose id falls in one of these slots of 64 (None: all of
    them), and events of these names whatever their stream; events of `unneeded` names never."""

    slots: tuple[int, ...] | None
    names: tuple[str, ...] = ()
    unneeded: tuple[str, ...] = ()

    @property
    def condition(self) -> LiteralString:
        """What SQL asks of a row."""
        return f"{SHARED if self.slots is not None else ''}{NEEDED if self.unneeded else ''}"

    @property
    def values(self) -> dict[str, object]:
        """The parameters of `condition`."""
        return {"slots": list(self.slots or ()), "names": list(self.names), "unneeded": list(self.unneeded)}


WHOLE_LOG = Share(slots=None)


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order: all that were asked for, up to the position `last`. `size` is that of their bodies, in
    bytes; `more` says that the log went on when the page was read."""

    events: Sequence[Recorded]
    last: int
    size: int
    more: bool


class Reader(Protocol):
    """Whatever the log can be read from, page by page."""

    def page(
        self, after: int, *, limit: int, size_max: int, until: int | None = None, share: Share = WHOLE_LOG
    ) -> Page:
        """The events of the next `limit` positions, fewer if they are large."""


def rows(
    connection: Connection,
    columns: LiteralString,
    after: int,
    *,
    limit: int,
    size_max: int,
    until: int | None,
    share: Share,
) -> tuple[list[Any], Page]:
    """The rows of the next page, of which `body` is the last column, and the page without its events."""
    with connection.transaction():
        head = connection.execute("select position from carnet.head", prepare=True).fetchone()
        assert head is not None
        end = head[0] if until is None else min(until, head[0])
        last, size, found = min(after + limit, end), 0, []
        if last <= after:
            return [], Page((), after, 0, False)
        with connection.cursor("page", binary=True) as cursor:
            values = {"after": after, "last": last, **share.values}
            cursor.execute(f"select {columns} {FROM}{share.condition} order by position", values)
            while some := cursor.fetchmany(FETCH_ROWS):
                found += some
                size += sum(len(row[-1]) for row in some)
                if size >= size_max:
                    last = found[-1][0]
                    break
                if len(some) < FETCH_ROWS:
                    break
    return found, Page((), last, size, last < end)
