"""`carnet`: one command line for everything that people and scripts do with the order book."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from app.exits import told
from app.output import err, nobody_reads


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code."""
    from app.cli import carnet

    try:
        result = carnet(arguments)
    except BrokenPipeError:
        nobody_reads()
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as fault:
        known = told(fault)
        if known is None:
            raise
        code, sentence = known
        err.print(f"carnet: {sentence}", markup=False, soft_wrap=True)
        return code
    return result if isinstance(result, int) else 0


def main() -> None:
    """The entry point of the `carnet` program."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
