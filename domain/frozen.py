"""Frozen dataclasses that are made in half the time.

The `__init__` that the library writes for a frozen class sets each field by a call of its own. A decision makes an
event or two of up to thirty fields, and the parts of the state that they change; here all fields are set at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar, cast, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def frozen(kind: type[T]) -> type[T]:
    """The class as a frozen dataclass. Its fields are told by name, and have no `default_factory`.

    Raises:
        TypeError: it has a `__post_init__`.
    """
    dataclass(frozen=True, kw_only=True)(kind)
    if hasattr(kind, "__post_init__"):
        raise TypeError(f"{kind.__name__} has a __post_init__, which would not be called")
    if told := fields(cast("Any", kind)):
        setattr(kind, "__init__", _init(kind, told))  # noqa: B010 -- mypy lets nobody assign to a method
    return kind


def _init(kind: type, told: tuple[Field[Any], ...]) -> Callable[..., None]:
    defaults = {field.name: field.default for field in told if field.default is not MISSING}
    takes = [f"{one.name}=defaults[{one.name!r}]" if one.name in defaults else one.name for one in told]
    keeps = [f"{one.name}={one.name}" for one in told]
    made: dict[str, Any] = {"defaults": defaults}
    written = f"def __init__(self, *, {', '.join(takes)}): self.__dict__.update({', '.join(keeps)})"
    exec(written, made)  # noqa: S102 -- as the library itself does
    init: Callable[..., None] = made["__init__"]
    init.__qualname__ = f"{kind.__qualname__}.__init__"
    return init
