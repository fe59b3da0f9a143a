"""`python -m benchmarks`: measure on an embedded PostgreSQL (fsync on) and write `benchmarks/results.json`."""

import json
import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import commands, resolving
from infra.embedded.servers import Embedded

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Embedded(Path(folder), cache=Path(folder) / "cache").running("postgres") as servers,
    ):
        results = {"cpus": os.cpu_count() or 0, **commands.measure(servers.postgres), **resolving.measure()}
    text = json.dumps(results, indent=2) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text, end="")
    print(f"Python {platform.python_version()}, {platform.platform()}; written to {RESULTS}", file=sys.stderr)


if __name__ == "__main__":
    main()
