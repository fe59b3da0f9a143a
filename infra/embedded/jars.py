"""Apache Kafka's jars: fetched by coordinates from Maven Central, each held to the SHA-256 of our lock.

`jgo.toml` names what is wanted, `jgo.lock.toml` every jar that this takes. To move to another Kafka, change
`jgo.toml` and run `jgo lock` beside it (`pip install 'jgo[cli]'`), then commit both.
"""

import fcntl
import hashlib
import os
import tomllib
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from infra.errors import IntegrityFault, KafkaFault

LOCK = Path(__file__).parent / "jgo.lock.toml"
DOWNLOADS_AT_ONCE = 8
TIMEOUT_S = 60


class Jar(msgspec.Struct, frozen=True, rename="camel"):
    """One line of the lock."""

    group_id: str
    artifact_id: str
    version: str
    sha256: str

    @property
    def path(self) -> str:
        """Where a Maven repository keeps it."""
        folder = self.group_id.replace(".", "/")
        return f"{folder}/{self.artifact_id}/{self.version}/{self.artifact_id}-{self.version}.jar"


class _Lock(msgspec.Struct, frozen=True):
    dependencies: tuple[Jar, ...]


def locked(lock: Path = LOCK) -> tuple[Jar, ...]:
    """Every jar of the lock, in the order of the class path."""
    return msgspec.convert(tomllib.loads(lock.read_text()), _Lock).dependencies


def class_path(cache: Path, jars: tuple[Jar, ...] | None = None) -> str:
    """The class path of the broker and its tools; missing jars are fetched into `cache` first.

    Raises IntegrityFault naming a jar that is not what the lock says, KafkaFault if one cannot be fetched.
    """
    jars = jars or locked()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock, ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two that start at once fetch once
        if missing := [jar for jar in jars if not (cache / jar.path).exists()]:
            list(pool.map(_Maven(cache).fetch, missing))
        list(pool.map(lambda jar: _verify(jar, cache / jar.path), jars))
    return os.pathsep.join(str(cache / jar.path) for jar in jars)


def _verify(jar: Jar, file: Path) -> None:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != jar.sha256:
        raise IntegrityFault(
            f"{file} has SHA-256 {found}, but {LOCK.name} says {jar.sha256}; Kafka is not started.",
            hint="If a download was cut short, delete that file and try again; "
            "if it comes again, somebody changed the jar.",
        )


class _Maven:
    """Downloads into a folder beside the cache and moves what is right: a jar in the cache was right once."""

    def __init__(self, cache: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on import it complains that XDG_RUNTIME_DIR is not set
            from jgo.config import GlobalSettings
            from jgo.maven import MavenContext
        self.cache = cache
        self.beside = cache / ".unfinished"
        mirrors = GlobalSettings.load().repositories or None
        self.context = MavenContext(
            repo_cache=self.beside, local_repos=[], remote_repos=mirrors, timeout=TIMEOUT_S
        )

    def fetch(self, jar: Jar) -> None:
        """Raises KafkaFault if it cannot be had, IntegrityFault if it is not the one of the lock."""
        (self.beside / jar.path).unlink(missing_ok=True)
        component = self.context.project(jar.group_id, jar.artifact_id).at_version(jar.version)
        try:
            fetched = component.artifact().resolve()
        except (OSError, RuntimeError) as fault:  # what requests raises is an OSError
            raise KafkaFault(
                f"{jar.artifact_id}-{jar.version}.jar, which Kafka needs, could not be fetched: {fault}.",
                hint="The first start needs Maven Central, or a mirror named in ~/.config/jgo.conf; "
                "behind a proxy with a certificate of its own, set REQUESTS_CA_BUNDLE.",
            ) from fault
        _verify(jar, fetched)
        place = self.cache / jar.path
        place.parent.mkdir(parents=True, exist_ok=True)
        fetched.replace(place)
