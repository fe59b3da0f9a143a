"""How the soak's own processes end: like `carnet`, with a sentence and an exit code for a fault that has one."""

from __future__ import annotations

import sys
from collections.abc import Callable

from app.exits import told


def ending(main: Callable[[], None]) -> None:
    try:
        main()
    except Exception as fault:
        known = told(fault)
        if known is None:
            raise
        code, sentence = known
        print(sentence, file=sys.stderr)
        sys.exit(code)
