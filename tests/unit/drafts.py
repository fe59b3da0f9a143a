"""Event classes made up for a test, so that one name can have several shapes."""

from __future__ import annotations

from types import new_class

from domain.kernel import Event, State
from domain.service.state import Visit
from domain.settlements.state import Plan

NOTHING = object()


class DraftEvent(Event, of=Visit):
    """What the drafts are."""

    def evolve(self, state: State, /) -> State:
        return state


class Confidential(Event, of=Plan):
    def evolve(self, state: State, /) -> State:
        return state


def draft(
    name: str,
    /,
    *,
    base: type[Event] = DraftEvent,
    doc: str | None = "A draft.",
    **shape: object,
) -> type[Event]:
    """An event class with fields given as `name=type` or `name=(type, default)`. It enters no registry."""
    fields = {field: told if isinstance(told, tuple) else (told, NOTHING) for field, told in shape.items()}
    body = {field: default for field, (_, default) in fields.items() if default is not NOTHING}
    body |= {
        "__annotations__": {field: kind for field, (kind, _) in fields.items()},
        "__doc__": doc,
        "__module__": __name__,
    }
    kind = new_class(name, (base,), exec_body=lambda namespace: namespace.update(body))
    del Event.named[name]
    return kind
