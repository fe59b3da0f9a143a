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
BIRTH_TOLERANCE_S = 2.0  # for births told by the clock, which may be corrected while a process lives
BOOT = Path("/proc/sys/kernel/random/boot_id")


class Identity(msgspec.Struct, frozen=True):
    """A process: its id, and when it was born, because ids are used again.

    On Linux that is a text: the boot, and the ticks from there on, which stay as they are when the clock is corrected.
    Elsewhere, and where an earlier version noted it, it is seconds since 1970.
    """

    pid: int
    born: str | float


def identity_of(pid: int) -> Identity:
    """Raises psutil.NoSuchProcess."""
    return Identity(pid, _ticks(pid) if BOOT.exists() else psutil.Process(pid).create_time())


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
    identity = identity_of(process.pid)
    # Whoever ends it, it stays a zombie until its parent has taken note of that.
    threading.Thread(target=process.wait, name=f"end of process {process.pid}", daemon=True).start()
    return identity


def alive(identity: Identity | None) -> bool:
    """Whether this very process still runs; a zombie does not."""
    if identity is None:
        return False
    try:
        return _same(identity) and psutil.Process(identity.pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _same(identity: Identity) -> bool:
    """Whether the process that has this id now is the one that was noted."""
    if isinstance(identity.born, str):
        return identity.born == _ticks(identity.pid)
    return bool(abs(psutil.Process(identity.pid).create_time() - identity.born) < BIRTH_TOLERANCE_S)


def _ticks(pid: int) -> str:
    """The boot, and how many ticks later the process began. Ticks alone would come again after another boot."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError) as gone:
        raise psutil.NoSuchProcess(pid) from gone
    # Field 22. The second one is the name in brackets, in which anything may stand.
    ticks = stat.rpartition(")")[2].split()[19]
    return f"{BOOT.read_text().strip()} {ticks}"


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
