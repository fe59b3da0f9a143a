"""Projections by name, as verbs take them."""

from __future__ import annotations

from collections.abc import Sequence

import projections
from infra.errors import InputError
from projections.kernel import Projection


def chosen(names: Sequence[str]) -> list[Projection]:
    """The projections of these names, each once, all if none is given. Raises InputError."""
    known = {projection.name: projection for projection in projections.ALL}
    for name in names:
        if name not in known:
            raise InputError(f"There is no projection {name}.", hint=f"There are {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names)] or list(known.values())
