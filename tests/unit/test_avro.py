"""Events as bytes and back, of any version, and what is said to bytes that are none of ours."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import MISSING, fields
from io import BytesIO
from pathlib import Path
from struct import pack
from typing import Any
from uuid import UUID

import fastavro
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel import Event
from domain.money import Money
from domain.orders.paying import PaymentReceived
from domain.sealed import Sealed
from infra.avro import Catalogue, Codec, write_schemas
from infra.avro.locking import domain_events
from infra.codec import decode, encode
from infra.errors import IntegrityFault
from tests.anything import anything
from tests.integration.kafka.sampling import plain, sample
from tests.unit.drafts import draft

ROOT = Path(__file__).parents[2]
EVERY = st.sampled_from(domain_events()).flatmap(anything)
OLD = draft("Grown", name=str, price=Money | None)
NEW = draft("Grown", name=str, note=(str, "none"), counts=(tuple[int, ...], (1, 2)))


@pytest.fixture(scope="module")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Codec:
    """Of the events as they are, whatever is checked in."""
    return codec_of(tmp_path_factory.mktemp("schemas"), *domain_events())


def codec_of(folder: Path, *events: type[Event]) -> Codec:
    write_schemas(folder, events)
    return Codec(Catalogue.load(folder), {event.__name__: event for event in events})


def value_of(codec: Codec, event: Event) -> bytes:
    """The value of the record of an event, from the text that the log would hold."""
    return codec.encode(type(event).__name__, encode(event))


def having_defaults(event: Event) -> list[str]:
    """The fields that its class can do without."""
    return [one.name for one in fields(event) if not one.default is one.default_factory is MISSING]


# The fields of a draft are known to its test alone.
def make(event: type[Event], **fields: Any) -> Event:
    return event(**fields)


@given(event=EVERY)
def test_an_event_comes_back_as_it_was(codec: Codec, event: Event) -> None:
    assert codec.decode(value_of(codec, event)) == event


@given(event=EVERY, data=st.data())
def test_the_bytes_are_those_of_the_event_however_old(
    codec: Codec, event: Event, data: st.DataObject
) -> None:
    defaulted = having_defaults(event)
    lacking = data.draw(st.sets(st.sampled_from(defaulted))) if defaulted else set()
    assert_the_bytes_are_those_of_the_object(codec, event, lacking)


@pytest.mark.parametrize("kind", domain_events(), ids=lambda kind: kind.__name__)
def test_the_bytes_are_those_of_the_event_full_or_bare(codec: Codec, kind: type[Event]) -> None:
    event = sample(kind)
    assert_the_bytes_are_those_of_the_object(codec, event, set())
    assert_the_bytes_are_those_of_the_object(codec, event, set(having_defaults(event)))


def assert_the_bytes_are_those_of_the_object(codec: Codec, event: Event, lacking: set[str]) -> None:
    """The log's text is written as fastavro writes the object; a field that an old event lacks, as its default."""
    name, stored = type(event).__name__, msgspec.json.decode(encode(event))
    body = msgspec.json.encode({field: value for field, value in stored.items() if field not in lacking})
    value, written = codec.encode(name, body), BytesIO()
    fastavro.schemaless_writer(written, codec.published(value).schema, plain(decode(name, body)))
    assert value[5:] == written.getvalue()


@given(event=EVERY)
def test_the_prefix_names_the_schema(codec: Codec, event: Event) -> None:
    value = value_of(codec, event)
    row = codec.published(value).row
    assert value[:5] == pack(">bI", 0, row.id)
    assert row.record == f"carnet.{event.family}.{type(event).__name__}"


@given(event=EVERY, damage=st.integers(0, 3))
def test_bytes_cut_short_or_drawn_out_are_refused(codec: Codec, event: Event, damage: int) -> None:
    value = value_of(codec, event)
    with pytest.raises(IntegrityFault, match=r"schema \d+|schema id"):
        codec.decode(value[: len(value) - damage] if 0 < damage < len(value) - 5 else value + b"\0")


def test_an_old_record_reads_as_todays_class(tmp_path: Path) -> None:
    value = value_of(codec_of(tmp_path, OLD), make(OLD, name="a", price=Money(1, "EUR")))
    new = codec_of(tmp_path, NEW)
    assert new.decode(value) == make(NEW, name="a", note="none", counts=(1, 2))
    assert new.published(value_of(new, make(NEW, name="a"))).row.version == 2


def test_a_class_that_is_not_as_it_was_locked_is_not_written(tmp_path: Path) -> None:
    write_schemas(tmp_path, [OLD])
    codec = Codec(Catalogue.load(tmp_path), {"Grown": NEW})
    with pytest.raises(IntegrityFault, match=r"Grown is not as .*lock\.json has it.*carnet schemas write"):
        value_of(codec, make(NEW, name="a"))


def test_a_nested_record_of_old_is_filled_too(codec: Codec) -> None:
    """The log leaves an empty remark out of a sealed reference; its schema has no default for it."""
    sealed = Sealed(UUID(int=1), UUID(int=2), "contract", "a" * 64)
    event = PaymentReceived(payment_id="p", kind="deposit", amount=Money(1, "EUR"), payer=sealed)
    assert b"remark" not in encode(event)
    back = codec.decode(value_of(codec, event))
    assert isinstance(back, PaymentReceived)
    assert back.payer is not None
    assert (back.payer, back.payer.sha256, back.payer.remark) == (sealed, "a" * 64, "")


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"payment_id": 7}', '{"payment_id": "\\ud800"}'])
def test_a_body_that_is_none_of_the_event_is_refused(codec: Codec, body: str) -> None:
    with pytest.raises(IntegrityFault, match="A stored PaymentReceived cannot be read"):
        codec.encode("PaymentReceived", body)


def test_a_process_that_has_nothing_but_the_codec_knows_every_event() -> None:
    """Here other tests have imported the whole of the domain."""
    asks = "from infra import avro; from domain.kernel import Event; avro.codec(); print(*Event.named)"
    said = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, cwd=ROOT, check=True)
    assert {name.rpartition(".")[2] for name in Catalogue.load().latest} == set(said.stdout.split())


def test_an_event_that_was_never_seen_is_told_with_what_to_do(codec: Codec) -> None:
    with pytest.raises(IntegrityFault, match=r"named OrderTeleported, which .* never seen\. Run the version"):
        codec.encode("OrderTeleported", "{}")


def test_an_event_that_this_version_lacks_is_named(tmp_path: Path) -> None:
    value = value_of(codec_of(tmp_path, OLD), make(OLD, name="a", price=None))
    with pytest.raises(IntegrityFault, match=r"no event carnet\.service\.Grown \(schema 1\)"):
        Codec(Catalogue.load(tmp_path), {}).decode(value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "does not start with the byte 0"),
        (b"\x01\x00\x00\x00\x01abc", "does not start with the byte 0"),
        (b"\x00\x7f\xff\xff\xff", "no schema 2147483647 in schemas/lock.json"),
        (b"\x00\x00\x00\x00\x01", "do not match the Avro schema 1"),
        (b"\x00\x00\x00\x00\x01\xff\xff\xff\xff", "do not match the Avro schema 1"),
    ],
)
def test_bytes_that_are_none_of_ours_are_refused(tmp_path: Path, value: bytes, why: str) -> None:
    with pytest.raises(IntegrityFault, match=why) as caught:
        codec_of(tmp_path, OLD).decode(value)
    assert caught.value.exit_code == 8
