"""`python -m tests.acceptance.soak [--seconds 600] [--seed N] [--kept FOLDER]`: what `make soak` runs."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
from pathlib import Path

from infra import logging
from tests.acceptance.soak.run import soak


def main() -> int:
    told = argparse.ArgumentParser(prog="soak", description="Use and disturb an order book, then check it.")
    told.add_argument("--seconds", type=float, default=600, help="for how long (600)")
    told.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="of all chance (any)")
    told.add_argument("--kept", type=Path, help="where logs and journals are kept (.carnet/soak-SEED)")
    given = told.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends with us
    logging.configure("error")
    report = soak(given.seconds, given.seed, given.kept or Path(".carnet") / f"soak-{given.seed}")
    for violation in report.violations:
        print(f"VIOLATED: {violation}")
    print(f"{len(report.violations)} violations in {report.events} events, with seed {report.seed}.")
    print(f"Logs and journals: {report.kept}")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
