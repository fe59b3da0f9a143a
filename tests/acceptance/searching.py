"""Looks for texts and amounts, byte by byte, in every place that Carnet writes to."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing

import psycopg
from kafka import KafkaConsumer
from psycopg import sql

from domain.kernel import Event
from infra.kafka import read_to_end
from infra.topics import FACTORY, PAYMENTS
from tests.acceptance.installation import Installation, copied

EVENTS = "carnet.events"


def forms_of_text(text: str) -> Iterator[bytes]:
    """A text as it may stand somewhere: plain, in hex, in base64, or as a digest that anybody can make."""
    for plain in {text.encode(), text.lower().encode(), text.encode("utf-16-le")}:
        yield from (plain, plain.hex().encode(), *_base64(plain))
        for digest in (hashlib.sha256(plain), hashlib.sha1(plain), hashlib.md5(plain)):
            yield from (digest.digest(), digest.hexdigest().encode())


def forms_of_amount(minor: int) -> Iterator[bytes]:
    """A number as it may stand somewhere: in digits, as PostgreSQL's bigint, as a long of Avro."""
    yield from (str(minor).encode(), struct.pack(">q", minor), _avro_long(minor))


def holding(places: Mapping[str, bytes], needles: Iterable[bytes]) -> set[str]:
    """The places that hold any of these."""
    needles = list(needles)
    return {name for name, content in places.items() if any(needle in content for needle in needles)}


def tables(here: Installation) -> Iterator[tuple[str, bytes]]:
    """Every table of both databases, as `table NAME`; the events of settlement streams are a place of their own."""
    for name, content in here.tables():
        if not name.startswith(EVENTS):
            yield f"table {name}", content
    confidential = [name for name, kind in Event.named.items() if kind.family == "settlements"]
    some = sql.SQL("select * from carnet.events where name = any({})").format(sql.Literal(confidential))
    others = sql.SQL("select * from carnet.events where name <> all({})").format(sql.Literal(confidential))
    with psycopg.connect(here.book) as connection:
        yield "events of settlements", copied(connection, some)
        yield "events of others", copied(connection, others)


def topics(here: Installation) -> Iterator[tuple[str, bytes]]:
    """Every topic that Carnet writes, as `topic NAME`: keys, values and headers, what was never committed too."""
    prefix = here.settings.topic_prefix
    inbound = {prefix + PAYMENTS, prefix + FACTORY}
    places = [place for place in here.places() if place.topic not in inbound]
    found = {f"topic {place.topic.removeprefix(prefix)}": bytearray() for place in places}
    with closing(
        KafkaConsumer(
            bootstrap_servers=here.settings.kafka, group_id=None, isolation_level="read_uncommitted"
        )
    ) as reader:
        for record in read_to_end(reader, places):
            parts = (record.key, record.value, *(part for header in record.headers for part in header))
            content = found[f"topic {record.topic.removeprefix(prefix)}"]
            for part in parts:
                content += part.encode() if isinstance(part, str) else part or b""
    return ((name, bytes(content)) for name, content in found.items())


def _base64(plain: bytes) -> Iterator[bytes]:
    """Wherever it begins in what was encoded."""
    for skipped, first in enumerate((0, 2, 3)):
        encoded = base64.b64encode(bytes(skipped) + plain)
        yield encoded[first : -4 if (skipped + len(plain)) % 3 else None]


def _avro_long(number: int) -> bytes:
    left = number << 1 if number >= 0 else (-number << 1) - 1
    encoded = bytearray()
    while left > 0x7F:
        encoded.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*encoded, left])
