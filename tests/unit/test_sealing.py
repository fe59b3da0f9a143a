"""Blobs open where they were sealed, and nowhere else."""

import hashlib
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import IntegrityFault
from infra.vault.sealing import Key, SealedRow, derive, digest_text, seal, unseal

ANNA, BERT = UUID(int=1), UUID(int=2)
SECRET = bytes(range(32))
KEY = Key(ANNA, "contract", 1, SECRET)
TEXT = b"Anna Marker, Lindenweg 7"


def test_the_same_text_seals_differently_each_time() -> None:
    sealed_id = uuid4()
    assert seal(TEXT, KEY, sealed_id).blob != seal(TEXT, KEY, sealed_id).blob


@given(st.binary(max_size=300))
def test_what_was_sealed_opens(data: bytes) -> None:
    assert unseal(seal(data, KEY, uuid4()), KEY) == data


@pytest.mark.parametrize(
    "elsewhere",
    [{"id": uuid4()}, {"subject": BERT}, {"group": "contact"}, {"incarnation": 2}],
    ids=", ".join,
)
def test_a_transplanted_blob_does_not_open(elsewhere: dict[str, object]) -> None:
    row = replace(seal(TEXT, KEY, uuid4()), **elsewhere)  # type: ignore[arg-type]
    key = Key(row.subject, row.group, row.incarnation, SECRET)
    with pytest.raises(IntegrityFault, match=f"{row.id} is not what was sealed"):
        unseal(row, key)


def test_a_transplanted_blob_with_a_forged_header_does_not_open() -> None:
    row = seal(TEXT, KEY, uuid4())
    forged = replace(row, incarnation=2, blob=b"\x01\x00\x00\x00\x02" + row.blob[5:])
    with pytest.raises(IntegrityFault):
        unseal(rehashed(forged), replace(KEY, incarnation=2))


@given(st.data())
def test_no_bit_of_a_blob_may_change(data: st.DataObject) -> None:
    row = seal(TEXT, KEY, uuid4())
    bit = data.draw(st.integers(0, 8 * len(row.blob) - 1))
    changed = bytearray(row.blob)
    changed[bit // 8] ^= 1 << bit % 8
    for damaged in (replace(row, blob=bytes(changed)), rehashed(replace(row, blob=bytes(changed)))):
        with pytest.raises(IntegrityFault):
            unseal(damaged, KEY)


@given(st.integers(0, 60))
def test_a_cut_blob_is_a_fault(size: int) -> None:
    row = seal(TEXT, KEY, uuid4())
    with pytest.raises(IntegrityFault):
        unseal(rehashed(replace(row, blob=row.blob[: min(size, len(row.blob) - 1)])), KEY)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(IntegrityFault):
        unseal(seal(TEXT, KEY, uuid4()), replace(KEY, secret=bytes(32)))


def test_a_format_of_the_future_is_named() -> None:
    with pytest.raises(IntegrityFault, match="format 2"):
        unseal(replace(seal(TEXT, KEY, uuid4()), format=2), KEY)


def test_nothing_tells_the_secret_or_the_text() -> None:
    told = repr(KEY) + repr(seal(TEXT, KEY, uuid4(), b"look-up digest"))
    assert "Anna" not in told
    assert "\\x01\\x02" not in told
    assert "look-up" not in told


def test_a_look_up_overlooks_case_spaces_and_width() -> None:
    key = derive(SECRET, "look-up")
    assert digest_text(key, "vehicle", " wvwzzz1j\u00a03W386752 ") == digest_text(
        key, "vehicle", "WVWZZZ1J 3w386752"
    )
    assert digest_text(key, "vehicle", "\uff37VW") == digest_text(key, "vehicle", "WVW")


def test_a_look_up_differs_by_text_group_and_key() -> None:
    key = derive(SECRET, "look-up")
    digests = {
        digest_text(key, "vehicle", "A"),
        digest_text(key, "vehicle", "B"),
        digest_text(key, "contract", "A"),
        digest_text(derive(SECRET, "digest"), "vehicle", "A"),
    }
    assert len(digests) == 4


def rehashed(row: SealedRow) -> SealedRow:
    """As somebody would forge it who can write the table."""
    return replace(row, sha256=hashlib.sha256(row.blob).digest())
