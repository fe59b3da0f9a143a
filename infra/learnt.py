"""Classes that msgspec may meet in any thread.

msgspec 0.22 learns a class when it first decodes or inspects one, and keeps on the class what it has learnt so
far. A second thread that comes meanwhile reads what is half learnt, and the process dies with a segmentation
fault. So every class that threads work with is shown to msgspec under a lock first.
"""

from __future__ import annotations

from threading import RLock
from typing import TypeVar

import msgspec

T = TypeVar("T")

_learnt: set[type] = set()
_learning = RLock()


def learnt(kind: type[T]) -> type[T]:
    """The class itself, once msgspec has learnt it and all that its fields are made of."""
    if kind not in _learnt:
        with _learning:
            msgspec.json.Decoder(kind)
            _learnt.add(kind)
    return kind
