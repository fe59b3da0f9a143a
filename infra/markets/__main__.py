"""`python -m infra.markets [FOLDER]`: check the market files, tell every fault, or how many rows there are."""

from __future__ import annotations

import sys
from pathlib import Path

from infra.errors import InputError
from infra.markets import DATA, read_folder


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    try:
        book = read_folder(folder)
    except InputError as fault:
        print(fault)
        return fault.exit_code
    claims = sum(1 for rows in book.rows for _ in rows.claims())
    print(
        f"{len(book.rows)} markets, {claims} claims, {sum(len(rows.rulings) for rows in book.rows)} rulings"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
