"""Where a season is played: our own servers in a fresh folder, or an empty database and prefix on servers of yours."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app import reaching
from app.databases import MAINTENANCE, migrate_all
from app.publishing import apply_all
from infra import kafka
from infra import settings as settings_module
from infra.embedded.servers import Embedded
from infra.errors import InputError
from infra.postgres import connect
from infra.settings import Settings

DATABASE = "carnet_demo"
PARTITIONS = 3


@dataclass(frozen=True)
class Ground:
    """`environment` tells the season's processes what `settings` tell this one; `folder` is for their logs. `left`
    says in words what there is of the season afterwards."""

    settings: Settings
    environment: Mapping[str, str]
    folder: Path
    left: str


@contextmanager
def ground(database: str | None, topic_prefix: str | None) -> Iterator[Ground]:
    """Everything that a season needs, ready and empty; what was started is stopped when the block ends.

    Raises:
        InputError: servers are named in the environment without a database and a prefix for the season, or
            these hold something.
    """
    named = settings_module.read()
    missing = [name for name in ("postgres", "kafka") if not getattr(named, name)]
    if len(missing) == 2 and (database or topic_prefix):
        raise InputError(
            "--database and --topic-prefix are for servers of yours; without them the demo starts its own.",
            hint="Name your servers in CARNET_POSTGRES and CARNET_KAFKA, or leave the two options out.",
        )
    if len(missing) < 2 and not (database and topic_prefix):
        raise InputError(
            "CARNET_POSTGRES or CARNET_KAFKA names a server that the demo did not start.",
            hint="Give it an empty place there: --database NAME and --topic-prefix PREFIX.",
        )
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory(prefix="carnet-demo-")))
        addresses = {"postgres": named.postgres, "kafka": named.kafka}
        if missing:
            servers = Embedded(folder / "servers", cache=named.cache, java=named.java)
            started = held.enter_context(servers.running(*missing, restart=True))
            addresses |= {name: getattr(started, name) for name in missing}
        environment = _environment(folder, addresses, database or DATABASE, topic_prefix or "")
        if not _has_key(named):
            environment |= {"CARNET_KEK": secrets.token_hex(32), "CARNET_KEK_FILE": ""}
        settings = settings_module.read({**os.environ, **environment})
        _require_empty(settings)
        migrate_all(settings)
        apply_all(settings)
        yield Ground(settings, environment, folder, _left(named, settings))


def _environment(
    folder: Path, addresses: Mapping[str, str], database: str, topic_prefix: str
) -> dict[str, str]:
    return {
        "CARNET_POSTGRES": addresses["postgres"],
        "CARNET_KAFKA": addresses["kafka"],
        "CARNET_DATA": str(folder),
        "CARNET_CLOCK": f"file:{folder / 'clock'}",
        "CARNET_DATABASE": database,
        "CARNET_KEYS_DATABASE": f"{database}_keys",
        "CARNET_TOPIC_PREFIX": topic_prefix,
        "CARNET_PARTITIONS": str(PARTITIONS),
        "CARNET_LOG": "warning",
    }


def _has_key(named: Settings) -> bool:
    """Whether a book that outlives the demo can be sealed under a key that does too."""
    return bool(named.postgres and (named.kek or named.kek_file))


def _left(named: Settings, played: Settings) -> str:
    if not (named.postgres or named.kafka):
        return "The servers and their data are gone again; to try things yourself: carnet servers start"
    told = []
    if named.kafka:
        told.append(f"The topics {played.topic_prefix}* are still there.")
    if named.postgres:
        told.append(
            f"The databases {played.database} and {played.keys_database} are still there; look at them with "
            f"CARNET_DATABASE={played.database} CARNET_TOPIC_PREFIX={played.topic_prefix}."
        )
        told.append(
            "Their personal data opens with the key-encryption key that the settings name."
            if _has_key(named)
            else "Nobody can open their personal data any more: the settings name no key-encryption key, and the one "
            "that the demo made is gone."
        )
    return " ".join(told)


def _require_empty(settings: Settings) -> None:
    with connect(reaching.postgres(settings, MAINTENANCE)) as connection:
        names = [settings.database, settings.keys_database]
        found = connection.execute(
            "select datname from pg_database where datname = any(%s)", [names]
        ).fetchall()
    for (name,) in found:
        with connect(reaching.postgres(settings, name)) as connection:
            tables = connection.execute(
                "select count(*) from pg_class where relkind in ('r', 'p') and relnamespace not in "
                "(select oid from pg_namespace where nspname in ('pg_catalog', 'information_schema', 'pg_toast'))"
            ).fetchone()
        if tables != (0,):
            raise InputError(f"The database {name} is not empty.", hint="Name another one with --database.")
    with kafka.faults(settings.kafka), closing(kafka.admin(settings.kafka)) as admin:
        used = sorted(
            t for t in admin.list_topics() if t.startswith(settings.topic_prefix) and not t.startswith("__")
        )
    if used:
        raise InputError(
            f"Kafka has topics that start with {settings.topic_prefix!r}: {', '.join(used)}.",
            hint="Name another --topic-prefix.",
        )
