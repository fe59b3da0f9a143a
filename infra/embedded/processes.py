"""Server processes: started apart from us, known by process id and birth, stopped with patience."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import psutil

POLL_S = 0.05
BIRTH_TOLERANCE_S = 2.0  # the clock that births are told by may be corrected while a process lives


class Identity(msgspec.Struct, frozen=True):
    """A process: its id, and when it was born, in seconds since 1970 (ids are used again)."""

    pid: int
    born: float


def spawn(command: Sequence[str], *, log: Path, folder: Path, user: str | None = None) -> Identity:
    """Start a process that outlives ours; what it prints is added to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            umask=0o077,
            start_new_session=True,
        )
    identity = Identity(process.pid, psutil.Process(process.pid).create_time())
    # Whoever ends it, it stays a zombie until its parent has taken note of that.
    threading.Thread(target=process.wait, name=f"end of process {process.pid}", daemon=True).start()
    return identity


def alive(identity: Identity | None) -> bool:
    """Whether this very process still runs; a zombie does not."""
    if identity is None:
        return False
    try:
        process = psutil.Process(identity.pid)
        same = abs(process.create_time() - identity.born) < BIRTH_TOLERANCE_S
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_until(happened: Callable[[], bool], *, seconds: float) -> bool:
    """Poll until it happened (True) or the time is over (False)."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def stop(identity: Identity | None, *, politely: signal.Signals, seconds: float) -> None:
    """Ask a process to stop; after `seconds` kill it. Returns when it is gone."""
    for how in (politely, signal.SIGKILL):
        if identity is None or not alive(identity):
            return
        os.kill(identity.pid, how)
        if wait_until(lambda: not alive(identity), seconds=seconds):
            return


def tail(log: Path, *, since: int = 0, lines: int = 20) -> str:
    """The last lines of a log, from byte `since` on."""
    with log.open("rb") as file:
        file.seek(since)
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def size(log: Path) -> int:
    """Bytes in the log so far; 0 if there is none."""
    return log.stat().st_size if log.exists() else 0
