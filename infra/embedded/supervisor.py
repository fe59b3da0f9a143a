"""The process that looks after embedded servers: `python -m infra.embedded.supervisor DATA --cache FOLDER`.

Unbound (`carnet servers start`) it starts again what dies, until it is stopped. With `--bound` it stops the
servers when its standard input closes, that is, when the process that started it is gone.
"""

import argparse
import select
import sys
import time
from pathlib import Path

import structlog

from infra.embedded.servers import Embedded
from infra.errors import CarnetError
from infra.logging import configure

LOOK_S = 0.5
RETRY_S = 5.0


def main() -> None:
    """Watch until told to end."""
    parser = argparse.ArgumentParser(prog="infra.embedded.supervisor")
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--java", type=Path)
    parser.add_argument("--bound", action="store_true", help="stop the servers when standard input closes")
    parser.add_argument("--restart", action="store_true", help="start again what dies, also when bound")
    options = parser.parse_args()
    configure("info")
    embedded = Embedded(options.data, cache=options.cache, java=options.java)
    while not (options.bound and _closed(LOOK_S)):
        if options.restart or not options.bound:
            _look_after(embedded)
        if not options.bound:
            time.sleep(LOOK_S)
    embedded.stop()


def _closed(seconds: float) -> bool:
    """Whether standard input closed; waits for it up to `seconds`."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def _look_after(embedded: Embedded) -> None:
    log = structlog.get_logger()
    try:
        if any(status.state == "dead" for status in embedded.status()):
            log.info("servers_restarted", names=embedded.ensure())
    except CarnetError as fault:
        log.error("servers_restart_failed", reason=str(fault))  # noqa: TRY400 - a sentence, no traceback
        time.sleep(RETRY_S)


if __name__ == "__main__":
    main()
