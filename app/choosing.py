"""Projections by name, and how many processes work on them, as verbs take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

import projections
from infra.errors import InputError
from projections.kernel import Projection
from projections.slots import SLOTS

Names = Annotated[str, Parameter(help="Projections; all if none is named.")]
Workers = Annotated[int, Parameter(help="How many processes share the work.")]


def chosen(names: Sequence[str]) -> list[Projection]:
    """The projections of these names, all if none is given, always in the same order: two processes that lock several
    of them cannot wait for each other. Raises InputError."""
    known = {projection.name: projection for projection in projections.ALL}
    for name in names:
        if name not in known:
            raise InputError(f"There is no projection {name}.", hint=f"There are {', '.join(known)}.")
    return [one for one in known.values() if not names or one.name in names]


def counted(workers: int) -> int:
    """The number of workers. Raises InputError."""
    if not 1 <= workers <= SLOTS:
        raise InputError(f"--workers is {workers}.", hint=f"Give 1 to {SLOTS}.")
    return workers
